"""How the gas of a call grows with what there is already: 1 to 10,000 clients, feedbacks, agents, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from audit.gas.chain import MeasuringChain
from audit.gas.cost import TRANSACTION, Cost, calldata_gas

SIZES = (1, 10, 100, 1_000, 10_000)
GAS_LIMIT = 30_000_000
"""What a careful node gives a read, and what a block of most chains has for a transaction that reads."""

PAGE = 500
NOBODY = "0x" + "00" * 20

# Accounts, by number. Those that register agents give no feedback; at each size, one account does a thing first.
OWNER, RATER, RESPONDER = 0, 1, 2
FIRST_OWNERS, FIRST_CLIENTS = 10, 20

# Agents, one for each kind of growth: the first ones registered.
RATED_BY_MANY, RATED_OFTEN, TAGGED = 1, 2, 3


class Sample(NamedTuple):
    """What one call costs at one size.

    :ivar axis: what there is more and more of
    :ivar call: in words
    :ivar gas: of the whole call, with its 21,000 and its calldata, written or read
    """

    axis: str
    size: int
    call: str
    gas: int


def measure_growth(chain: MeasuringChain, progress: Callable[[str], None]) -> Iterator[Sample]:
    """Sends the transactions and yields what the calls at each size cost.

    :param chain: whose anvil impersonates any account
    :param progress: is told each axis and size before it is measured
    """
    # Agents first: the others need some.
    for axis, measure in (("agents", _agents), ("clients", _clients), ("feedbacks", _feedbacks), ("tags", _tags)):
        reached = 0
        for size in SIZES:
            progress(f"{size:,} {axis}")
            for call, cost in measure(chain, reached, size):
                yield Sample(axis, size, call, cost)
            reached = size


def fits_until(samples: pd.DataFrame) -> int | None:
    """About up to which size a call fits into `GAS_LIMIT`; None if it does at every size measured.

    Calls grow with the size, and memory with its square: a parabola through the three largest samples, and the answer
    to two digits.

    :param samples: size and gas of one call, by size
    """
    if samples["gas"].iloc[-1] <= GAS_LIMIT:
        return None
    last = samples.tail(3)
    square, slope, base = np.polyfit(last["size"], last["gas"], 2)
    roots = np.roots([square, slope, base - GAS_LIMIT]).real
    size = int(min(root for root in roots if root > 0))
    unit: int = 10 ** (len(str(size)) - 2)
    return size // unit * unit


Row = tuple[str, int]


def _agents(chain: MeasuringChain, reached: int, size: int) -> Iterator[Row]:
    identity = chain.identity
    chain.send_all([(identity.register(), chain.address(OWNER))] * (size - 1 - reached))
    yield "register(), account's first agent", chain.send(identity.register(), FIRST_OWNERS + SIZES.index(size)).gas
    yield "ownerOf", _whole(chain.read(identity.ownerOf(size)))
    yield "getAgentWallet", _whole(chain.read(identity.getAgentWallet(size)))


def _clients(chain: MeasuringChain, reached: int, size: int) -> Iterator[Row]:
    """Each client gives one feedback."""
    reputation = chain.reputation
    give = _give(chain, RATED_BY_MANY, "starred")
    if reached == 0:
        # A tag's first use costs more, and is measured with the tags.
        chain.send_all([(_give(chain, TAGGED, "starred"), chain.address(RATER))])
    chain.send_all((give, _client(number)) for number in range(reached + 1, size))
    yield "giveFeedback, new client", chain.send(give, FIRST_CLIENTS + SIZES.index(size)).gas
    clients = reputation.getClients(RATED_BY_MANY).call()
    reads = {
        "getSummary, all clients, no tag": reputation.getSummary(RATED_BY_MANY, clients, "", ""),
        "getSummary, all clients, one tag": reputation.getSummary(RATED_BY_MANY, clients, "starred", ""),
        "getClients": reputation.getClients(RATED_BY_MANY),
        f"getClientsPage, {PAGE}": reputation.getClientsPage(RATED_BY_MANY, 0, PAGE),
        "readAllFeedback, all clients": reputation.readAllFeedback(RATED_BY_MANY, [], "", "", includeRevoked=False),
        "getResponseCount, all clients": reputation.getResponseCount(RATED_BY_MANY, NOBODY, 0, []),
        "getResponseCount, all clients, one responder": reputation.getResponseCount(
            RATED_BY_MANY, NOBODY, 0, [chain.address(RESPONDER)]
        ),
    }
    for call, function in reads.items():
        yield call, _whole(chain.read(function))


def _feedbacks(chain: MeasuringChain, reached: int, size: int) -> Iterator[Row]:
    """All of one client."""
    reputation, client = chain.reputation, chain.address(RATER)
    give = _give(chain, RATED_OFTEN, "starred")
    chain.send_all([(give, client)] * (size - 1 - reached))
    yield "giveFeedback", chain.send(give, RATER).gas
    reads = {
        "getSummary, no tag": reputation.getSummary(RATED_OFTEN, [client], "", ""),
        "getSummary, one tag": reputation.getSummary(RATED_OFTEN, [client], "starred", ""),
        f"getSummaryPage, one tag, {PAGE}": reputation.getSummaryPage(RATED_OFTEN, client, "starred", "", 0, PAGE),
        "readAllFeedback": reputation.readAllFeedback(RATED_OFTEN, [client], "", "", includeRevoked=False),
        f"getFeedbackPage, {PAGE}": reputation.getFeedbackPage(RATED_OFTEN, client, 0, PAGE),
        "getResponseCount, of the client": reputation.getResponseCount(RATED_OFTEN, client, 0, []),
        f"getResponseCountPage, {PAGE}": reputation.getResponseCountPage(RATED_OFTEN, client, [], 0, PAGE),
    }
    for call, function in reads.items():
        yield call, _whole(chain.read(function))


def _tags(chain: MeasuringChain, reached: int, size: int) -> Iterator[Row]:
    """Of the whole registry; read is a feedback with the newest one."""
    reputation, client = chain.reputation, chain.address(RATER)
    chain.send_all((_give(chain, TAGGED, f"tag {number}"), client) for number in range(reached + 1, size))
    newest = f"tag {size}"
    yield "giveFeedback, a new tag", chain.send(_give(chain, TAGGED, newest), RATER).gas
    yield "giveFeedback, a known tag", chain.send(_give(chain, TAGGED, newest), RATER).gas
    # An agent of its own, so that the summary is always one of a single feedback.
    agent = TAGGED + 1 + SIZES.index(size)
    chain.send_all([(_give(chain, agent, newest), client)])
    yield "getSummary, one feedback, by tag", _whole(chain.read(reputation.getSummary(agent, [client], newest, "")))
    yield "readFeedback", _whole(chain.read(reputation.readFeedback(agent, client, 1)))


def _give(chain: MeasuringChain, agent_id: int, tag1: str) -> Any:
    return chain.reputation.giveFeedback(agent_id, 87, 0, tag1, "", "", "", bytes(32))


def _client(number: int) -> str:
    """An address that has no key."""
    return to_checksum_address(keccak(text=f"client {number}")[-20:])


def _whole(cost: Cost) -> int:
    """The gas of a read as a transaction or a node's limit has it."""
    return TRANSACTION + calldata_gas(cost.calldata) + cost.gas
