"""A call, and the signatures in it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from registries.consent import consent_message, sign_consent
from tests.evm import Actor
from tests.model import Consent
from tests.stateful.stage import KEY_HOLDERS

KEYS: dict[str, Actor] = {account: account for account in KEY_HOLDERS}


class Call(NamedTuple):
    """A call that changes state.

    :ivar function: its name in the ABI
    :ivar arguments: those of the ABI, but a `Consent`, or None for nobody's, where a signature goes
    """

    sender: str
    registry: str
    function: str
    arguments: tuple[Any, ...] = ()


@lru_cache(maxsize=1024)
def signature(consent: Consent, chain_id: int, registry: str) -> bytes:
    """The consent, signed by its signer's key."""
    message = consent_message(
        chain_id=chain_id,
        registry=registry,
        agent_id=consent.agent_id,
        new_wallet=consent.new_wallet,
        owner=consent.owner,
        deadline=consent.deadline,
    )
    return sign_consent(KEYS[consent.signer].key, message)
