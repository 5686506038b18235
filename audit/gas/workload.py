"""The workload: every kind of call in the scenarios in which its cost differs, in the order of the reference's figures.

The reference's agents are counted from 0 and ours from 1. Beyond its workload, each tag is used once before anything
is measured (ours stores a tag's text at its first use), each wallet consent has a later deadline than the one before,
and a few scenarios are added that only ours tells apart. `reports/gas-reference.json` says which of its figures each
scenario is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from eth_utils.crypto import keccak

from audit.gas.chain import MeasuringChain
from audit.gas.cost import Cost
from registries.consent import consent_message, sign_consent

URI = "https://agents.example.com/registration/000000000000001.json"
OTHER_URI = "https://agents.example.com/registration/000000000000002.json"
IPFS_URI = "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG/f.json"
ENDPOINT = "https://agent.example.com/a2a/v1/tasks/1"
FEEDBACK_HASH = bytes.fromhex("fdd3e5142e4e394a4127bb51dde42f6aebee403bcff63cf1dbc033a337879db5")
RESPONSE_HASH = bytes.fromhex("63ae643f3f7d6f1c23978f6fa43f0955e50994619804ef99600fe02d56cc55a4")
REQUEST_HASH = bytes.fromhex("b5e6577098a0efa094fec45200765b87ec353ab54b60e18669c5248cb541ede6")
NO_HASH = bytes(32)

# Agents, by the account that registers them: `SECOND` is the account's second one.
A9, A1, A1_SECOND, A7, A7_SECOND, A8, A8_SECOND = range(1, 8)


# Scenarios that are worked out from others.
TOGETHER = "three registries together"
NEW_TAG_ON_TOP = "first use of a tag of up to 31 B, on top"


class Measurement(NamedTuple):
    """What one call cost in one scenario.

    :ivar kind: "transaction" (gas of the receipt), "view" (execution gas) or "deployment"
    """

    kind: str
    function: str
    scenario: str
    cost: Cost


def _value(number: int) -> bytes:
    return keccak(text=f"value-{number}")


def run_workload(chain: MeasuringChain, progress: Callable[[str], None]) -> Iterator[Measurement]:
    """Sends the workload and yields what it measures.

    :param progress: is told each part before it starts
    """
    for name, cost in chain.deployments.items():
        yield Measurement("deployment", "deployment", f"{name} registry", cost)
    together = Cost(sum(cost.gas for cost in chain.deployments.values()))
    yield Measurement("deployment", "deployment", TOGETHER, together)
    parts = (
        *(_registration, _metadata_and_uri, _wallet, _transfers, _feedback, _responses, _validation),
        *(_views, _scaling),
    )
    for part in parts:
        progress(part.__name__.strip("_").replace("_", " ").capitalize())
        for row in part(chain):
            yield Measurement("view" if part is _views else "transaction", *row)


Row = tuple[str, str, Cost]


def _registration(chain: MeasuringChain) -> Iterator[Row]:
    register = chain.identity.register
    entries = [(f"metadata-k{number:02d}", _value(number)) for number in (1, 2, 3)]
    yield "register()", "registry's first agent", chain.send(register(), 9)
    yield "register()", "account's first agent", chain.send(register(), 1)
    yield "register()", "account's later agent", chain.send(register(), 1)
    yield "register(string)", "60 B, account's first agent", chain.send(register(URI), 7)
    yield "register(string)", "60 B, account's later agent", chain.send(register(URI), 7)
    yield "register(string,entries)", "60 B and 3 entries, account's first agent", chain.send(register(URI, entries), 8)
    yield "register(string,entries)", "60 B and 3 entries, account's later agent", chain.send(register(URI, entries), 8)


def _metadata_and_uri(chain: MeasuringChain) -> Iterator[Row]:
    def set_metadata(key: int, value: bytes) -> Cost:
        return chain.send(chain.identity.setMetadata(A1, f"metadata-k{key}", value), 1)

    yield "setMetadata", "32 B, agent's first key", set_metadata(10, _value(10))
    yield "setMetadata", "32 B to other 32 B", set_metadata(10, _value(11))
    yield "setMetadata", "32 B, agent's later key", set_metadata(11, _value(10))
    yield "setMetadata", "1,024 B, agent's later key", set_metadata(20, b"\xab" * 1024)
    yield "setMetadata", "32 B to nothing", set_metadata(10, b"")
    yield "setAgentURI", "60 B to other 60 B", chain.send(chain.identity.setAgentURI(A7, OTHER_URI), 7)
    yield "setAgentURI", "nothing to 60 B", chain.send(chain.identity.setAgentURI(A1, URI), 1)


def _wallet(chain: MeasuringChain) -> Iterator[Row]:
    def set_wallet(agent_id: int, owner: int, seconds: int) -> Cost:
        deadline = chain.now() + seconds
        message = consent_message(
            chain_id=chain.web3.eth.chain_id,
            registry=chain.contracts["identity"].address,
            agent_id=agent_id,
            new_wallet=chain.address(2),
            owner=chain.address(owner),
            deadline=deadline,
        )
        signature = sign_consent(chain.key(2), message)
        return chain.send(chain.identity.setAgentWallet(agent_id, chain.address(2), deadline, signature), owner)

    yield "setAgentWallet", "agent's first change", set_wallet(A7_SECOND, 7, 240)
    yield "setAgentWallet", "agent's later change", set_wallet(A1, 1, 240)
    yield "unsetAgentWallet", "wallet was set", chain.send(chain.identity.unsetAgentWallet(A1), 1)
    yield "setAgentWallet", "wallet was cleared", set_wallet(A1, 1, 250)


def _transfers(chain: MeasuringChain) -> Iterator[Row]:
    def transfer(agent_id: int, sender: int, recipient: int) -> Cost:
        function = chain.identity.transferFrom(chain.address(sender), chain.address(recipient), agent_id)
        return chain.send(function, sender)

    nobody = "0x" + "00" * 20
    yield "approve", "owner approves", chain.send(chain.identity.approve(chain.address(6), A1), 1)
    yield "approve", "owner clears the approval", chain.send(chain.identity.approve(nobody, A1), 1)
    yield "transferFrom", "agent's later change, sender keeps another agent", transfer(A1, 1, 3)
    yield "transferFrom", "agent's later change, sender keeps none", transfer(A1, 3, 4)
    yield "transferFrom", "agent's first change, sender keeps none", transfer(A1_SECOND, 1, 3)
    yield "setOperatorOptOut", "first time", chain.send(chain.identity.setOperatorOptOut(True), 6)


def _feedback(chain: MeasuringChain) -> Iterator[Row]:
    give = chain.reputation.giveFeedback

    def short(client: int, agent_id: int = A7, tag1: str = "starred") -> Cost:
        return chain.send(give(agent_id, 87, 0, tag1, "", "", "", NO_HASH), client)

    def full(client: int) -> Cost:
        return chain.send(give(A7, 87, 0, "quality", "speed", ENDPOINT, IPFS_URI, FEEDBACK_HASH), client)

    for tag in ("starred", "quality", "speed", "tradingYield", "month"):
        short(10, agent_id=A9 + 1, tag1=tag)
    known = short(11, agent_id=A9 + 1)
    new = short(12, agent_id=A9 + 1, tag1="x" * len("starred"))
    yield "giveFeedback", NEW_TAG_ON_TOP, Cost(new.gas - known.gas)
    yield "giveFeedback", "short, agent's first client", short(5)
    yield "giveFeedback", "short, same client", short(5)
    yield "giveFeedback", "short, new client", short(6)
    yield "giveFeedback", "full, same client", full(5)
    yield "giveFeedback", "full, new client", full(2)
    yielded = give(A7, -32, 1, "tradingYield", "month", "", "", NO_HASH)
    yield "giveFeedback", "two tags, same client", chain.send(yielded, 5)
    yield "revokeFeedback", "a client's first feedback", chain.send(chain.reputation.revokeFeedback(A7, 1), 5)


def _responses(chain: MeasuringChain) -> Iterator[Row]:
    def respond(responder: int) -> Cost:
        function = chain.reputation.appendResponse(A7, chain.address(5), 2, IPFS_URI, RESPONSE_HASH)
        return chain.send(function, responder)

    yield "appendResponse", "first on the feedback", respond(7)
    yield "appendResponse", "same responder again", respond(7)
    yield "appendResponse", "other responder", respond(8)


def _validation(chain: MeasuringChain) -> Iterator[Row]:
    def request(request_hash: bytes) -> Cost:
        function = chain.validation.validationRequest(chain.address(2), A7, IPFS_URI, request_hash)
        return chain.send(function, 7)

    def respond(request_hash: bytes, response: int) -> Cost:
        function = chain.validation.validationResponse(request_hash, response, IPFS_URI, RESPONSE_HASH, "passed")
        return chain.send(function, 2)

    other_hash = keccak(REQUEST_HASH)
    yield "validationRequest", "first of agent and validator", request(REQUEST_HASH)
    yield "validationRequest", "later of agent and validator", request(other_hash)
    first_use = respond(REQUEST_HASH, 100)
    yield "validationResponse", "first, with the first use of a tag", first_use
    yield "validationResponse", "again", respond(REQUEST_HASH, 80)
    yield "validationResponse", "first, with a known tag", respond(other_hash, 90)


def _views(chain: MeasuringChain) -> Iterator[Row]:
    clients = [chain.address(account) for account in range(20, 120)]
    reputation, identity = chain.reputation, chain.identity
    chain.send_all(
        (reputation.giveFeedback(A7_SECOND, 80 + number, 0, tag, "", "", "", NO_HASH), client)
        for number, tag in enumerate(("starred", "quality") * 5)
        for client in clients
    )
    for count in (1, 10, 100):
        size = f"{count} clients x 10"
        untagged = reputation.getSummary(A7_SECOND, clients[:count], "", "")
        tagged = reputation.getSummary(A7_SECOND, clients[:count], "starred", "")
        yield "getSummary", f"{size}, no tag", chain.read(untagged)
        yield "getSummary", f"{size}, tag1", chain.read(tagged)

    def read_all(listed: list[str], tag1: str = "") -> Cost:
        return chain.read(reputation.readAllFeedback(A7_SECOND, listed, tag1, "", includeRevoked=False))

    yield "readAllFeedback", "100 clients x 10, listed", read_all(clients)
    yield "readAllFeedback", "100 clients x 10, all", read_all([])
    yield "readAllFeedback", "100 clients x 10, listed, tag1", read_all(clients, "starred")
    yield "getClients", "100 clients", chain.read(reputation.getClients(A7_SECOND))
    client, nobody = chain.address(5), "0x" + "00" * 20
    yield "readFeedback", "two tags", chain.read(reputation.readFeedback(A7, client, 3))
    yield "getLastIndex", "4 feedbacks", chain.read(reputation.getLastIndex(A7, client))
    one, whole = reputation.getResponseCount(A7, client, 2, []), reputation.getResponseCount(A7_SECOND, nobody, 0, [])
    yield "getResponseCount", "one feedback, 2 responders, 3 responses", chain.read(one)
    yield "getResponseCount", "whole agent, 100 clients x 10", chain.read(whole)
    yield "ownerOf", "any agent", chain.read(identity.ownerOf(A7))
    yield "tokenURI", "60 B", chain.read(identity.tokenURI(A7))
    yield "getAgentWallet", "set", chain.read(identity.getAgentWallet(A7_SECOND))
    yield "getMetadata", "32 B", chain.read(identity.getMetadata(A8, "metadata-k01"))
    yield "getMetadata", "1,024 B", chain.read(identity.getMetadata(A1, "metadata-k20"))


def _scaling(chain: MeasuringChain) -> Iterator[Row]:
    """What must not cost more because there is much of it already."""
    register = chain.identity.register
    missing = 999 - chain.identity.totalAgents().call()
    chain.send_all([(register(), chain.address(0))] * missing)
    yield "register()", "agent 1,000, account's first", chain.send(register(), 121)
    yield "register()", "agent 1,001, account's later", chain.send(register(), 121)
    give = chain.reputation.giveFeedback(A7_SECOND, 87, 0, "starred", "", "", "", NO_HASH)
    yield "giveFeedback", "short, new client, agent has 100 clients", chain.send(give, 5)
