"""Every read of both sides: all functions of the ABIs that change nothing, over all arguments of interest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from random import Random
from typing import Any, NamedTuple

from ethpm_types.abi import MethodABI

from tests.deployment import PAGE_LIMIT, REGISTRIES
from tests.evm import Reverted
from tests.model import ZERO, Model, ModelRevert, Registry
from tests.stateful.duel import Disagreement, Duel, snake_case
from tests.stateful.stage import Stage
from tests.strategies import HASHES, KEYS

SAMPLES = 12
"""How many of the many possible summaries, and other reads with lists, are made for an agent."""

INTERFACE_IDS = (
    "01ffc9a7",
    "ffffffff",
    "00000000",
    "12345678",
    "7965db0b",
    "31498786",
    "80ac58cd",
    "5b5e139f",
    "49064906",
)
OWN_INTERFACE_IDS = ("f3e6ef75", "00f6cafa", "ad80c02a", "fe392dfa", "092145c2", "3e9929f4")
UNUSED_TAG = "never used"


class Scope:
    """What there is to ask about after a history."""

    def __init__(self, stage: Stage, model: Model, random: Random) -> None:
        self.model, self.random = model, random
        self.accounts = (ZERO, *stage.accounts)
        self.agents = range(model.identity.total_agents() + 2)
        """One beyond the last, too."""
        self.keys = {*KEYS, *(key for agent in model.identity.agents.values() for key in agent.metadata)}

    def pairs(self) -> Iterator[tuple[int, str]]:
        """Agents with each of their clients, and with somebody who is none."""
        for agent_id in self.agents:
            clients = self.model.reputation.get_clients(agent_id)
            yield from ((agent_id, client) for client in clients)
            yield agent_id, self.one_of(self.accounts)

    def one_of(self, items: Iterable[Any]) -> Any:
        return self.random.choice(tuple(items))

    def accounts_list(self, known: Iterable[str]) -> list[str]:
        """Some accounts, mostly known ones; sometimes none, sometimes one of them twice, sometimes zero."""
        known = tuple(known) or self.accounts
        size = self.random.randrange(5)
        return [self.one_of(known if self.random.randrange(4) else self.accounts) for _ in range(size)]

    def tag(self, registry: str) -> str:
        tags = self.model.reputation.tags if registry == "ReputationRegistry" else self.model.validation.tags
        return str(self.one_of(("", UNUSED_TAG, *tags)))

    def page(self) -> tuple[int, int]:
        """A cursor and a limit."""
        return self.one_of((0, 0, 1, 2, 5, 2**256 - 1)), self.one_of(
            (1, 2, 3, PAGE_LIMIT, 0, PAGE_LIMIT + 1, 2**256 - 1)
        )


Arguments = Callable[[Scope], Iterable[tuple[Any, ...]]]


def nothing(_scope: Scope) -> Iterable[tuple[Any, ...]]:
    return [()]


def agents(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((agent_id,) for agent_id in (*scope.agents, 2**256 - 1))


def accounts(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((account,) for account in scope.accounts)


def account_pairs(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return product(scope.accounts, repeat=2)


def accounts_of_agents(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return product(scope.accounts, scope.agents)


def metadata(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return product(scope.agents, sorted(scope.keys))


def roles(_scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((role,) for role in _roles(_scope))


def role_members(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return product(_roles(scope), scope.accounts)


def interface_ids(_scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((bytes.fromhex(interface_id),) for interface_id in INTERFACE_IDS + OWN_INTERFACE_IDS)


def tag_ids(scope: Scope) -> Iterable[tuple[Any, ...]]:
    last = max(scope.model.reputation.tag_count(), scope.model.validation.tag_count())
    return ((tag_id,) for tag_id in (*range(last + 2), 2**32 - 1))


def ledgers(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return scope.pairs()


def feedback(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id, client in scope.pairs():
        last = scope.model.reputation.get_last_index(agent_id, client)
        yield from ((agent_id, client, index) for index in range(last + 2))


def response_counts(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id, client, index in feedback(scope):
        yield agent_id, client, index, []
        yield agent_id, scope.one_of((client, ZERO)), index, scope.accounts_list(())


def client_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((agent_id, *scope.page()) for agent_id in scope.agents)


def feedback_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((*pair, *scope.page()) for pair in scope.pairs())


def response_count_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((*pair, scope.accounts_list(()), *scope.page()) for pair in scope.pairs())


def client_summaries(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id in scope.agents:
        clients = scope.model.reputation.get_clients(agent_id)
        yield agent_id, list(clients), "", ""
        for _ in range(SAMPLES):
            yield (
                agent_id,
                scope.accounts_list(clients),
                scope.tag("ReputationRegistry"),
                scope.tag("ReputationRegistry"),
            )


def summary_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for pair in scope.pairs():
        yield *pair, scope.tag("ReputationRegistry"), scope.tag("ReputationRegistry"), *scope.page()


def all_feedback(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id, clients, *tags in client_summaries(scope):
        yield agent_id, clients, *tags, scope.random.randrange(2) == 1


def requests(_scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((request_hash,) for request_hash in (*HASHES, bytes(32)))


def agent_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((agent_id, *scope.page()) for agent_id in scope.agents)


def validator_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    return ((account, *scope.page()) for account in scope.accounts)


def verdicts(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id in scope.agents:
        yield agent_id, [], ""
        for _ in range(SAMPLES):
            yield agent_id, scope.accounts_list(()), scope.tag("ValidationRegistry")


def verdict_pages(scope: Scope) -> Iterable[tuple[Any, ...]]:
    for agent_id, validators, tag in verdicts(scope):
        yield agent_id, validators, tag, *scope.page()


def _roles(scope: Scope) -> tuple[bytes, ...]:
    identity = scope.model.identity
    return identity.DEFAULT_ADMIN_ROLE, identity.PAUSER_ROLE, identity.REGISTRY_ADMIN_ROLE, b"\x01" * 32


SHARED: dict[str, Arguments] = {
    "hasRole": role_members,
    "getRoleAdmin": roles,
    "supportsInterface": interface_ids,
}
WIRED = SHARED | {"tagText": tag_ids}
READS: dict[str, dict[str, Arguments]] = {
    "IdentityRegistry": SHARED
    | {
        "balanceOf": accounts,
        "getAgentWallet": agents,
        "getApproved": agents,
        "getMetadata": metadata,
        "isAffiliated": accounts_of_agents,
        "isApprovedForAll": account_pairs,
        "isAuthorizedOrOwner": accounts_of_agents,
        "lastConsentDeadline": agents,
        "metadataKeyCount": agents,
        "operatorOptOut": accounts,
        "ownerOf": agents,
        "ownershipEpoch": agents,
        "tokenURI": agents,
    },
    "ReputationRegistry": WIRED
    | {
        "getClientCount": agents,
        "getClients": agents,
        "getClientsPage": client_pages,
        "getClientTotals": ledgers,
        "getFeedback": feedback,
        "getFeedbackPage": feedback_pages,
        "getLastIndex": ledgers,
        "getResponseCount": response_counts,
        "getResponseCountPage": response_count_pages,
        "getSummary": client_summaries,
        "getSummaryPage": summary_pages,
        "readAllFeedback": all_feedback,
        "readFeedback": feedback,
    },
    "ValidationRegistry": WIRED
    | {
        "getAgentValidations": agents,
        "getAgentValidationsPage": agent_pages,
        "getSummary": verdicts,
        "getSummaryPage": verdict_pages,
        "getValidationStatus": requests,
        "getValidatorRequests": accounts,
        "getValidatorRequestsPage": validator_pages,
        "isPending": requests,
    },
}
"""The arguments of each function that has any."""


def compare_reads(duel: Duel, random: Random) -> None:
    """Makes all reads on both sides.

    :param random: chooses where there are too many arguments for all of them
    :raises Disagreement: at the first one that differs
    :raises KeyError: for a function with arguments that the table does not have
    """
    scope = Scope(duel.stage, duel.model, random)
    for registry in REGISTRIES:
        contract, model = duel.stage.registries[registry], duel.model[registry]
        for method in contract.type.view_methods:
            read = getattr(contract, method.name)
            for arguments in READS[registry][method.name](scope) if method.inputs else nothing(scope):
                expected = _ask_model(model, method, arguments)
                try:
                    found = read(*arguments)
                except Reverted as revert:
                    found = Refusal(revert.name, revert.values)
                duel.tally.reads[registry, method.name] += 1
                if expected != found:
                    raise Disagreement(
                        f"{registry}.{method.name}{arguments}\n  model:     {expected}\n  contracts: {found}"
                    )


class Refusal(NamedTuple):
    """The error of a read that reverts."""

    name: str
    values: tuple[Any, ...]


def _ask_model(model: Registry, method: MethodABI, arguments: tuple[Any, ...]) -> Any:
    answer = getattr(model, snake_case(method.name))
    try:
        return answer(*arguments) if callable(answer) else answer
    except ModelRevert as revert:
        return Refusal(revert.name, revert.values)
