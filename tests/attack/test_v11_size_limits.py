"""V11: texts without a limit.

Attacker: anybody who may give feedback.
Path: a tag of 20 KB is stored with the feedback, and every reader who filters by tag pays for reading and hashing it:
more than a million gas for one entry, some twenty entries for all that a block has. The same goes for every other
text.
Defence: every text has a limit of its own, which is public, and the error names the parameter, the size and the limit.
Stored tags are compared by number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from ethpm_types.abi import ABIType

from tests.deployment import (
    BUYER,
    CLIENT,
    OWNER,
    REGISTRIES,
    WALLET,
    Registries,
)
from tests.entry_points import EntryPoint, arguments_of, call, prepared, state_changing
from tests.evm import EVM, Contract, Receipt, field, reverts
from tests.live_chain import Chain, gas_of, roomy_chain

LONG_TAG = "t" * 20_000

LIMITS = {
    "agentURI": "MAX_URI_SIZE",
    "newURI": "MAX_URI_SIZE",
    "newBaseURI": "MAX_URI_SIZE",
    "feedbackURI": "MAX_URI_SIZE",
    "responseURI": "MAX_URI_SIZE",
    "requestURI": "MAX_URI_SIZE",
    "metadataKey": "MAX_METADATA_KEY_SIZE",
    "metadataValue": "MAX_METADATA_VALUE_SIZE",
    "tag": "MAX_TAG_SIZE",
    "tag1": "MAX_TAG_SIZE",
    "tag2": "MAX_TAG_SIZE",
    "endpoint": "MAX_ENDPOINT_SIZE",
}
"""The name of each limit, by parameter."""

FIELDS = {"newURI": "agentURI", "newBaseURI": "baseURI", "tag1": "tag", "tag2": "tag"}
"""What the error calls a parameter, where that is not its name: what it becomes once it is written."""

WITHOUT_LIMIT = {
    ("setAgentWallet(uint256,address,uint256,bytes)", "signature"),
    ("safeTransferFrom(address,address,uint256,bytes)", "data"),
}
"""Handed to the wallet or the receiver and forgotten: only who sends it pays for it."""

Path = tuple[int, ...]
"""Where an argument is: its position, then the positions within lists and tuples."""


class TextParameter(NamedTuple):
    """A parameter of any length: a string or bytes, in a list of tuples too."""

    entry_point: EntryPoint
    name: str
    path: Path


def texts(items: list[ABIType], prefix: Path = ()) -> Iterator[tuple[str, Path]]:
    for i, item in enumerate(items):
        path = (*prefix, i)
        if item.type in {"string", "bytes"}:
            yield str(item.name), path
        elif item.components:
            inside_list = str(item.type).endswith("[]")
            yield from texts(item.components, (*path, 0) if inside_list else path)


TEXT_PARAMETERS = [
    TextParameter(EntryPoint(registry, method.selector), name, path)
    for registry in REGISTRIES
    for method in state_changing(registry)
    for name, path in texts(method.inputs)
]
LIMITED = [p for p in TEXT_PARAMETERS if (p.entry_point.signature, p.name) not in WITHOUT_LIMIT]
UNLIMITED = [p for p in TEXT_PARAMETERS if p not in LIMITED]


def call_with_text(registries: Registries, parameter: TextParameter, size: int) -> Receipt:
    """The call of an entry point with a text of this many bytes in place of a parameter's."""

    def replaced(value: Any, path: Path) -> Any:
        if not path:
            return b"x" * size if isinstance(value, bytes) else "x" * size
        inner = list(value)
        inner[path[0]] = replaced(inner[path[0]], path[1:])
        return inner

    arguments = replaced(arguments_of(registries, *parameter.entry_point), parameter.path)
    return call(registries, *parameter.entry_point, arguments=tuple(arguments))


def label(parameter: TextParameter) -> str:
    return f"{parameter.entry_point.signature.partition('(')[0]}-{parameter.name}"


def attack(registry: Contract, agent_id: int, position: int) -> Receipt:
    """Feedback with a long tag in the first or the second place."""
    tags = ["", ""]
    tags[position] = LONG_TAG
    receipt: Receipt = registry.giveFeedback(agent_id, 87, 0, *tags, "", "", bytes(32), sender=CLIENT)
    return receipt


@pytest.mark.parametrize("position", [0, 1])
def test_attack__on_weak_registry__succeeds(evm: EVM, position: int) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    receipt = attack(weak, 1, position)
    tags = ["", ""]
    tags[position] = LONG_TAG
    assert weak.readFeedback(1, CLIENT, 1) == (87, 0, *tags, False)
    values = (1, CLIENT, 1, 87, 0, tags[0], *tags, "", "", bytes(32))
    assert receipt.logs == (weak.log("NewFeedback", *values),)


@pytest.mark.parametrize("position", [0, 1])
def test_attack__on_registry__fails(registries: Registries, position: int) -> None:
    agent_id, reputation = registries.register(), registries.reputation
    with reverts("SizeLimitExceeded", field("tag"), len(LONG_TAG), reputation.MAX_TAG_SIZE()):
        attack(reputation, agent_id, position)
    assert reputation.getLastIndex(agent_id, CLIENT) == 0
    assert reputation.getClients(agent_id) == ()
    assert reputation.tagCount() == 0


@pytest.mark.parametrize("parameter", LIMITED, ids=label)
def test_every_entry_point__when_a_text_is_over_its_limit__reverts(parameter: TextParameter) -> None:
    registries = prepared()
    limit = getattr(registries[parameter.entry_point.registry], LIMITS[parameter.name])()
    with reverts("SizeLimitExceeded", field(FIELDS.get(parameter.name, parameter.name)), limit + 1, limit):
        call_with_text(registries, parameter, limit + 1)


@pytest.mark.parametrize("parameter", LIMITED, ids=label)
def test_every_entry_point__when_a_text_is_at_its_limit__succeeds(parameter: TextParameter) -> None:
    registries = prepared()
    limit = getattr(registries[parameter.entry_point.registry], LIMITS[parameter.name])()
    receipt = call_with_text(registries, parameter, limit)
    assert any(b"x" * limit in log.data for log in receipt.logs)


def test_text_parameters__without_a_limit__are_the_listed_ones() -> None:
    assert {(p.entry_point.signature, p.name) for p in UNLIMITED} == WITHOUT_LIMIT


def test_safe_transfer_from__when_data_is_long__leaves_no_trace_of_it(registries: Registries) -> None:
    agent_id, identity = registries.register(), registries.identity
    receipt = identity.safeTransferFrom(OWNER, BUYER, agent_id, b"x" * 50_000, sender=OWNER)
    assert receipt.logs == (
        identity.log("Transfer", OWNER, BUYER, agent_id),
        identity.log("MetadataSet", agent_id, "agentWallet", "agentWallet", b""),
    )


def test_set_agent_wallet__when_signature_is_long__reverts(registries: Registries) -> None:
    agent_id, deadline = registries.register(), registries.evm.time + 60
    with reverts("InvalidConsent", WALLET):
        registries.identity.setAgentWallet(agent_id, WALLET, deadline, b"x" * 50_000, sender=OWNER)
    assert registries.identity.getAgentWallet(agent_id) == OWNER


# --------------------------------------------------------------------------------------------------- what it would cost


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with roomy_chain() as running:
        yield running


def test_attack__on_cost_of_weak_registry__succeeds(chain: Chain) -> None:
    weak = chain.deploy("WeakSummaryRegistry")
    chain.send(weak.functions.giveFeedback(1, 87, 0, LONG_TAG, "", "", "", bytes(32)))
    chain.send(weak.functions.giveFeedback(2, 87, 0, "starred", "", "", "", bytes(32)))
    assert gas_of(weak.functions.getSummary(1, [chain.account], "starred", "")) > 1_000_000


def test_attack__on_cost_of_registry__fails(chain: Chain) -> None:
    """The longest tag that there can be costs a reader nothing: a filter compares numbers."""
    identity = chain.deploy_identity()
    reputation = chain.deploy_wired("ReputationRegistry", identity)
    spammer = chain.deploy("Repeater")
    longest = "t" * reputation.functions.MAX_TAG_SIZE().call()
    costs = []
    for agent_id, tag in enumerate(["short", longest], start=1):
        chain.send(identity.functions.register())
        data = reputation.encode_abi("giveFeedback", [agent_id, 87, 0, tag, "", "", "", bytes(32)])
        chain.send(spammer.functions.asOne(reputation.address, data, 1))
        costs.append(gas_of(reputation.functions.getSummary(agent_id, [spammer.address], "short", "")))
    with_match, without = costs
    assert without <= with_match < 50_000
