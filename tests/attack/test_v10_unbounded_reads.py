"""V10: reads that cost more with every entry.

Attacker: one account with some gas to spend, or many accounts in one transaction.
Path: getSummary reads every feedback of a client, getClients and getResponseCount everything that was ever written.
A few thousand entries and the reads fail at the gas limit of a node or a block: the agent's reputation is gone for
every contract that wants to read it, and nothing brings it back.
Defence: running totals answer what is asked most at a constant cost, and beside every read that must stay unbounded,
because the standard's ABI says so, there is a page with a cursor.

Gas is real here: anvil's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ape
import pytest
from web3 import Web3
from web3.contract import Contract

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, PAGE_LIMIT, REGISTRIES, STRANGER, VALIDATOR, Registries
from tests.evm import ZERO_ADDRESS
from tests.live_chain import BLOCK_GAS, Chain, answers, gas_of, roomy_chain

RATED_ONCE, RATED_OFTEN, CROWDED, FULL = 1, 2, 3, 4
"""The agents: one feedback, thousands of one client, thousands of clients, and the longest tags there can be."""

SPAM = 15_000
CROWD = 3_000
CONTRACT_BUDGET = 2_500_000
"""What a contract may spend on one read in the midst of its own work."""


@dataclass(frozen=True)
class Spammed:
    """A registry after the attack, and the address whose feedback it is."""

    registry: Contract
    client: str

    def summary(self, agent_id: int, tag: str = "") -> Any:
        return self.registry.functions.getSummary(agent_id, [self.client], tag, "")

    def count_of_responses(self, agent_id: int) -> Any:
        return self.registry.functions.getResponseCount(agent_id, ZERO_ADDRESS, 0, [])


def feedback(registry: Contract, agent_id: int, tag1: str = "starred", tag2: str = "") -> bytes:
    """The call data of one feedback."""
    data = registry.encode_abi("giveFeedback", [agent_id, 87, 0, tag1, tag2, "", "", bytes(32)])
    return Web3.to_bytes(hexstr=data)


def attack(chain: Chain, registry: Contract) -> Spammed:
    """Spams two agents, from one address and from many; each entry is logged."""
    spammer = chain.deploy("Repeater")
    as_one, as_many = spammer.functions.asOne, spammer.functions.asMany
    assert chain.send(as_one(registry.address, feedback(registry, RATED_ONCE), 1)) == 1
    assert chain.send(as_one(registry.address, feedback(registry, RATED_OFTEN), SPAM)) == SPAM
    assert chain.send(as_many(registry.address, feedback(registry, CROWDED), CROWD)) == CROWD
    return Spammed(registry, spammer.address)


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with roomy_chain() as running:
        yield running


@pytest.fixture(scope="module")
def weak(chain: Chain) -> Spammed:
    return attack(chain, chain.deploy("WeakSummaryRegistry"))


@pytest.fixture(scope="module")
def ours(chain: Chain) -> Spammed:
    identity = chain.deploy_identity()
    for _ in (RATED_ONCE, RATED_OFTEN, CROWDED, FULL):
        chain.send(identity.functions.register())
    return attack(chain, chain.deploy_wired("ReputationRegistry", identity))


def test_attack__on_weak_registry__succeeds(weak: Spammed) -> None:
    assert answers(weak.summary(RATED_ONCE))
    assert not answers(weak.summary(RATED_OFTEN))
    assert not answers(weak.count_of_responses(RATED_OFTEN))
    assert not answers(weak.count_of_responses(CROWDED), gas=CONTRACT_BUDGET)
    assert not answers(weak.registry.functions.getClients(CROWDED), gas=CONTRACT_BUDGET)


def test_attack__on_registry__fails(ours: Spammed) -> None:
    assert answers(ours.summary(RATED_OFTEN), gas=CONTRACT_BUDGET)
    assert ours.summary(RATED_OFTEN).call() == [SPAM, 87, 0]
    assert gas_of(ours.summary(RATED_OFTEN)) == gas_of(ours.summary(RATED_ONCE))


@pytest.mark.parametrize("agent_id", [RATED_OFTEN, CROWDED])
def test_attack__on_response_count_of_registry__fails(chain: Chain, ours: Spammed, agent_id: int) -> None:
    assert gas_of(ours.count_of_responses(agent_id)) == gas_of(ours.count_of_responses(RATED_ONCE))


def test_attack__on_pages_of_registry__fails(ours: Spammed) -> None:
    """What must stay unbounded fails at the same limit as before, and its page does not."""
    read = ours.registry.functions
    assert not answers(ours.summary(RATED_OFTEN, tag="starred"))
    assert answers(read.getSummaryPage(RATED_OFTEN, ours.client, "starred", "", 0, PAGE_LIMIT), gas=CONTRACT_BUDGET)
    assert not answers(read.getClients(CROWDED), gas=CONTRACT_BUDGET)
    assert answers(read.getClientsPage(CROWDED, 0, PAGE_LIMIT), gas=CONTRACT_BUDGET)
    assert not answers(read.readAllFeedback(RATED_OFTEN, [], "", "", True))
    assert answers(read.getFeedbackPage(RATED_OFTEN, ours.client, 0, PAGE_LIMIT))
    assert not answers(read.getResponseCount(RATED_OFTEN, ours.client, 0, [OWNER]))
    assert answers(read.getResponseCountPage(RATED_OFTEN, ours.client, [OWNER], 0, PAGE_LIMIT), gas=CONTRACT_BUDGET)


@pytest.mark.parametrize("cursor", [0, SPAM // 2, SPAM - PAGE_LIMIT])
def test_attack__on_any_page_of_registry__costs_the_same(ours: Spammed, cursor: int) -> None:
    page = ours.registry.functions.getSummaryPage
    first, this = (
        page(RATED_OFTEN, ours.client, "starred", "", 0, PAGE_LIMIT),
        page(RATED_OFTEN, ours.client, "starred", "", cursor, PAGE_LIMIT),
    )
    # The difference is the cursor itself: its bytes in the call data.
    assert abs(gas_of(this) - gas_of(first)) < 500


def test_attack__with_the_longest_tags_on_registry__fails(chain: Chain, ours: Spammed) -> None:
    """The most expensive page that a spammer can make: no two feedbacks share a tag, and each tag is at its limit."""
    read = ours.registry.functions
    tag_size, page_size = read.MAX_TAG_SIZE().call(), read.MAX_PAGE_SIZE().call()
    spammer = chain.deploy("Repeater")
    calls = [
        feedback(ours.registry, FULL, tag1=str(2 * i).zfill(tag_size), tag2=str(2 * i + 1).zfill(tag_size))
        for i in range(page_size)
    ]
    for start in range(0, page_size, 100):
        batch = calls[start : start + 100]
        assert chain.send(spammer.functions.each(ours.registry.address, batch)) == len(batch)
    assert gas_of(read.getFeedbackPage(FULL, spammer.address, 0, page_size)) < BLOCK_GAS


# ------------------------------------------------------------------------------------------ pages say what reads say


def pages_of(read_page: Callable[..., tuple[Any, ...]], *args: Any, limit: int) -> list[tuple[Any, ...]]:
    """All pages of a read, each without its cursor."""
    pages: list[tuple[Any, ...]] = []
    cursor = 0
    while True:
        *page, cursor = read_page(*args, cursor, limit)
        pages.append(tuple(page))
        if cursor == 0:
            return pages


LIMITS = pytest.mark.parametrize("limit", [1, 7, 20, PAGE_LIMIT])
"""One; not a divisor of the totals; one that ends where the list ends; and the largest."""


def flat(pages: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(item for (page,) in pages for item in page)


def totals(pages: list[tuple[Any, ...]], column: int) -> int:
    return sum(page[column] for page in pages)


@pytest.fixture
def busy_agent(registries: Registries) -> int:
    """An agent with 25 feedbacks of one client, a fifth of them revoked, and 16 other clients, each with a response."""
    agent_id = registries.register()
    for i in range(25):
        index = registries.give_feedback(agent_id, value=i, decimals=i % 3, tag1="even" if i % 2 == 0 else "odd")
        registries.reputation.appendResponse(agent_id, CLIENT, index, "ipfs://r", bytes(32), sender=STRANGER)
        if i % 5 == 0:
            registries.reputation.revokeFeedback(agent_id, index, sender=CLIENT)
    for i in range(1, 17):
        client = Web3.to_checksum_address(i.to_bytes(20, "big"))
        registries.give_feedback(agent_id, client=client)
    return agent_id


@LIMITS
def test_get_clients_page__concatenated__is_get_clients(registries: Registries, busy_agent: int, limit: int) -> None:
    clients = registries.reputation.getClients(busy_agent)
    assert len(clients) == 17
    assert flat(pages_of(registries.reputation.getClientsPage, busy_agent, limit=limit)) == clients


@LIMITS
def test_get_feedback_page__concatenated__is_read_all_feedback(
    registries: Registries, busy_agent: int, limit: int
) -> None:
    _, *columns = registries.reputation.readAllFeedback(busy_agent, [CLIENT], "", "", True)
    rows = flat(pages_of(registries.reputation.getFeedbackPage, busy_agent, CLIENT, limit=limit))
    without_time = [
        (index, value, decimals, tag1, tag2, revoked) for index, value, decimals, revoked, _, _, tag1, tag2 in rows
    ]
    assert len(without_time) == 25
    assert without_time == list(zip(*columns, strict=True))


@LIMITS
@pytest.mark.parametrize("tag", ["", "even", "odd", "unknown"])
def test_get_summary_page__added_up__is_get_summary(
    registries: Registries, busy_agent: int, tag: str, limit: int
) -> None:
    count, value, decimals = registries.reputation.getSummary(busy_agent, [CLIENT], tag, "")
    pages = pages_of(registries.reputation.getSummaryPage, busy_agent, CLIENT, tag, "", limit=limit)
    assert totals(pages, 0) == count
    assert count == {"": 20, "even": 10, "odd": 10, "unknown": 0}[tag]
    if count:
        assert totals(pages, 1) // count // 10 ** (18 - decimals) == value
        assert max(page[2] for page in pages) == decimals


@LIMITS
@pytest.mark.parametrize("responders", [[], [STRANGER], [OTHER_CLIENT], [STRANGER, OTHER_CLIENT, STRANGER]])
def test_get_response_count_page__added_up__is_get_response_count(
    registries: Registries, busy_agent: int, responders: list[str], limit: int
) -> None:
    pages = pages_of(registries.reputation.getResponseCountPage, busy_agent, CLIENT, responders, limit=limit)
    assert totals(pages, 0) == registries.reputation.getResponseCount(busy_agent, CLIENT, 0, responders)
    assert totals(pages, 0) == (0 if responders == [OTHER_CLIENT] else 25)


@LIMITS
def test_validation_pages__put_together__are_the_unbounded_reads(registries: Registries, limit: int) -> None:
    agent_id, validation = registries.register(), registries.validation
    for i in range(20):
        request = i.to_bytes(32, "big")
        validation.validationRequest(VALIDATOR, agent_id, "", request, sender=OWNER)
        if i % 3:
            tag = "even" if i % 2 == 0 else ""
            validation.validationResponse(request, 5 * i, "", bytes(32), tag, sender=VALIDATOR)
    requests = tuple(i.to_bytes(32, "big") for i in range(20))
    assert validation.getAgentValidations(agent_id) == requests
    assert validation.getValidatorRequests(VALIDATOR) == requests
    assert flat(pages_of(validation.getAgentValidationsPage, agent_id, limit=limit)) == requests
    assert flat(pages_of(validation.getValidatorRequestsPage, VALIDATOR, limit=limit)) == requests
    for validators, tag in ([], ""), ([VALIDATOR], ""), ([], "even"), ([STRANGER], ""), ([], "unknown"):
        count, average = validation.getSummary(agent_id, validators, tag)
        pages = pages_of(validation.getSummaryPage, agent_id, validators, tag, limit=limit)
        assert (totals(pages, 0), totals(pages, 1) // max(count, 1)) == (count, average)


PAGE_OF = {
    "ReputationRegistry": {
        "getClients": "getClientsPage",
        "getResponseCount": "getResponseCountPage",
        "getSummary": "getSummaryPage",
        "readAllFeedback": "getFeedbackPage",
    },
    "ValidationRegistry": {
        "getAgentValidations": "getAgentValidationsPage",
        "getSummary": "getSummaryPage",
        "getValidatorRequests": "getValidatorRequestsPage",
    },
}
BOUNDED_ARRAYS = {"IdentityRegistry": {"eip712Domain"}}


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_read__when_it_takes_or_gives_a_list__has_a_page(name: str) -> None:
    """From the ABI, so that a new read cannot be forgotten: it gives a page, or has one, or its list is bounded."""
    reads = ape.project.get_contract(name).contract_type.view_methods
    lists = {
        read.name
        for read in reads
        if any(str(item.type).endswith("[]") for item in [*read.inputs, *read.outputs])
        and "cursor" not in {item.name for item in read.inputs}
    }
    assert lists == set(PAGE_OF.get(name, {})) | BOUNDED_ARRAYS.get(name, set())
    assert {read.name for read in reads} >= set(PAGE_OF.get(name, {}).values())
