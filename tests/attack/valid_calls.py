"""One valid call of every entry point that writes data, so that a test can spoil one thing about each of them.

The entry points come from the ABI: a new one without a call here fails the tests that go through them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import ape
from ethpm_types.abi import ABIType, MethodABI

from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, REGISTRY_ADMIN, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import Contract, Receipt

PENDING_REQUEST, NEW_REQUEST = b"\x01" * 32, b"\x02" * 32

ADMINISTRATION = {
    "acceptDefaultAdminTransfer()",
    "beginDefaultAdminTransfer(address)",
    "cancelDefaultAdminTransfer()",
    "changeDefaultAdminDelay(uint48)",
    "grantRole(bytes32,address)",
    "pause()",
    "renounceRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "rollbackDefaultAdminDelay()",
    "unpause()",
}
"""What the three registries share for their roles; it writes no data."""


class EntryPoint(NamedTuple):
    """A state-changing function of a registry."""

    registry: str
    selector: str


class Call(NamedTuple):
    """A call that would succeed."""

    sender: str
    args: tuple[Any, ...]


def functions(registry: str) -> dict[str, MethodABI]:
    """The functions of a registry that write data, by selector."""
    name = f"{registry.capitalize()}Registry"
    methods = ape.project.get_contract(name).contract_type.mutable_methods
    return {method.selector: method for method in methods if method.selector not in ADMINISTRATION}


ENTRY_POINTS = [
    EntryPoint(registry, selector)
    for registry in ("identity", "reputation", "validation")
    for selector in sorted(functions(registry))
]


def prepare(registries: Registries) -> int:
    """An agent with a feedback and a pending request, which the valid calls are about."""
    agent_id = registries.register(uri="https://agent.example/card.json")
    registries.give_feedback(agent_id)
    registries.validation.validationRequest(VALIDATOR, agent_id, "", PENDING_REQUEST, sender=OWNER)
    return agent_id


def valid_call(registries: Registries, agent_id: int, entry_point: EntryPoint) -> Call:
    """The call of an entry point; each is valid by itself, not one after the other."""
    deadline = registries.evm.time + 60
    consent = registries.consent(agent_id, WALLET, deadline=deadline)
    transfer = (OWNER, BUYER, agent_id)
    calls = {
        EntryPoint("identity", "register()"): Call(OWNER, ()),
        EntryPoint("identity", "register(string)"): Call(OWNER, ("ipfs://a",)),
        EntryPoint("identity", "register(string,(string,bytes)[])"): Call(OWNER, ("ipfs://a", [("key", b"value")])),
        EntryPoint("identity", "setAgentURI(uint256,string)"): Call(OWNER, (agent_id, "ipfs://b")),
        EntryPoint("identity", "setMetadata(uint256,string,bytes)"): Call(OWNER, (agent_id, "key", b"value")),
        EntryPoint("identity", "setAgentWallet(uint256,address,uint256,bytes)"): Call(
            OWNER, (agent_id, WALLET, deadline, consent)
        ),
        EntryPoint("identity", "unsetAgentWallet(uint256)"): Call(OWNER, (agent_id,)),
        EntryPoint("identity", "approve(address,uint256)"): Call(OWNER, (OPERATOR, agent_id)),
        EntryPoint("identity", "setApprovalForAll(address,bool)"): Call(OWNER, (OPERATOR, True)),
        EntryPoint("identity", "setOperatorOptOut(bool)"): Call(OWNER, (True,)),
        EntryPoint("identity", "transferFrom(address,address,uint256)"): Call(OWNER, transfer),
        EntryPoint("identity", "safeTransferFrom(address,address,uint256)"): Call(OWNER, transfer),
        EntryPoint("identity", "safeTransferFrom(address,address,uint256,bytes)"): Call(OWNER, (*transfer, b"data")),
        EntryPoint("identity", "setBaseURI(string)"): Call(REGISTRY_ADMIN, ("https://api.example/agents",)),
        EntryPoint("reputation", "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)"): Call(
            CLIENT, (agent_id, 87, 0, "starred", "fast", "https://agent.example", "ipfs://c", bytes(32))
        ),
        EntryPoint("reputation", "revokeFeedback(uint256,uint64)"): Call(CLIENT, (agent_id, 1)),
        EntryPoint("reputation", "appendResponse(uint256,address,uint64,string,bytes32)"): Call(
            STRANGER, (agent_id, CLIENT, 1, "ipfs://d", bytes(32))
        ),
        EntryPoint("validation", "validationRequest(address,uint256,string,bytes32)"): Call(
            OWNER, (VALIDATOR, agent_id, "ipfs://e", NEW_REQUEST)
        ),
        EntryPoint("validation", "validationResponse(bytes32,uint8,string,bytes32,string)"): Call(
            VALIDATOR, (PENDING_REQUEST, 90, "ipfs://f", bytes(32), "audit")
        ),
    }
    return calls[entry_point]


def registry_of(registries: Registries, entry_point: EntryPoint) -> Contract:
    registry: Contract = getattr(registries, entry_point.registry)
    return registry


def send(registries: Registries, entry_point: EntryPoint, call: Call) -> Receipt:
    name = entry_point.selector.partition("(")[0]
    receipt: Receipt = getattr(registry_of(registries, entry_point), name)(*call.args, sender=call.sender)
    return receipt


# ------------------------------------------------------------------------------------------------------- parameters

Path = tuple[int, ...]
"""Where an argument is: its position, then the positions within lists and tuples."""


class TextParameter(NamedTuple):
    """A parameter of any length: a string or bytes, in a list of tuples too."""

    entry_point: EntryPoint
    name: str
    path: Path


def _texts(items: list[ABIType], prefix: Path = ()) -> Iterator[tuple[str, Path]]:
    for i, item in enumerate(items):
        path = (*prefix, i)
        if item.type in {"string", "bytes"}:
            yield str(item.name), path
        elif item.components:
            inside_list = str(item.type).endswith("[]")
            yield from _texts(item.components, (*path, 0) if inside_list else path)


TEXT_PARAMETERS = [
    TextParameter(entry_point, name, path)
    for entry_point in ENTRY_POINTS
    for name, path in _texts(functions(entry_point.registry)[entry_point.selector].inputs)
]


def with_text(call: Call, parameter: TextParameter, size: int) -> Call:
    """The call with a text of this many bytes in place of a parameter's."""

    def replaced(value: Any, path: Path) -> Any:
        if not path:
            return b"x" * size if isinstance(value, bytes) else "x" * size
        inner = list(value)
        inner[path[0]] = replaced(inner[path[0]], path[1:])
        return inner

    return call._replace(args=tuple(replaced(call.args, parameter.path)))
