"""Lists about an agent, held against the model's events: every row, in both directions, on all pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from registry_api.audit import Actor
from registry_api.links import link
from registry_api.lists import LISTINGS
from registry_api.pages import to_cursor
from registry_api.payments import Payment
from registry_api.tables import digest
from tests.api.agreement import stored
from tests.api.following import index, source_of
from tests.api.serving import API, IDENTITY, REPUTATION, Chronicle, Told, Village, go_on, open_chronicle, serving
from tests.codec import text_of
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, OWNER, Registries
from tests.evm import CHAIN_ID
from tests.model import ZERO
from tests.stateful.call import Call
from tests.stateful.machine import in_process_stage

STEPS = 300

Rows = list[dict[str, Any]]


# --------------------------------------------------------------------------------------------- the lists, of the events


class Lists:
    """What each list has to have, the oldest first."""

    def __init__(self, story: Chronicle, final_block: int) -> None:
        self.story, self.final_block = story, final_block

    def of(self, name: str, agent_id: int) -> Rows:
        made: Callable[[int], Rows] = getattr(self, name)
        return made(agent_id)

    def feedback(self, agent_id: int) -> Rows:
        rows: dict[tuple[str, int], dict[str, Any]] = {}
        epoch = 0
        for event in self.story.told:
            values = event.values
            if event.name == "Transfer" and values[2] == agent_id:
                epoch += ZERO != values[0] != values[1]
            elif event.name not in {"NewFeedback", "FeedbackRevoked", "ResponseAppended"} or values[0] != agent_id:
                continue
            elif event.name == "NewFeedback":
                _, client, number, value, decimals, tag1, _, tag2, endpoint, uri, content_hash = values
                rows[client, number] = {
                    "agent_id": agent_id,
                    "client": client,
                    "feedback_index": number,
                    "value": str(value),
                    "decimals": decimals,
                    "score": in_unit(value, decimals),
                    "tag1": stored(tag1),
                    "tag2": stored(tag2),
                    "endpoint": stored(endpoint),
                    "uri": stored(uri),
                    "hash": f"0x{content_hash.hex()}",
                    "ownership_epoch": epoch,
                    "revoked": False,
                    "revoked_time": None,
                    "responses": 0,
                    "given": self._moment(event),
                    **self._block(event),
                }
            else:
                row = rows[values[1], values[2]]
                row |= self._block(event)
                if event.name == "FeedbackRevoked":
                    row |= {"revoked": True, "revoked_time": event.time}
                else:
                    row["responses"] += 1
        return list(rows.values())

    def clients(self, agent_id: int) -> Rows:
        rows: dict[str, dict[str, Any]] = {}
        for event in self.story.named("NewFeedback", "FeedbackRevoked"):
            if event.values[0] != agent_id:
                continue
            row = rows.setdefault(
                event.values[1],
                {"client": event.values[1], "feedback": {"count": 0, "revoked": 0}, "first_time": event.time},
            )
            row |= self._block(event)
            if event.name == "NewFeedback":
                row["feedback"]["count"] += 1
                row["last_time"] = event.time
            else:
                row["feedback"]["revoked"] += 1
        return list(rows.values())

    def responses(self, agent_id: int) -> Rows:
        return [
            {
                "client": client,
                "feedback_index": number,
                "responder": responder,
                "uri": stored(uri),
                "hash": f"0x{content_hash.hex()}",
                "time": event.time,
                "transaction": self.story.transaction(event.block),
                **self._block(event),
            }
            for event in self.story.named("ResponseAppended")
            for about, client, number, responder, uri, content_hash in [event.values]
            if about == agent_id
        ]

    def validations(self, agent_id: int) -> Rows:
        rows: dict[bytes, dict[str, Any]] = {}
        for event in self.story.named("ValidationRequest", "ValidationResponse"):
            if event.values[1] != agent_id:
                continue
            if event.name == "ValidationRequest":
                validator, _, uri, request_hash = event.values
                rows[request_hash] = {
                    "request_hash": f"0x{request_hash.hex()}",
                    "validator": validator,
                    "request": {"uri": stored(uri), **self._moment(event)},
                    "answer": None,
                    "answers": 0,
                    **self._block(event),
                }
                continue
            _, _, request_hash, response, uri, content_hash, tag = event.values
            row = rows[request_hash]
            row["answers"] += 1
            row |= self._block(event)
            row["answer"] = {
                "response": response,
                "uri": stored(uri),
                "hash": f"0x{content_hash.hex()}",
                "tag": stored(tag),
                "time": event.time,
                "transaction": self.story.transaction(event.block),
            }
        return list(rows.values())

    def history(self, agent_id: int) -> Rows:
        return [
            {
                "kind": kind,
                "change": change,
                "time": event.time,
                "transaction": self.story.transaction(event.block),
                "log_index": event.log_index,
                **self._block(event),
            }
            for before, event in zip([None, *self.story.told], self.story.told, strict=False)
            for kind, change in self._changes(before, event, agent_id)
        ]

    def metadata(self, agent_id: int) -> Rows:
        rows: dict[str, dict[str, Any]] = {}
        for event in self.story.named("MetadataSet"):
            about, key, _, value = event.values
            if about == agent_id and key != "agentWallet":
                rows[stored(key)] = {
                    "key": stored(key),
                    "value": f"0x{value.hex()}",
                    "text": text_in(value),
                    "time": event.time,
                    **self._block(event),
                }
        shown = (row for row in rows.values() if row["value"] != "0x")
        return sorted(shown, key=lambda row: (row["block"], digest(row["key"])))

    def _changes(self, before: Told | None, event: Told, agent_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
        values = event.values
        match event.name:
            case "Transfer" if values[2] == agent_id and values[0] == ZERO:
                yield "registration", {"owner": values[1]}
            case "Transfer" if values[2] == agent_id:
                yield "transfer", {"sender": values[0], "recipient": values[1]}
            case "Approval" if values[2] == agent_id:
                yield "approval", {"approved": None if values[1] == ZERO else values[1]}
            case "Registered" if values[0] == agent_id:
                # Of an agent without a URI of its own, it tells the auto URI.
                if before is not None and before.name == "MetadataUpdate":
                    yield "uri", {"uri": stored(values[1])}
            case "URIUpdated" if values[0] == agent_id:
                yield "uri", {"uri": stored(values[1])}
            case "AgentURICleared" if values[0] == agent_id:
                yield "uri", {"uri": None}
            case "MetadataSet" if values[0] == agent_id and values[1] != "agentWallet":
                yield "metadata", {"key": stored(values[1]), "value": values[3].hex()}
            case "MetadataSet" if values[0] == agent_id and before is not None and before.name != "Registered":
                yield "wallet", {"wallet": self.story.account(values[3])}

    def _moment(self, event: Told) -> dict[str, Any]:
        return {"block": event.block, "time": event.time, "transaction": self.story.transaction(event.block)}

    def _block(self, event: Told) -> dict[str, Any]:
        return {"block": event.block, "final": event.block <= self.final_block}


def in_unit(value: int, decimals: int) -> str:
    digits = str(abs(value)).rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return f"{'-' if value < 0 else ''}{whole}{'.' if rest else ''}{rest}"


def text_in(value: bytes) -> str | None:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        return None


# ------------------------------------------------------------------------------------------------------------ the model


@pytest.fixture
def story(connection: Connection) -> Iterator[Chronicle]:
    """A random history, indexed."""
    random = Random(1)
    with in_process_stage().registries.evm.rolled_back():
        story = open_chronicle(random)
        # Feedback for two owners of one agent.
        for client in (CLIENT, OTHER_CLIENT):
            owner = story.model.identity.owner_of(1)
            story.play(Call(client, REPUTATION, "giveFeedback", (1, 5, 1, "week", "day", "", "", bytes(32))))
            story.play(Call(owner, IDENTITY, "transferFrom", (owner, BUYER if owner != BUYER else OWNER, 1)))
            story.wait(60)
        go_on(story, random, STEPS)
        story.mine()
        index(connection, story.chain, source_of(story.stage.registries))
        yield story


@pytest.fixture
def api(story: Chronicle, database_url: str) -> Iterator[API]:
    with serving(database_url, source_of(story.stage.registries)) as api:
        yield api


FILTERS: dict[str, dict[str, Callable[[dict[str, Any], int], Any]]] = {
    "feedback": {
        "client": lambda row, _: row["client"],
        "tag1": lambda row, _: row["tag1"],
        "tag2": lambda row, _: row["tag2"],
        "revoked": lambda row, _: row["revoked"],
        "current_owner": lambda row, epoch: row["ownership_epoch"] == epoch,
    },
    "clients": {},
    "responses": {
        "client": lambda row, _: row["client"],
        "feedback_index": lambda row, _: row["feedback_index"],
        "responder": lambda row, _: row["responder"],
    },
    "validations": {
        "validator": lambda row, _: row["validator"],
        "tag": lambda row, _: row["answer"] and row["answer"]["tag"],
        "answered": lambda row, _: row["answer"] is not None,
    },
    "history": {"kind": lambda row, _: row["kind"]},
    "metadata": {},
}
"""What each filter of a list holds against its value, of a row and the agent's present epoch."""
NOBODY = "0x" + "ab" * 20
OTHERS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("client", "responder", "validator"), (NOBODY,)),
    **dict.fromkeys(("tag", "tag1", "tag2"), ("", "none")),
    **dict.fromkeys(("revoked", "current_owner", "answered"), (True, False)),
    "feedback_index": (2**63 - 1,),
    "kind": ("registration", "transfer", "approval", "uri", "metadata", "wallet"),
}
"""What each filter is also asked with, whatever there is."""


def test_list__of_any_history__is_as_the_model_has_it(story: Chronicle, api: API) -> None:
    final_block = api.get("/agents/1")["at"]["final_block"]
    assert 0 < final_block < story.chain.head()
    lists = Lists(story, final_block)
    for name, filters in FILTERS.items():
        assert set(filters) == set(LISTINGS[name].filters)
        hits = set()
        for agent_id in story.model.identity.agents:
            hits |= set(check(api, story, agent_id, name, lists.of(name, agent_id)))
        assert hits == {(one, hit) for one in filters for hit in (True, False)}


def check(api: API, story: Chronicle, agent_id: int, name: str, rows: Rows) -> Iterator[tuple[str, bool]]:
    """Compares a list, in both directions and with filters.

    :returns: which filters had hits and which had none
    """
    random = Random(agent_id)
    epoch = story.model.identity.ownership_epoch(agent_id)
    path = f"/agents/{agent_id}/{name}"
    assert api.pages(path, order="asc", limit=random.randint(3, 12)) == rows
    assert api.pages(path, limit=random.randint(3, 12)) == rows[::-1]
    for asked in questions(random, name, rows, epoch) if rows else ():
        wanted = [row for row in rows if all(FILTERS[name][one](row, epoch) == asked[one] for one in asked)]
        assert api.pages(path, limit=random.randint(3, 12), **asked) == wanted[::-1], asked
        yield from ((one, bool(wanted)) for one in asked)


def questions(random: Random, name: str, rows: Rows, epoch: int) -> Iterator[dict[str, Any]]:
    """Each filter with what some row has and with what maybe none has, and two of them together."""
    of_row = {one: [value(row, epoch) for row in rows] for one, value in FILTERS[name].items()}
    for one, values in of_row.items():
        needed = {"client": random.choice(of_row["client"])} if one == "feedback_index" else {}
        for value in (random.choice(values), random.choice(OTHERS[one])):
            if value is not None:
                yield {**needed, one: value}
    together = random.sample(list(of_row), min(2, len(of_row)))
    place = random.randrange(len(rows))
    asked = {one: of_row[one][place] for one in together}
    if None not in asked.values() and ("feedback_index" not in asked or "client" in asked):
        yield asked


# ------------------------------------------------------------------------------------------------------------- by hand


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    """With agents 1 and 2 of the owner."""
    village = Village(registries, connection)
    for _ in range(2):
        registries.register(OWNER)
    village.follow()
    return village


def test_payments__that_were_linked__are_listed_by_where_they_are_on_the_chain(
    village: Village, engine: Engine, database_url: str
) -> None:
    amount = 2**256 - 1

    def paid(number: int, block: int, log_index: int | None) -> Payment:
        token = None if log_index is None else str(BUYER)
        transaction, block_hash = f"0x{number:064x}", f"0x{block:064x}"
        return Payment(transaction, log_index, token, CLIENT, OWNER, amount - number, block, block_hash, block * 12)

    link(engine, CHAIN_ID, 1, [paid(1, 9, 4), paid(1, 9, None)], now=70, actor=Actor("a test"))
    link(engine, CHAIN_ID, 1, [paid(2, 0, 3)], now=60, actor=Actor("a test"))
    link(engine, CHAIN_ID, 2, [paid(3, 1, 3)], now=60, actor=Actor("a test"))
    with serving(database_url, village.source) as api:
        rows = api.pages("/agents/1/payments", limit=1)
        assert [(row["block"], row["log_index"]) for row in rows] == [(9, 4), (9, None), (0, 3)]
        assert api.pages("/agents/1/payments", limit=2, order="asc") == rows[::-1]
        assert rows[1] == {
            "agent_id": 1,
            "transaction": f"0x{1:064x}",
            "log_index": None,
            "token": None,
            "payer": CLIENT,
            "recipient": OWNER,
            "amount": str(amount - 1),
            "time": 108,
            "linked_time": 70,
            "block": 9,
            "final": False,
        }
        assert rows[0]["token"] == BUYER


def test_list__of_an_agent_without_any__is_empty_and_of_no_agent__not_found(
    village: Village, database_url: str
) -> None:
    with serving(database_url, village.source) as api:
        for name in set(LISTINGS) - {"history"}:
            found = api.get(f"/agents/1/{name}")
            assert (found["data"], found["next"]) == ([], None)
        for name in LISTINGS:
            for agent_id in (3, 0, 2**63 - 1, 2**63, 2**256 - 1):
                assert api.refused(f"/agents/{agent_id}/{name}") == "AGENT_NOT_FOUND"


def test_list__while_feedback_is_given__has_no_row_twice_and_none_missing(village: Village, database_url: str) -> None:
    for value in (1, 2, 3):
        village.registries.give_feedback(1, value=value)
        village.follow()
    with serving(database_url, village.source, cache_size=1) as api:
        first = api.get("/agents/1/feedback", limit=2)
        village.registries.give_feedback(1, value=4)
        village.follow()
        second = api.get("/agents/1/feedback", limit=2, cursor=first["next"])
        assert [row["value"] for row in first["data"] + second["data"]] == ["3", "2", "1"]


def test_final__of_an_agent_and_of_rows__comes_with_the_block(village: Village, database_url: str) -> None:
    village.settle()
    village.registries.give_feedback(1)
    village.follow()
    with serving(database_url, village.source, cache_size=1) as api:
        assert [one["final"] for one in api.data("/agents")] == [False, True]
        assert [row["final"] for row in api.data("/agents/1/feedback")] == [False]
        assert [row["final"] for row in api.data("/agents/1/history")] == [True]
        village.settle()
        assert [one["final"] for one in api.data("/agents")] == [True, True]
        assert [row["final"] for row in api.data("/agents/1/feedback")] == [True]


def test_metadata__with_keys_longer_than_a_cursor__goes_on_to_the_next_page(
    village: Village, database_url: str
) -> None:
    """A byte that is no UTF-8 is shown as four characters."""
    keys = [text_of(bytes([128 + number]) * 128) for number in range(5)]
    for key in keys:
        village.registries.identity.setMetadata(1, key, b"\xff", sender=OWNER)
    village.follow()
    with serving(database_url, village.source) as api:
        rows = api.pages("/agents/1/metadata", limit=2)
        assert {row["key"] for row in rows} == {stored(key) for key in keys}
        assert len(rows) == len(keys)
        assert {row["text"] for row in rows} == {None}


def test_list__given_what_breaks_a_rule__refuses_it(village: Village, database_url: str) -> None:
    refused: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("responses", {"feedback_index": 1}, "INVALID_VALUE"),
        ("responses", {"feedback_index": 0, "client": CLIENT}, "INVALID_VALUE"),
        ("responses", {"feedback_index": 1, "client": "x"}, "INVALID_ADDRESS"),
        ("validations", {"validator": "0x"}, "INVALID_ADDRESS"),
        ("history", {"kind": "death"}, "INVALID_VALUE"),
        ("clients", {"client": CLIENT}, "INVALID_VALUE"),
        ("feedback", {"order": "up"}, "INVALID_VALUE"),
        ("feedback", {"limit": 101}, "INVALID_VALUE"),
        ("feedback", {"tag1": "x" * 1_025}, "INVALID_VALUE"),
        ("feedback", {"cursor": to_cursor("asc", 1, 1)}, "INVALID_CURSOR"),
        ("feedback", {"cursor": to_cursor("desc", 1)}, "INVALID_CURSOR"),
        ("feedback", {"cursor": to_cursor("desc", 1, -(2**63))}, "INVALID_CURSOR"),
        ("metadata", {"cursor": to_cursor("desc", 1, 1)}, "INVALID_CURSOR"),
        ("metadata", {"cursor": to_cursor("desc", 1, "no hex")}, "INVALID_CURSOR"),
    )
    with serving(database_url, village.source) as api:
        for name, asked, code in refused:
            assert api.refused(f"/agents/1/{name}", **asked) == code, asked
