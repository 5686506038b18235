"""How the databases answer: every question that the API can be asked is asked, and the plan of each statement read.

The tables are small for PostgreSQL, which likes to read tens of pages whole: where it may choose, only what finds few
rows has to go through an index. Where it may not, every statement has to have an index to go through.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import pytest
from sqlalchemy import Connection, Engine, Table, func, select, text, update

from benchmarks.population import CHAIN_ID, KINDS, START, TAGS, WORDS, Population, add_files, address
from registry_api import bulk
from registry_api.abi import checksummed
from registry_api.database import gather_statistics
from registry_api.indexer import Indexer
from registry_api.lists import LISTINGS
from registry_api.pages import to_cursor
from registry_api.routes import PREFIX
from registry_api.score import Level
from registry_api.searches import FileState, Search, Sort
from registry_api.tables import (
    agent_metadata,
    agents,
    clients,
    digest,
    feedback,
    history,
    operators,
    payments,
    ratings,
    responses,
    scores,
    validations,
)
from tests.api.conftest import empty_database, prepared
from tests.api.serving import API, Statement, serving, statements_of
from tests.api.test_api_docs import PAGES

AGENTS, FEEDBACK = 3_000, 20_000
LARGE = {
    "agents",
    "agent_metadata",
    "clients",
    "facets",
    "feedback",
    "files",
    "history",
    "payments",
    "ratings",
    "responses",
    "scores",
    "validations",
}
PAGE = 101
"""Rows of the longest page, and one more."""
MIDDLE = AGENTS // 2
BUSY = 1
"""An agent with a tenth of all feedback."""

OWNER, OPERATOR = (checksummed("0x" + address("owner", number).hex()) for number in (5, 6))
CLIENT = checksummed("0x" + address("regular", 0).hex())
HASH = "0x" + "5b" * 32


class Town(NamedTuple):
    """A database with much of everything, and the API over it."""

    engine: Engine
    api: API


# ROWS


def populate(engine: Engine) -> None:
    """Some tens of thousands of rows: through the indexer, and of what it does not make, in place."""
    population = Population(AGENTS, FEEDBACK)
    with engine.connect() as connection:
        indexer = Indexer(connection, population, population.source)
        indexer.start()
        while indexer.step():
            pass
    with engine.begin() as connection:
        # The last have none.
        add_files(connection, population, 1, AGENTS - 100)
        for table, rows in of_the_rest(connection):
            empty = dict.fromkeys(table.columns.keys())
            bulk.add(connection, table, [{**empty, **row} for row in rows])
        # An owner rates an agent that has changed hands since: rings are looked for through the transfers.
        connection.execute(update(agents).where(agents.c.agent_id == MIDDLE).values(ownership_epoch=1))
        client = connection.scalar(select(func.min(clients.c.client)).where(clients.c.agent_id == MIDDLE))
        for table in (clients, feedback):
            given = table.c.agent_id == MIDDLE, table.c.client == client
            connection.execute(update(table).where(*given).values(client=owner_of(BUSY)))
        gather_statistics(connection)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def owner_of(agent_id: int) -> str:
    return checksummed("0x" + address("owner", agent_id % (AGENTS // 3 + 1)).hex())


def of_the_rest(connection: Connection) -> Iterator[tuple[Table, Iterable[dict[str, Any]]]]:
    """Rows of what the population does not do."""
    ids = range(1, AGENTS + 1)
    chain = {"chain_id": CHAIN_ID}
    moment = {"time": START, "transaction": HASH}
    given = connection.execute(select(feedback.c.agent_id, feedback.c.client, feedback.c.given_block)).all()
    rated = connection.execute(select(ratings.c.agent_id, ratings.c.scale, ratings.c.tag1_digest)).all()
    yield (
        agent_metadata,
        (
            {**chain, "agent_id": number, "key": key, "key_digest": digest(key), "time": START, "block": number}
            | {"value": value, "value_digest": digest(value.hex())}
            for number in ids
            for key, value in (("model", str(number % 500).encode()), ("cleared", b""), (f"own{number % 700}", b"x"))
        ),
    )
    yield (
        history,
        (
            {**chain, **moment, "agent_id": number, "block": 10**6 + turn, "log_index": 0, "kind": "transfer"}
            | {"change": orjson.dumps({"sender": OPERATOR, "recipient": owner_of(number)}).decode()}
            for number in ids
            for turn in range(4 if number != MIDDLE else 1)
            if number % 5 == 0
        ),
    )
    yield (
        responses,
        (
            {**chain, **moment, "agent_id": agent_id, "client": client, "feedback_index": 1, "block": block}
            | {"log_index": number, "responder": OWNER, "uri": "", "hash": bytes(32)}
            for number, (agent_id, client, block) in enumerate(given)
        ),
    )
    yield (
        validations,
        (
            {**chain, "request_hash": number.to_bytes(32, "big"), "agent_id": 1 + number % (AGENTS - 500)}
            | {"validator": owner_of(number % 40), "request_uri": "", "request_block": number, "log_index": 0}
            | {"request_time": START, "request_transaction": HASH, "answer_count": number % 2, "block": number}
            | {"response": 90, "tag": f"tag{number % 50}"}
            for number in range(20_000)
        ),
    )
    yield (
        scores,
        (
            {**chain, "agent_id": agent_id, "scale": scale, "tag1_digest": tag1, "policy_version": "1", "block": 1}
            | {"level": list(Level)[agent_id % len(Level)].value}
            for agent_id, scale, tag1 in rated
        ),
    )
    yield (
        payments,
        (
            {**chain, "transaction": f"0x{number:064x}", "position": -1, "agent_id": 1 + number % AGENTS}
            | {"payer": CLIENT, "recipient": OWNER, "amount": number, "block": number, "block_hash": HASH}
            | {"time": START, "linked_time": START}
            for number in range(20_000)
        ),
    )
    yield (
        operators,
        (
            {**chain, "owner": owner_of(number), "operator": owner_of(number + 1), "approved": True, "block": 1}
            for number in range(AGENTS // 3)
        ),
    )
    connection.execute(update(agents).where(agents.c.agent_id % 300 == 7).values(approved=OPERATOR))
    connection.execute(update(agents).where(agents.c.agent_id <= AGENTS - 500).values(validation_count=1))
    connection.execute(update(agents).where(agents.c.agent_id % 4 == 0).values(wallet=owner_of(9)))


@contextmanager
def town_of(url: str) -> Iterator[Town]:
    with prepared(url) as engine:
        populate(engine)
        # What is asked twice is read twice.
        with serving(url, Population(AGENTS, FEEDBACK).source, head_poll=3_600, cache_size=1) as api:
            yield Town(engine, api)


@pytest.fixture(scope="module")
def on_postgresql(postgresql: str) -> Iterator[Town]:
    with empty_database(postgresql) as url, town_of(url) as town:
        yield town


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_of(f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}") as town:
        yield town


# QUESTIONS

FEW: dict[str, dict[str, Any]] = {
    "owner": {"owner": OWNER},
    "operator": {"operator": OPERATOR},
    "text": {"text": "number77"},
    "skill": {"skill": "skill/3"},
    "metadata_key": {"metadata_key": "own7"},
    "metadata_value": {"metadata_key": "model", "metadata_value": "77"},
    "registered": {"registered_after": START + 100, "registered_before": START + 104},
    "updated": {"updated_after": START + 100, "updated_before": START + 104},
}
"""Filters that find a few agents of thousands."""
MANY: dict[str, dict[str, Any]] = {
    "wallet": {"wallet": owner_of(9)},
    "words": {"text": f"{WORDS[0]} finder"},
    "service": {"service": [KINDS[0], KINDS[1]]},
    "domain": {"domain": "field/3"},
    "trust": {"trust": "crypto-economic"},
    "active": {"active": "false"},
    "x402": {"x402": "true"},
    **{f"file {state}": {"file": state.value} for state in FileState},
    "tag": {"tag": TAGS[0]},
    "tag2": {"tag": TAGS[0], "tag2": ""},
    "min_score": {"tag": TAGS[0], "min_score": 80},
    "min_count": {"tag": TAGS[0], "min_count": 5},
    "trust_level": {"trust_level": ["good", "excellent"]},
    "level of tag": {"tag": TAGS[1], "trust_level": "good", "min_score": 50},
    "has_feedback": {"has_feedback": "true"},
    "no feedback": {"has_feedback": "false"},
    "has_validation": {"has_validation": "true"},
    "no validation": {"has_validation": "false"},
    "service and tag": {"service": KINDS[0], "active": "true", "tag": TAGS[0], "min_score": 50},
    "owner and service": {"owner": OWNER, "service": KINDS[0], "has_feedback": "true"},
    "text and file": {"text": WORDS[1], "file": "valid", "x402": "true"},
    "operator and level": {"operator": OPERATOR, "trust_level": "new", "metadata_key": "model"},
}
"""Filters that find hundreds, or nearly all."""
PLACES = {
    "agent_id": MIDDLE,
    "registered": START + 2 * MIDDLE // 33,
    "updated": START + 2 * MIDDLE // 33,
    "feedback": 6,
}
"""Where a page in the middle begins, by what it is ordered by."""


def search(filters: dict[str, Any], sort: Sort = Sort.AGENT_ID, *, later: bool = False, **more: Any) -> str:
    """The path of a search."""
    asked = {**filters, "sort": sort.value, "limit": 50, **more}
    if later:
        asked["cursor"] = to_cursor(sort.value, PLACES[sort.value.removeprefix("-")], MIDDLE)
    return f"/agents?{urlencode(asked, doseq=True)}"


def searches_for(filters: dict[str, Any], sorts: Iterable[Sort] = Sort) -> list[str]:
    """In every order, from the beginning and from the middle on; and counted."""
    pages = [search(filters, sort, later=later) for sort in sorts for later in (False, True)]
    return [*pages, search(filters, count="true")]


LISTED: dict[str, dict[str, Any]] = {
    "client": {"client": CLIENT},
    "tag1": {"tag1": TAGS[0]},
    "tag2": {"tag2": ""},
    "revoked": {"revoked": "true"},
    "current_owner": {"current_owner": "true"},
    "feedback_index": {"client": CLIENT, "feedback_index": 1},
    "responder": {"responder": OWNER},
    "validator": {"validator": owner_of(1)},
    "tag": {"tag": "tag1"},
    "answered": {"answered": "false"},
    "kind": {"kind": "transfer"},
}
CURSORS: dict[type, Any] = {bytes: b"\1", int: 500}


def lists_of(agent_id: int) -> Iterator[str]:
    """Every list about an agent, by every filter, in both orders, from the beginning and from the middle on."""
    for name, listing in LISTINGS.items():
        for order in ("asc", "desc"):
            later = {"cursor": to_cursor(order, *(CURSORS[kind] for kind in listing.kinds))}
            for filters in ({}, *(LISTED[one] for one in listing.filters)):
                for more in ({}, later):
                    yield f"/agents/{agent_id}/{name}?{urlencode({**filters, 'order': order, **more})}"


def about(agent_id: int) -> Iterator[str]:
    """Whatever can be asked of one agent."""
    yield from lists_of(agent_id)
    for rest in ("", "/registration", "/stats", "/reputation", f"/reputation?tag1={TAGS[0]}&tag2="):
        yield f"/agents/{agent_id}{rest}"
    for tag, period in (("starred", "day"), ("starred", "week"), ("uptime", "month"), ("nothing", "day")):
        yield f"/agents/{agent_id}/reputation/group?tag1={tag}&tag2=&decimals=0&period={period}"


OTHERS = [
    "/chains",
    "/registry",
    f"/chains/{CHAIN_ID}/agents/{MIDDLE}/registration",
    "/agents/batch?" + urlencode([("id", number) for number in range(1, 101)]),
]


def everything(sorts: Iterable[Sort] = Sort) -> list[str]:
    """Every question."""
    of_searches = [path for filters in ({}, *FEW.values(), *MANY.values()) for path in searches_for(filters, sorts)]
    return [*of_searches, *(path for agent_id in (BUSY, MIDDLE) for path in about(agent_id)), *OTHERS]


def statements(town: Town, path: str) -> list[Statement]:
    """What the API asks the database to answer a question."""
    with statements_of(town.api) as asked:
        response = town.api.client.get(PREFIX + path)
    assert response.status_code == 200, (path, response.text)
    assert asked, path
    return asked


# PLANS


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All parts of a plan of PostgreSQL."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def plan_of(connection: Connection, statement: Statement, more: str = "") -> list[dict[str, Any]]:
    """The parts of PostgreSQL's plan of a statement.

    :param more: options of EXPLAIN
    """
    explain = f"EXPLAIN ({more}FORMAT JSON) {statement.sql}"
    [[[told]]] = connection.exec_driver_sql(explain, statement.parameters).all()
    return list(nodes(told["Plan"]))


def read_whole(parts: Iterable[dict[str, Any]]) -> set[str]:
    """The large tables that a plan reads from beginning to end."""
    return {part["Relation Name"] for part in parts if part["Node Type"] == "Seq Scan"} & LARGE


def faults(town: Town, paths: Sequence[str], *, may_choose: bool) -> dict[str, set[str]]:
    """The large tables that are read whole, by question.

    :param may_choose: whether PostgreSQL may do so although there is an index
    """
    found = {}
    for path in paths:
        asked = statements(town, path)
        with town.engine.connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL enable_seqscan = {'on' if may_choose else 'off'}")
            whole = set().union(*(read_whole(plan_of(connection, one)) for one in asked))
        if whole:
            found[path] = whole
    return found


def test_questions__that_are_asked_here__are_all_that_can_be_asked() -> None:
    asked = [urlsplit(path) for path in everything()]
    searched = {
        name for one in asked if one.path == "/agents" for name, _ in parse_qsl(one.query, keep_blank_values=True)
    }
    assert searched == set(Search.model_fields)
    for name, model in PAGES.items():
        found = {
            given
            for one in asked
            if one.path.endswith(f"/{name}")
            for given, _ in parse_qsl(one.query, keep_blank_values=True)
        }
        assert found >= set(model.model_fields) - {"limit"}, name


def test_postgresql__whatever_is_asked__has_an_index_to_go_through(on_postgresql: Town) -> None:
    assert faults(on_postgresql, everything(), may_choose=False) == {}


def test_postgresql__for_what_finds_few__reads_few_rows(on_postgresql: Town) -> None:
    found = {}
    with on_postgresql.engine.connect() as connection:
        for path in [path for filters in FEW.values() for path in searches_for(filters)]:
            rows = max(rows_read(connection, one) for one in statements(on_postgresql, path))
            if rows > 4 * PAGE:
                found[path] = rows
    assert found == {}


def rows_read(connection: Connection, statement: Statement) -> int:
    """How many rows of large tables PostgreSQL reads to execute a statement."""
    return sum(
        part["Actual Loops"] * sum(part.get(name, 0) for name in ("Actual Rows", *_REMOVED))
        for part in plan_of(connection, statement, "ANALYZE, ")
        if part.get("Relation Name") in LARGE
    )


_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")


def test_postgresql__about_one_agent__goes_through_an_index(on_postgresql: Town) -> None:
    assert faults(on_postgresql, [*about(BUSY), *about(MIDDLE), *OTHERS], may_choose=True) == {}


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("sort", Sort)
def test_postgresql__in_an_order_alone__reads_the_page_from_an_index(
    on_postgresql: Town, sort: Sort, later: bool
) -> None:
    with on_postgresql.engine.connect() as connection:
        for statement in statements(on_postgresql, search({}, sort, later=later)):
            parts = plan_of(connection, statement)
            assert read_whole(parts) == set()
            assert sorted_at_once(parts) <= PAGE


def sorted_at_once(parts: Iterable[dict[str, Any]]) -> int:
    """The most rows that a plan puts in order."""
    return max((part["Plan Rows"] for part in parts if "Sort" in part["Node Type"]), default=0)


def test_postgresql__in_an_order_without_its_index__is_found_out(on_postgresql: Town) -> None:
    [*_, statement] = statements(on_postgresql, search({}, Sort.FEEDBACK_DOWN))
    with on_postgresql.engine.connect() as connection:
        # Undone at the end.
        connection.exec_driver_sql("DROP INDEX ix_agent_feedback_chain_id_feedback_count_agent_id")
        assert sorted_at_once(plan_of(connection, statement)) > PAGE


@pytest.mark.parametrize(
    ("index", "path"),
    [
        ("ix_agents_chain_id_owner_agent_id", search({"owner": OWNER})),
        ("ix_feedback_chain_id_client_given_block_log_index", f"/agents/{BUSY}/reputation/group?tag1=starred"),
    ],
)
def test_postgresql__without_an_index__is_found_out(on_postgresql: Town, index: str, path: str) -> None:
    asked = statements(on_postgresql, path)
    with on_postgresql.engine.connect() as connection:
        assert [one for one in asked if read_whole(plan_of(connection, one))] == []
        # Undone at the end.
        connection.exec_driver_sql(f"DROP INDEX {index}")
        assert [one for one in asked if read_whole(plan_of(connection, one))] != []


def test_sqlite__whatever_is_asked__goes_through_an_index(on_sqlite: Town) -> None:
    found = {}
    with on_sqlite.engine.connect() as connection:
        # The other ones are the same, backwards.
        for path in everything(list(Sort)[::2]):
            whole = {line for one in statements(on_sqlite, path) for line in scans(connection, one)}
            if whole:
                found[path] = whole
    assert found == {}


def test_sqlite__for_what_finds_few__does_little(on_sqlite: Town) -> None:
    asked = [path for filters in FEW.values() for path in searches_for(filters)]
    ids = urlencode([("id", number) for number in range(MIDDLE, MIDDLE + 20)])
    found = {path: work(on_sqlite, path) for path in (*asked, f"/agents/batch?{ids}")}
    assert {path: done for path, done in found.items() if done > LITTLE} == {}


LITTLE = 25_000
"""Instructions of SQLite's machine: of reading all agents, it does more."""


def work(town: Town, path: str) -> int:
    """How many instructions SQLite's machine does at most to answer a question, in one statement."""
    most = 0
    for statement in (one for one in statements(town, path) if one.sql.startswith("SELECT")):
        done = 0

        def count() -> None:
            nonlocal done
            done += 100

        with town.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.set_progress_handler(count, 100)
            connection.exec_driver_sql(statement.sql, statement.parameters).all()
            driver.set_progress_handler(None, 0)
        most = max(most, done)
    return most


def test_sqlite__without_its_indexes__is_found_out(on_sqlite: Town) -> None:
    [*_, asked] = statements(on_sqlite, search({"owner": OWNER}, Sort.FEEDBACK))
    with on_sqlite.engine.connect() as connection:
        assert scans(connection, asked) == []
        # Undone at the end. Every other one has its key, which begins with the chain.
        connection.exec_driver_sql("CREATE TABLE heap AS SELECT * FROM agents")
        without = asked._replace(sql=re.sub(r"\bFROM agents\b", "FROM heap AS agents", asked.sql))
        assert scans(connection, without) == ["SCAN agents"]


def scans(connection: Connection, statement: Statement) -> list[str]:
    """Where SQLite reads a large table from beginning to end without an index."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)
    named = "|".join(sorted(LARGE))
    return [one for _, _, _, one in plan if re.match(rf"SCAN ({named}|said_\w+|owned|approved)\b(?!.* INDEX)", one)]
