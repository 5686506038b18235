"""Checks by simulated calls: what would happen now, with real code on the real state, without a transaction.

One request of eth_simulateV1 registers an agent, rates it, and lets its owner try to rate it. Nodes without that method
make these checks skipped, which is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.types import RPCEndpoint

from registries.facts import FACTS
from registries.verification.check import Skipped, check
from registries.verification.subject import Subject

OWNER = Web3.to_checksum_address(keccak(text="verification: owner")[-20:])
CLIENT = Web3.to_checksum_address(keccak(text="verification: client")[-20:])
"""Accounts that nobody has the keys of."""

URI = "https://example.org/agent.json"
VALUE, DECIMALS, TAG = 87, 0, "starred"


class Call(NamedTuple):
    """What became of a simulated call.

    :ivar output: what it returned, or the data of its revert
    :ivar logs: the address, topics and data of each
    """

    succeeded: bool
    output: bytes
    logs: Sequence[tuple[str, list[bytes], bytes]]


class Simulation(NamedTuple):
    """The three calls, and the id that the agent gets."""

    agent_id: int
    registration: Call
    feedback: Call
    self_feedback: Call


def simulate(subject: Subject) -> Simulation:
    """Simulates them.

    :raises Skipped: if the node cannot
    """
    identity, reputation = subject.contracts["identity"], subject.contracts["reputation"]
    agent_id = subject.ask("identity", "totalAgents") + 1
    feedback = reputation.encode_abi("giveFeedback", [agent_id, VALUE, DECIMALS, TAG, "", "", "", bytes(32)])
    register = identity.encode_abi("register(string)", [URI])
    calls = [
        {"from": OWNER, "to": identity.address, "data": register},
        {"from": CLIENT, "to": reputation.address, "data": feedback},
        {"from": OWNER, "to": reputation.address, "data": feedback},
    ]
    answer = subject.web3.provider.make_request(
        RPCEndpoint("eth_simulateV1"), [{"blockStateCalls": [{"calls": calls}]}, "latest"]
    )
    if "error" in answer:
        raise Skipped(f"the node does not simulate calls (eth_simulateV1): {answer['error']}")
    results: Any = answer["result"]
    return Simulation(agent_id, *(_call(result) for result in results[0]["calls"]))


def _call(result: dict[str, Any]) -> Call:
    logs = [
        (
            Web3.to_checksum_address(log["address"]),
            [bytes(HexBytes(topic)) for topic in log["topics"]],
            bytes(HexBytes(log["data"])),
        )
        for log in result.get("logs", [])
    ]
    output = result.get("returnData", "0x")
    if output == "0x":
        output = (result.get("error") or {}).get("data") or "0x"
    return Call(int(result["status"], 16) == 1, bytes(HexBytes(output)), logs)


@check
def simulated_registration(subject: Subject) -> Iterator[str]:
    """A stranger can register an agent, which gets the next id."""
    found = simulate(subject)
    if not found.registration.succeeded:
        yield f"register(string) reverts with 0x{found.registration.output.hex()}"
    elif decode(["uint256"], found.registration.output) != (found.agent_id,):
        yield f"register(string) gives 0x{found.registration.output.hex()}, not {found.agent_id}"


@check
def simulated_feedback(subject: Subject) -> Iterator[str]:
    """A stranger can give an agent feedback."""
    found = simulate(subject)
    if not found.feedback.succeeded:
        yield f"giveFeedback reverts with 0x{found.feedback.output.hex()}"


@check
def simulated_self_feedback(subject: Subject) -> Iterator[str]:
    """An agent's owner cannot rate it."""
    found = simulate(subject)
    wanted = keccak(text="SelfFeedback(uint256,address)")[:4] + encode(["uint256", "address"], [found.agent_id, OWNER])
    if found.self_feedback.succeeded:
        yield "giveFeedback by the owner succeeds"
    elif found.self_feedback.output != wanted:
        yield f"giveFeedback by the owner reverts with 0x{found.self_feedback.output.hex()}, not with SelfFeedback"


@check
def simulated_topics(subject: Subject) -> Iterator[str]:
    """Registration and feedback emit the events of the standard, with its topics, each from its registry."""
    found = simulate(subject)
    wanted = {
        "identity": ("IdentityRegistry", ("Transfer", "Registered", "MetadataSet"), found.registration),
        "reputation": ("ReputationRegistry", ("NewFeedback",), found.feedback),
    }
    for name, (contract, events, call) in wanted.items():
        address = subject.config.registries[name].address
        emitted = {topics[0] for emitter, topics, _ in call.logs if emitter == address and topics}
        for signature, facts in FACTS[contract]["events"].items():
            expected = signature.partition("(")[0] in events
            if expected and bytes.fromhex(facts["topic0"][2:]) not in emitted:
                yield f"{name}: no {signature}"
