"""Facts, groups and scores as read from the tables: what counting the whole history by hand gives."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, func, insert, select, text, true

from audit import markdown
from audit.sources import ROOT
from registry_api import facts, reputation
from registry_api.database import open_database
from registry_api.events import Approval, ApprovalForAll, Event, MetadataSet, NewFeedback, Transfer, read
from registry_api.policy import Policy
from registry_api.projection import WALLET_KEY
from registry_api.replay import differences
from registry_api.score import Group
from registry_api.signals import Facts, Role
from registry_api.summary import Entry
from registry_api.tables import agents, clients, digest, feedback, history, metadata, operators, ratings
from tests.api.following import index, source_of
from tests.api.recorded import RecordedChain
from tests.deployment import BUYER, CLIENT, OPERATOR, OTHER_CLIENT, OWNER, REGISTRIES, STRANGER, WALLET, Registries
from tests.evm import CHAIN_ID, ZERO_ADDRESS, Actor
from tests.model import Consent, Model
from tests.stateful.call import Call
from tests.stateful.duel import Duel
from tests.stateful.machine import in_process_stage
from tests.stateful.tally import Tally

POLICY = Policy()
STARS = Group("starred", "", 0)
HOUR = 3_600
IDENTITY, REPUTATION, _ = REGISTRIES
NO_HASH = bytes(32)


# -------------------------------------------------------------------------------------------------------- made by hand


class Town:
    """A chain where each block is an hour after the one before, and a database that follows it."""

    def __init__(self, registries: Registries, connection: Connection) -> None:
        self.registries, self.connection = registries, connection
        self.chain = RecordedChain(registries.evm)
        self.source = source_of(registries)

    @property
    def now(self) -> int:
        return self.registries.evm.time

    def pass_time(self, hours: int = 1) -> int:
        """The next block begins.

        :returns: its time
        """
        self.chain.mine()
        self.registries.evm.warp(hours * HOUR)
        return self.now

    def rate(self, agent_id: int, client: str = CLIENT, value: int = 80, tag1: str = "starred") -> int:
        """The feedback's time."""
        self.registries.give_feedback(agent_id, client, value, tag1=tag1)
        return self.now

    def give(self, agent_id: int, to: str) -> None:
        identity = self.registries.identity
        owner = identity.ownerOf(agent_id)
        identity.transferFrom(owner, to, agent_id, sender=owner)

    def follow(self) -> Connection:
        """The database, at the head."""
        self.connection.rollback()
        self.chain.mine()
        index(self.connection, self.chain, self.source)
        return self.connection

    def facts(self, agent_id: int = 1, client: str = CLIENT, group: Group = STARS) -> Facts:
        connection = self.follow()
        found = reputation.entries(connection, CHAIN_ID, agent_id, group)
        assert found is not None
        listed = reputation.clients_of(connection, CHAIN_ID, agent_id, group, POLICY, found=found)
        return next(one.facts for one in listed if one.facts.address == client)

    def document(self, agent_id: int = 1, group: Group = STARS) -> dict[str, Any]:
        found = reputation.document(self.follow(), CHAIN_ID, agent_id, group, POLICY)
        assert found is not None
        return found


@pytest.fixture
def town(registries: Registries, connection: Connection) -> Town:
    """With agent 1 of the owner."""
    town = Town(registries, connection)
    registries.register(OWNER)
    town.pass_time()
    return town


def test_facts__of_a_client_with_nothing_behind_it__are_known(town: Town) -> None:
    """All but payments, of which the tables say nothing."""
    first = town.rate(1)
    town.pass_time()
    last = town.rate(1)
    assert town.facts() == Facts(
        CLIENT,
        first,
        last,
        first_seen=first,
        agents_rated=1,
        roles=frozenset(),
        funding=None,
        rated_by=(),
        ring_through=(),
    )


def test_span__given_revoked_feedback_and_other_groups__is_of_the_live_feedback_of_the_group(town: Town) -> None:
    seen = town.rate(1)
    town.pass_time()
    first = town.rate(1)
    town.pass_time()
    town.rate(1, tag1="uptime")
    town.registries.give_feedback(1, CLIENT, 800, 1, tag1="starred")
    town.registries.give_feedback(1, CLIENT, 80, tag1="starred", tag2="month")
    town.pass_time()
    town.rate(1)
    for number in (1, 6):
        town.registries.reputation.revokeFeedback(1, number, sender=CLIENT)
    found = town.facts()
    assert (found.first_seen, found.first_feedback, found.last_feedback) == (seen, first, first)


# STANDING


def test_first_seen__given_feedback_to_another_agent__is_then(town: Town) -> None:
    town.registries.register(BUYER)
    seen = town.rate(2)
    town.pass_time()
    town.rate(1)
    assert (town.facts().first_seen, town.facts().agents_rated) == (seen, 2)


def test_first_seen__given_an_agent_of_its_own__is_its_registration_until_it_is_sold(town: Town) -> None:
    registered = town.now
    town.registries.register(CLIENT)
    town.pass_time()
    rated = town.rate(1)
    assert town.facts().first_seen == registered
    town.give(2, BUYER)
    town.rate(1, BUYER)
    assert town.facts().first_seen == rated
    assert town.facts(client=BUYER).first_seen == town.now


def test_first_seen__given_an_agent_that_it_bought_first__is_by_those_that_it_registered(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.registries.register(BUYER)
    town.give(2, CLIENT)
    registered = town.pass_time()
    town.registries.register(CLIENT)
    town.pass_time()
    rated = town.rate(1)
    assert town.facts().first_seen == registered
    monkeypatch.setattr(facts, "MAX_AGENTS_OWNED", 1)
    assert town.facts().first_seen == rated


def test_agents_rated__given_revoked_feedback__counts_it(town: Town) -> None:
    town.registries.register(BUYER)
    town.rate(2)
    town.registries.reputation.revokeFeedback(2, 1, sender=CLIENT)
    town.rate(1)
    assert town.facts().agents_rated == 2


def test_agents_rated__given_more_than_are_counted__is_as_far_as_counted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MAX_AGENTS_RATED", 2)
    for _ in range(3):
        town.rate(town.registries.register(BUYER))
    town.rate(1)
    assert town.facts().agents_rated == 2


def test_standing__of_clients_beyond_the_limit__is_unknown_and_the_rest_known(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MAX_CLIENTS", 1)
    late, early = sorted((CLIENT, OTHER_CLIENT))
    for client in (early, late):
        town.rate(1, client)
        town.pass_time()
    assert town.facts(client=early).agents_rated == 1
    found = town.facts(client=late)
    assert (found.first_seen, found.agents_rated, found.roles, found.rated_by) == (None, None, frozenset(), ())


# ROLES


def test_roles__of_who_sold_the_agent__are_owner_and_wallet(town: Town) -> None:
    """Who registers an agent is its wallet, too."""
    town.give(1, BUYER)
    town.rate(1, OWNER)
    assert town.facts(client=OWNER).roles == frozenset({Role.OWNER, Role.WALLET})


def test_roles__of_who_bought_and_sold_the_agent__is_owner(town: Town) -> None:
    town.give(1, BUYER)
    town.give(1, STRANGER)
    town.rate(1, BUYER)
    assert town.facts(client=BUYER).roles == frozenset({Role.OWNER})


def test_roles__of_who_became_the_owner_after_its_feedback__is_owner(town: Town) -> None:
    town.rate(1)
    town.give(1, CLIENT)
    assert town.facts().roles == frozenset({Role.OWNER})


def test_roles__of_a_former_wallet__is_wallet(town: Town) -> None:
    town.registries.set_wallet(1, WALLET)
    town.registries.set_wallet(1, BUYER, seconds=90)
    town.rate(1, WALLET)
    assert town.facts(client=WALLET).roles == frozenset({Role.WALLET})


def test_roles__of_who_was_approved_for_the_agent__is_operator(town: Town) -> None:
    town.registries.identity.approve(OPERATOR, 1, sender=OWNER)
    town.registries.identity.approve(ZERO_ADDRESS, 1, sender=OWNER)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles == frozenset({Role.OPERATOR})


def approve_for_all(town: Town, owner: str, *, approved: bool = True) -> None:
    town.registries.identity.setApprovalForAll(OPERATOR, approved, sender=owner)
    town.pass_time()


def test_roles__of_an_operator_for_all_agents__is_operator_even_if_it_has_opted_out(town: Town) -> None:
    approve_for_all(town, OWNER)
    town.registries.identity.setOperatorOptOut(True, sender=OPERATOR)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles == frozenset({Role.OPERATOR})


def test_roles__of_an_operator_of_a_former_owner__is_operator(town: Town) -> None:
    approve_for_all(town, OWNER)
    town.give(1, BUYER)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles == frozenset({Role.OPERATOR})


def test_roles__of_who_is_no_longer_an_operator_for_all__are_unknown(town: Town) -> None:
    """Only the last word is kept, and it may have been the first."""
    approve_for_all(town, OWNER, approved=False)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles is None
    assert differences(town.document()) == []


def test_roles__of_who_was_approved_by_a_former_owner_since_the_sale__are_unknown(town: Town) -> None:
    town.give(1, BUYER)
    town.pass_time()
    approve_for_all(town, OWNER)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles is None


def test_roles__of_whom_the_owner_dropped_before_it_was_that__are_none(town: Town) -> None:
    approve_for_all(town, BUYER)
    approve_for_all(town, BUYER, approved=False)
    town.give(1, BUYER)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles == frozenset()


def test_roles__given_one_that_is_known_and_one_that_is_not__are_the_known(town: Town) -> None:
    """Else a former owner could have its role forgotten by another."""
    town.give(1, OPERATOR)
    town.give(1, BUYER)
    approve_for_all(town, BUYER, approved=False)
    town.rate(1, OPERATOR)
    assert town.facts(client=OPERATOR).roles == frozenset({Role.OWNER})


@pytest.mark.parametrize("limit", ["MAX_CHANGES", "MAX_OPERATORS"])
def test_roles__beyond_a_limit__are_unknown(town: Town, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    for operator in (OPERATOR, STRANGER):
        town.registries.identity.approve(operator, 1, sender=OWNER)
        town.registries.identity.setApprovalForAll(operator, True, sender=OWNER)
    town.rate(1)
    assert town.facts().roles == frozenset()
    monkeypatch.setattr(facts, limit, 1)
    assert town.facts().roles is None


# RINGS


def test_rated_by__given_the_wallet_rated_an_agent_of_the_client__names_it(town: Town) -> None:
    town.registries.register(CLIENT)
    town.registries.set_wallet(1, WALLET)
    town.rate(2, WALLET)
    town.registries.reputation.revokeFeedback(2, 1, sender=WALLET)
    town.rate(1)
    assert town.facts().rated_by == (WALLET,)


def test_rated_by__given_an_agent_that_the_client_has_sold_since__names_who_rated_it(town: Town) -> None:
    town.registries.register(CLIENT)
    town.rate(2, OWNER)
    town.give(2, BUYER)
    town.give(2, STRANGER)
    for client in (CLIENT, BUYER, STRANGER):
        town.rate(1, client)
    assert [town.facts(client=client).rated_by for client in (CLIENT, BUYER, STRANGER)] == [(OWNER,), (), ()]


def test_rated_by__given_an_agent_that_was_returned_to_the_client__is_by_the_owner_then(town: Town) -> None:
    town.registries.register(CLIENT)
    town.give(2, BUYER)
    town.rate(2, OWNER)
    town.give(2, CLIENT)
    town.give(2, CLIENT)
    town.rate(1)
    town.rate(1, BUYER)
    assert (town.facts().rated_by, town.facts(client=BUYER).rated_by) == ((), (OWNER,))


def test_rated_by__given_ratings_before_and_after_an_account_was_of_the_side__is_none(town: Town) -> None:
    town.registries.register(CLIENT)
    town.rate(2, WALLET)
    town.pass_time()
    town.registries.set_wallet(1, WALLET)
    town.pass_time()
    town.give(1, BUYER)
    town.rate(2, WALLET)
    town.rate(2, OWNER)
    town.rate(1)
    assert town.facts().rated_by == ()


def test_rated_by__given_a_transfer_to_the_owner_itself__still_knows_the_wallet(town: Town) -> None:
    town.registries.register(CLIENT)
    town.registries.set_wallet(1, WALLET)
    town.give(1, OWNER)
    town.rate(2, WALLET)
    town.rate(1)
    assert town.facts().rated_by == (WALLET,)


def close_ring(town: Town) -> None:
    """Owner, stranger, client: each rates the next one's agent."""
    town.registries.register(STRANGER)
    town.registries.register(CLIENT)
    town.rate(2, OWNER)
    town.rate(3, STRANGER)
    town.rate(1)


def test_ring_through__given_a_third_account__names_it(town: Town) -> None:
    close_ring(town)
    found = town.facts()
    assert (found.ring_through, found.rated_by) == ((STRANGER,), ())


def test_ring_through__given_a_third_account_that_was_of_the_side__is_none(town: Town) -> None:
    close_ring(town)
    town.give(1, STRANGER)
    assert (town.facts().ring_through, town.facts().rated_by) == ((), ())


THIRD = tuple(sorted((BUYER, STRANGER)))


def close_two_rings(town: Town) -> None:
    """Through accounts that have passed on their agents since."""
    for owner in THIRD:
        agent_id = town.registries.register(owner)
        town.rate(agent_id, OWNER)
        town.rate(town.registries.register(CLIENT), owner)
        town.give(agent_id, OTHER_CLIENT)
    town.rate(1)


@pytest.mark.parametrize(
    ("limit", "value", "rings"),
    [
        ("MAX_RATINGS", 2, ((), THIRD)),
        ("MAX_RATINGS", 1, (None, None)),
        ("MAX_TRANSFERS", 2, ((), THIRD)),
        ("MAX_TRANSFERS", 1, (None, None)),
        ("MAX_ACCOUNTS", 2, ((), THIRD)),
        ("MAX_ACCOUNTS", 1, ((), None)),
        ("MAX_ACCOUNTS", 0, (None, None)),
        ("MAX_CHANGES", 1, ((), THIRD)),
        ("MAX_CHANGES", 0, (None, None)),
        ("CHUNK", 1, ((), THIRD)),
    ],
)
def test_rings__within_a_limit_and_beyond__are_known_and_unknown(
    town: Town, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, rings: tuple[object, object]
) -> None:
    close_two_rings(town)
    monkeypatch.setattr(facts, limit, value)
    found = town.facts()
    assert (found.rated_by, found.ring_through) == rings


def test_rings_of_three__given_too_many_ratings_by_third_accounts__are_unknown_and_those_of_two_known(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_ring(town)
    town.rate(3, STRANGER)
    monkeypatch.setattr(facts, "MAX_RATINGS", 1)
    assert (town.facts().rated_by, town.facts().ring_through) == ((), None)


# ----------------------------------------------------------------------------------------------------------- documents


def test_groups__of_an_agent__are_by_their_feedback(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (70, 75):
        town.rate(1, value=value)
    town.registries.give_feedback(1, CLIENT, 995, 1, tag1="uptime", tag2="month")
    town.registries.give_feedback(1, CLIENT, 1, tag1="uptime")
    town.registries.reputation.revokeFeedback(1, 4, sender=CLIENT)
    connection = town.follow()
    found = reputation.groups(connection, CHAIN_ID, 1)
    month, empty = Group("uptime", "month", 1), Group("uptime", "", 0)
    assert [(one.group, one.count, one.total, one.average) for one in found] == [
        (STARS, 2, 145, Decimal("72.5000")),
        (month, 1, 995, Decimal("99.50000")),
        (empty, 0, 0, None),
    ]
    assert found[0].scale == digest("starred", "", 0)
    assert [one.group for one in reputation.groups(connection, CHAIN_ID, 1, "uptime")] == [month, empty]
    assert [one.group for one in reputation.groups(connection, CHAIN_ID, 1, "uptime", "")] == [empty]
    assert [one.group for one in reputation.groups(connection, CHAIN_ID, 1, tag2="month")] == [month]
    assert reputation.groups(connection, CHAIN_ID, 2) == []
    monkeypatch.setattr(reputation, "MAX_GROUPS", 1)
    assert [one.group for one in reputation.groups(connection, CHAIN_ID, 1)] == [STARS]


def test_document__of_a_group__is_what_was_given(town: Town) -> None:
    first = town.rate(1, value=90)
    town.rate(1, value=101)
    town.rate(1, OTHER_CLIENT, -1)
    document = town.document()
    assert [
        (one["address"], one["count"], one["total"], one["off_scale"])
        for one in sorted(document["inputs"], key=lambda one: -one["count"])
    ] == [(CLIENT, 1, "90", 1), (OTHER_CLIENT, 0, "0", 1)]
    assert document["result"]["decision"]["level"] == "new"
    summary = document["summary"]
    assert (summary["count"], summary["clients"], summary["median"]) == (3, 2, "90.0000")
    assert (summary["minimum"], summary["maximum"], summary["average"]) == ("-1", "101", "63.3333")
    assert [(one["low"], one["high"], one["count"]) for one in summary["distribution"]] == [
        (value, value, 1) for value in ("-1", "90", "101")
    ]
    [point] = summary["series"]
    assert (point["count"], point["average"]) == (3, "63.3333")
    assert point["start"] <= first


def test_document__that_was_tampered_with__is_found_out(town: Town) -> None:
    town.rate(1)
    town.rate(1, OTHER_CLIENT, 20)
    document = json.loads(json.dumps(town.document()))
    assert differences(document) == []
    better = deepcopy(document)
    better["inputs"][0]["total"] = better["inputs"][1]["total"] = "100"
    assert any(line.startswith("result.point: ") for line in differences(better))
    older = deepcopy(document)
    older["inputs"][0]["first_seen"] = 0
    assert any("flags" in line for line in differences(older))


@pytest.mark.parametrize(
    ("tag1", "reason"), [("anything", "unknown_scale"), ("responseTime", "unbounded_scale"), ("starred", "no_feedback")]
)
def test_document__without_a_score__has_the_reason_and_the_summary(town: Town, tag1: str, reason: str) -> None:
    if tag1 != "starred":
        town.rate(1, tag1=tag1)
    document = town.document(group=Group(tag1, "", 0))
    assert document["result"]["decision"] == {"level": None, "reason": reason, "seen": None, "threshold": None}
    assert document["inputs"] == []
    assert document["summary"]["count"] == (tag1 != "starred")
    assert differences(document) == []


def test_scored_rows__of_an_agent__are_what_its_documents_say(town: Town) -> None:
    for client, value in ((CLIENT, 90), (OTHER_CLIENT, 80), (STRANGER, 100)):
        town.rate(1, client, value)
    town.rate(1, tag1="uptime")
    town.registries.reputation.revokeFeedback(1, 2, sender=CLIENT)
    town.rate(1, tag1="anything")
    rows = reputation.scored_rows(town.follow(), CHAIN_ID, 1, POLICY)
    result = town.document()["result"]
    head = {"chain_id": CHAIN_ID, "agent_id": 1, "policy_version": "1", "block": town.chain.head() - 1}
    assert result["decision"]["level"] == "new"
    assert result["lower"] > "0"
    assert rows == [
        {
            **head,
            "scale": digest("starred", "", 0),
            "tag1_digest": digest("starred"),
            "level": "new",
            **{name: result[name] for name in ("point", "lower", "upper")},
        },
        {
            **head,
            "scale": digest("uptime", "", 0),
            "tag1_digest": digest("uptime"),
            **dict.fromkeys(("level", "point", "lower", "upper")),
        },
    ]


def test_group__with_more_feedback_than_the_limit__is_unknown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reputation, "MAX_FEEDBACK", 1)
    town.rate(1)
    assert town.document()["summary"]["count"] == 1
    town.rate(1)
    connection = town.follow()
    assert reputation.entries(connection, CHAIN_ID, 1, STARS) is None
    assert reputation.document(connection, CHAIN_ID, 1, STARS, POLICY) is None
    [row] = reputation.scored_rows(connection, CHAIN_ID, 1, POLICY)
    assert (row["level"], row["point"]) == (None, None)
    assert reputation.groups(connection, CHAIN_ID, 1)[0].average == Decimal("80.0000")


# ------------------------------------------------------------------------------------------- counted by hand, at random

ACTORS: tuple[Actor, ...] = (OWNER, BUYER, CLIENT, OTHER_CLIENT, STRANGER, WALLET)
STEPS = 80


@dataclass
class Society:
    """A few accounts that own, approve, pay and rate each other, on the chain and in the model."""

    random: Random
    duel: Duel = field(default_factory=lambda: Duel(in_process_stage(), Tally()))

    def __post_init__(self) -> None:
        self.chain = RecordedChain(self.duel.evm)
        for owner in ACTORS[:3]:
            self.duel.play(Call(owner, IDENTITY, "register"))

    @property
    def model(self) -> Model:
        return self.duel.model

    def live(self) -> None:
        moves: dict[Callable[[], object], int] = {
            self._rate: 10,
            self._revoke: 1,
            self._give_away: 3,
            self._set_wallet: 2,
            self._approve: 1,
            self._approve_for_all: 2,
            self._register: 1,
            self._pass_time: 5,
        }
        for _ in range(STEPS):
            self.random.choices(list(moves), list(moves.values()))[0]()
        self.chain.mine()

    def _someone(self) -> Actor:
        return self.random.choice(ACTORS)

    def _agent(self) -> int:
        return self.random.randint(1, self.model.identity.total_agents())

    def _rate(self) -> None:
        scale = self.random.choice([("starred", "", 0), ("starred", "", 0), ("starred", "", 1), ("uptime", "day", 0)])
        tag1, tag2, decimals = scale
        texts = (decimals, tag1, tag2, "", "", NO_HASH)
        self.duel.play(
            Call(self._someone(), REPUTATION, "giveFeedback", (self._agent(), self.random.randint(-5, 110), *texts))
        )

    def _revoke(self) -> None:
        agent_id, client = self._agent(), self._someone()
        last = self.model.reputation.get_last_index(agent_id, client)
        if last:
            self.duel.play(Call(client, REPUTATION, "revokeFeedback", (agent_id, self.random.randint(1, last))))

    def _give_away(self) -> None:
        agent_id = self._agent()
        owner = self.model.identity.owner_of(agent_id)
        self.duel.play(Call(owner, IDENTITY, "transferFrom", (owner, self._someone(), agent_id)))

    def _set_wallet(self) -> None:
        agent_id, wallet = self._agent(), self._someone()
        owner, deadline = self.model.identity.owner_of(agent_id), self.duel.evm.time + self.random.randint(1, 300)
        consent = Consent(wallet, agent_id, wallet, owner, deadline)
        self.duel.play(Call(owner, IDENTITY, "setAgentWallet", (agent_id, wallet, deadline, consent)))

    def _approve(self) -> None:
        agent_id = self._agent()
        approved = self.random.choice([*ACTORS, ZERO_ADDRESS])
        self.duel.play(Call(self.model.identity.owner_of(agent_id), IDENTITY, "approve", (approved, agent_id)))

    def _approve_for_all(self) -> None:
        approved = self.random.random() < 0.7
        self.duel.play(Call(self._someone(), IDENTITY, "setApprovalForAll", (self._someone(), approved)))

    def _register(self) -> None:
        self.duel.play(Call(self._someone(), IDENTITY, "register"))

    def _pass_time(self) -> None:
        self.chain.mine()
        self.duel.wait(self.random.randint(1, 100_000))


class Ledger:
    """All that happened, in the order of the chain, gone through one by one: slowly and without tables."""

    def __init__(self, happened: list[tuple[Event, int]]) -> None:
        self.owner: dict[int, str] = {}
        self.wallet: dict[int, str | None] = {}
        self.registered: dict[int, tuple[str, int]] = {}
        self.moved: set[int] = set()
        self.approved_for_all: set[tuple[str, str]] = set()
        self.mentioned: set[tuple[str, str]] = set()
        self.roles: dict[tuple[int, str], set[Role]] = defaultdict(set)
        self.ratings: list[tuple[str, int, str, dict[int, set[str]], int]] = []
        for one, time in happened:
            self._take(one, time)
            for agent_id, owner in self.owner.items():
                self._note(agent_id, Role.OWNER, owner)
                self._note(agent_id, Role.WALLET, self.wallet[agent_id])
                for approver, operator in self.approved_for_all:
                    if approver == owner:
                        self._note(agent_id, Role.OPERATOR, operator)

    def _note(self, agent_id: int, role: Role, account: str | None) -> None:
        if account is not None:
            self.roles[agent_id, account].add(role)

    def _take(self, one: Event, time: int) -> None:
        match one:
            case Transfer(sender=sender, recipient=recipient, agent_id=agent_id):
                if sender == ZERO_ADDRESS:
                    self.registered[agent_id] = recipient, time
                    self.wallet[agent_id] = recipient
                elif sender != recipient:
                    self.moved.add(agent_id)
                    self.wallet[agent_id] = None
                self.owner[agent_id] = recipient
            case MetadataSet(agent_id=agent_id, key=key, value=value) if key == WALLET_KEY:
                account = {bytes.fromhex(actor[2:]): str(actor) for actor in ACTORS}
                self.wallet[agent_id] = account[value] if value else None
            case Approval(approved=approved, agent_id=agent_id) if approved != ZERO_ADDRESS:
                self.roles[agent_id, approved].add(Role.OPERATOR)
            case ApprovalForAll(owner=owner, operator=operator, approved=approved):
                self.mentioned.add((owner, operator))
                (self.approved_for_all.add if approved else self.approved_for_all.discard)((owner, operator))
            case NewFeedback(agent_id=agent_id, client=client):
                sides = {
                    each: {account for account in (self.owner[each], self.wallet[each]) if account}
                    for each in self.owner
                }
                self.ratings.append((client, agent_id, self.owner[agent_id], sides, time))
            case _:
                pass

    def side(self, agent_id: int) -> set[str]:
        return {
            account
            for (each, account), roles in self.roles.items()
            if each == agent_id and roles & {Role.OWNER, Role.WALLET}
        }

    def first_seen(self, client: str) -> int:
        kept = (
            time
            for agent_id, (owner, time) in self.registered.items()
            if owner == client and agent_id not in self.moved
        )
        return min([*kept, *(time for rater, *_, time in self.ratings if rater == client)])

    def agents_rated(self, client: str) -> int:
        return len({agent_id for rater, agent_id, *_ in self.ratings if rater == client})

    def rated_by(self, agent_id: int, client: str) -> tuple[str, ...]:
        return tuple(
            sorted(
                {
                    rater
                    for rater, _, owner, sides, _ in self.ratings
                    if owner == client != rater and rater in sides.get(agent_id, ())
                }
            )
        )

    def ring_through(self, agent_id: int, client: str) -> tuple[str, ...]:
        reached = {
            owner for rater, _, owner, sides, _ in self.ratings if rater != client and rater in sides.get(agent_id, ())
        }
        third = reached - self.side(agent_id) - {client}
        return tuple(sorted({rater for rater, _, owner, _, _ in self.ratings if rater in third and owner == client}))

    def may_have_been_operator(self, agent_id: int, client: str) -> bool:
        """Whether an owner ever said anything of it as an operator for all of its agents."""
        return any(
            operator == client and Role.OWNER in self.roles.get((agent_id, owner), ())
            for owner, operator in self.mentioned
        )


def check(society: Society, connection: Connection) -> None:
    """Compares all that is read with the ledger and with the model."""
    registries = society.duel.stage.registries
    source = source_of(registries)
    index(connection, society.chain, source)
    happened = [
        (one, log.time)
        for number in range(society.chain.head() + 1)
        for log in society.chain.logs(number, number)[1]
        if (one := read(log, source.registries)) is not None
    ]
    ledger = Ledger(happened)
    for agent_id, ledgers in society.model.reputation.ledgers.items():
        groups: dict[Group, list[Entry]] = defaultdict(list)
        for client, theirs in ledgers.items():
            for entry in theirs.entries:
                listed = groups[Group(entry.tag1, entry.tag2, entry.decimals)]
                listed += [] if entry.revoked else [Entry(client, entry.value, entry.time)]
        found = reputation.groups(connection, CHAIN_ID, agent_id)
        assert {one.group: (one.count, one.total) for one in found} == {
            group: (len(entries), sum(entry.value for entry in entries)) for group, entries in groups.items()
        }
        rows = {row["scale"]: row for row in reputation.scored_rows(connection, CHAIN_ID, agent_id, POLICY)}
        for group, entries in groups.items():
            kept = reputation.entries(connection, CHAIN_ID, agent_id, group)
            assert kept is not None
            assert sorted(map(repr, kept)) == sorted(map(repr, entries))
            check_clients(ledger, connection, agent_id, group, entries)
            document = reputation.document(connection, CHAIN_ID, agent_id, group, POLICY)
            assert document is not None
            assert differences(document) == []
            row = rows[digest(group.tag1, group.tag2, group.decimals)]
            result = document["result"]
            assert (row["level"], row["point"]) == (result["decision"]["level"], result["point"])


def check_clients(ledger: Ledger, connection: Connection, agent_id: int, group: Group, entries: list[Entry]) -> None:
    live = reputation.entries(connection, CHAIN_ID, agent_id, group)
    assert live is not None
    listed = reputation.clients_of(connection, CHAIN_ID, agent_id, group, POLICY, found=live)
    assert {one.facts.address for one in listed} == {entry.client for entry in entries}
    best = 100 * 10**group.decimals
    for one in listed:
        found, client = one.facts, one.facts.address
        given = [entry for entry in entries if entry.client == client]
        on_scale = [entry.value for entry in given if 0 <= entry.value <= best]
        assert (one.count, one.total, one.off_scale) == (len(on_scale), sum(on_scale), len(given) - len(on_scale))
        times = [entry.time for entry in given]
        assert (found.first_feedback, found.last_feedback) == (min(times), max(times))
        assert (found.first_seen, found.agents_rated) == (ledger.first_seen(client), ledger.agents_rated(client))
        assert found.rated_by == ledger.rated_by(agent_id, client)
        assert found.ring_through == ledger.ring_through(agent_id, client)
        roles = frozenset(ledger.roles.get((agent_id, client), ()))
        if ledger.may_have_been_operator(agent_id, client):
            # Nothing that it was not, and all but that.
            known = found.roles or frozenset()
            assert roles - {Role.OPERATOR} <= known <= roles
            assert known or found.roles is None or not roles
        else:
            assert found.roles == roles


@given(seed=st.integers(0, 2**32))
def test_facts__after_any_history__are_as_counted_by_hand(seed: int) -> None:
    engine = open_database("sqlite://", writes=True)
    metadata.create_all(engine)
    with in_process_stage().registries.evm.rolled_back(), engine.connect() as connection:
        society = Society(Random(seed))
        society.live()
        check(society, connection)
    engine.dispose()


@pytest.mark.parametrize("seed", range(5))
def test_facts__in_postgresql__are_as_counted_by_hand(postgresql_engine: Engine, seed: int) -> None:
    with in_process_stage().registries.evm.rolled_back(), postgresql_engine.connect() as connection:
        society = Society(Random(seed))
        society.live()
        check(society, connection)


# ---------------------------------------------------------------------------------------------------------- statements


def multiply(connection: Connection) -> None:
    """Many more rows of the same accounts, so that indexes are worth it, and not only one of them."""
    copies = func.generate_series(1, 500).table_valued("number").render_derived()
    for table in (agents, history, feedback, clients, ratings):
        shifted = [column + 1_000 * copies.c.number if column.name == "agent_id" else column for column in table.c]
        copied = select(*shifted).join_from(table, copies, true())
        connection.execute(insert(table).from_select(table.c.keys(), copied))
    others = [{"owner": f"0x{number:040x}", "operator": OPERATOR} for number in range(500)]
    connection.execute(insert(operators).values(chain_id=CHAIN_ID, approved=True, block=0), others)
    connection.execute(text("ANALYZE"))


def test_statements__in_postgresql__go_through_indexes(registries: Registries, postgresql_engine: Engine) -> None:
    """Where a sequential scan is the last resort, there is none; and rows are found by more than their chain."""
    with postgresql_engine.connect() as connection:
        town = Town(registries, connection)
        registries.register(OWNER)
        approve_for_all(town, OWNER)
        close_two_rings(town)
        town.follow()
        said: list[tuple[str, Any]] = []
        event.listen(postgresql_engine, "before_cursor_execute", lambda *of: said.append(of[2:4]))
        reputation.groups(connection, CHAIN_ID, 1, "starred", "")
        reputation.document(connection, CHAIN_ID, 1, STARS, POLICY)
        reputation.scored_rows(connection, CHAIN_ID, 1, POLICY)
        to_explain = [(statement, parameters) for statement, parameters in said if "FROM chains" not in statement]
        read_from = {table for table in metadata.tables if any(f"FROM {table}" in one for one, _ in to_explain)}
        assert read_from == {"agents", "clients", "feedback", "history", "operators", "ratings"}
        multiply(connection)
        connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in to_explain:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            assert not [line for line in plan if "Seq Scan" in line], plan
            conditions = [line for line in plan if "Index Cond: " in line]
            assert len(conditions) == len([line for line in plan if re.search(r"Index (Only )?Scan ", line)]), plan
            assert all(" AND " in condition for condition in conditions), plan


# ------------------------------------------------------------------------------------------------- docs/reputation.md

TABLES = markdown.tables((ROOT / "docs" / "reputation.md").read_text(encoding="utf-8"))


def test_docs__of_the_limits__are_those_of_the_code() -> None:
    rows = TABLES["Limit", "Most", "Beyond it"]
    limits = vars(facts) | vars(reputation)
    assert {name.strip("`"): most for name, most, _ in rows} == {
        name: f"{value:,}" for name, value in limits.items() if name.startswith("MAX_")
    }
