"""How most histories begin: with some agents, powers and ratings, so that there is something to argue about."""

from __future__ import annotations

from tests.deployment import BUYER, CLIENT, OPERATOR, OTHER_CLIENT, OWNER, REGISTRIES, VALIDATOR
from tests.stateful.call import Call
from tests.stateful.duel import Duel
from tests.strategies import HASHES, Draw

IDENTITY, REPUTATION, VALIDATION = REGISTRIES
NO_HASH = bytes(32)
OPENING = (
    Call(OWNER, IDENTITY, "register", ("ipfs://first", [("key", b"value")])),
    Call(BUYER, IDENTITY, "register"),
    Call(OWNER, IDENTITY, "setApprovalForAll", (OPERATOR, True)),
    Call(CLIENT, REPUTATION, "giveFeedback", (1, 87, 0, "starred", "", "", "", NO_HASH)),
    Call(CLIENT, REPUTATION, "giveFeedback", (1, -3, 1, "week", "starred", "", "", NO_HASH)),
    Call(OTHER_CLIENT, REPUTATION, "giveFeedback", (1, 9977, 2, "starred", "", "", "", NO_HASH)),
    Call(OWNER, REPUTATION, "appendResponse", (1, CLIENT, 1, "ipfs://thanks", NO_HASH)),
    Call(OWNER, VALIDATION, "validationRequest", (VALIDATOR, 1, "ipfs://work", HASHES[0])),
    Call(BUYER, VALIDATION, "validationRequest", (VALIDATOR, 2, "", HASHES[1])),
)


def open_history(duel: Duel, draw: Draw) -> None:
    """Plays the opening, or begins with an empty deployment."""
    if draw.chance(80):
        for call in OPENING:
            duel.play(call)
