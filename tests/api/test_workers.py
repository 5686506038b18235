"""The workers of the queue, on real databases and servers: whatever changes or breaks meanwhile, what they keep ends as
the agents are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Engine, Row, func, select, text, update

from registry_api import facets, metrics, reputation
from registry_api.config import Settings
from registry_api.database import sole_writer
from registry_api.domains import WELL_KNOWN
from registry_api.errors import FatalError
from registry_api.fetching import Network
from registry_api.registration import GlobalId
from registry_api.source import Source
from registry_api.tables import agents, chains, files, queue, scores
from registry_api.tables import facets as facet_rows
from registry_api.workers import FIRST_RETRY, LAST_RETRY, SCORED_AT_ONCE, network_of, run_files, run_scores
from tests.api import web
from tests.api.following import index, source_of
from tests.api.person import wait_for
from tests.api.recorded import RecordedChain
from tests.api.web import Site
from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, REGISTRY_ADMIN, Registries
from tests.evm import CHAIN_ID

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
URL, PAGE = "https://agent.test/agent.json", "agent.test/agent.json"
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
DAY = 86_400


def content(name: str = "Polyglot", **fields: Any) -> bytes:
    return json.dumps({"type": TYPE, "name": name, **fields}).encode()


FILE = content()


@dataclass
class Town:
    """Agents on a chain that is indexed, with their files on a server."""

    registries: Registries
    engine: Engine
    site: Site
    chain: RecordedChain = field(init=False)
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        self.chain, self.source = RecordedChain(self.registries.evm), source_of(self.registries)
        self.chain.mine()

    def register(self, *uris: str) -> None:
        """Agents with these URIs, the first of a new town with id 1."""
        for uri in uris:
            self.registries.register(OWNER, uri)
        self.follow()

    def set_uri(self, agent_id: int, uri: str) -> None:
        self.registries.identity.setAgentURI(agent_id, uri, sender=OWNER)
        self.follow()

    def rate(self, agent_id: int, client: str = CLIENT, value: int = 80) -> None:
        self.registries.give_feedback(agent_id, client, value, tag1="starred")
        self.follow()

    def follow(self) -> None:
        """A block with all that happened, and the database at the head."""
        self.chain.mine()
        with self.engine.connect() as connection:
            index(connection, self.chain, self.source)

    def take_back(self) -> None:
        """Another block comes in place of the last one, with nothing in it."""
        self.chain.drop(1)
        self.follow()
        self.follow()

    def pass_time(self) -> None:
        """As long as it takes until all that waits is due."""
        with self.engine.begin() as connection:
            connection.execute(update(queue).values(due_time=0))

    def settings(self, **values: Any) -> Settings:
        return Settings(poll=0.05, file_seconds=30, **values)

    def fetch(self, network: Network | None = None, **settings: Any) -> None:
        """Whatever is due."""
        run_files(
            self.engine, self.settings(**settings), threading.Event(), once=True, network=network or self.site.network
        )

    def score(self) -> None:
        run_scores(self.engine, self.settings(), threading.Event(), once=True)

    def file(self, agent_id: int = 1) -> Row[Any] | None:
        """What is kept of an agent's file, if it is of the URI that the agent has."""
        query = select(files).join(agents, agents.c.agent_id == files.c.agent_id)
        with self.engine.begin() as connection:
            return connection.execute(
                query.where(files.c.agent_id == agent_id, files.c.uri_digest == agents.c.uri_digest)
            ).one_or_none()

    def document(self, agent_id: int = 1) -> dict[str, Any]:
        row = self.file(agent_id)
        assert row is not None
        found: dict[str, Any] = json.loads(row.document)
        return found

    def facets(self, agent_id: int = 1) -> set[int]:
        with self.engine.begin() as connection:
            return set(connection.scalars(select(facet_rows.c.facet).where(facet_rows.c.agent_id == agent_id)))

    def entries(self, kind: str = "file") -> list[Row[Any]]:
        with self.engine.begin() as connection:
            return list(connection.execute(select(queue).where(queue.c.kind == kind).order_by(queue.c.agent_id)))

    def count(self, column: Any) -> int:
        with self.engine.begin() as connection:
            return connection.scalars(select(func.count(column))).one()

    def scores(self) -> list[dict[str, Any]]:
        with self.engine.begin() as connection:
            return [dict(row) for row in connection.execute(select(scores).order_by(scores.c.agent_id)).mappings()]

    def scores_now(self, *agent_ids: int) -> list[dict[str, Any]]:
        """What the scores of agents should be."""
        with self.engine.begin() as connection:
            policy = self.settings().policy
            return [row for one in agent_ids for row in reputation.scored_rows(connection, CHAIN_ID, one, policy)]

    def blocked(self) -> list[int]:
        """Connections to PostgreSQL that wait for another."""
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        with self.engine.begin() as connection:
            return list(connection.scalars(text(waiting)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return web.certificate(tmp_path_factory.mktemp("tls"), "agent.test", "*.agent.test")


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    with web.serve(certificate) as running:
        running.pages[PAGE] = web.body(FILE)
        yield running


@pytest.fixture
def town(registries: Registries, engine: Engine, site: Site) -> Town:
    return Town(registries, engine, site)


@pytest.fixture
def postgresql_town(registries: Registries, postgresql_engine: Engine, site: Site) -> Town:
    return Town(registries, postgresql_engine, site)


class Gate:
    """A page that is answered when a test says so."""

    def __init__(self, then: web.Page) -> None:
        self.asked, self.opened, self._then = threading.Event(), threading.Event(), then

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.set()
        self.opened.wait(timeout=30)
        self._then(handler)


@contextlib.contextmanager
def meanwhile(work: Callable[..., None], *arguments: Any, **options: Any) -> Iterator[Future[None]]:
    """Something goes on in the block, and has to come to its end after it."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work, *arguments, **options)
        yield running
        running.result(timeout=30)


@contextlib.contextmanager
def held_up(town: Town, table: str, mode: str, work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """Something has to wait for a table in the block, which begins when it does, and goes on after it."""
    with town.engine.connect() as other:
        other.execute(text(f"LOCK TABLE {table} IN {mode} MODE"))
        with meanwhile(work, *arguments):
            try:
                wait_for(town.blocked)
                yield
            finally:
                for stop in arguments:
                    if isinstance(stop, threading.Event):
                        stop.set()
                other.rollback()


def data_uri(file: bytes) -> str:
    return f"data:application/json,{quote(file)}"


def looked_at(state: str) -> float:
    """How many files were, with this outcome."""
    return metrics.REGISTRY.get_sample_value("registry_api_files_fetched_total", {"state": state}) or 0.0


# WHAT BECOMES OF A URI


def test_run_files__given_a_file__keeps_it_and_looks_again_after_a_while(town: Town) -> None:
    town.register(URL)
    before = looked_at("valid")
    town.fetch(file_refresh=1_000)
    assert looked_at("valid") == before + 1
    row = town.file()
    assert row is not None
    assert (row.state, row.content, row.content_hash) == ("valid", FILE, keccak(FILE))
    assert town.document()["name"] == "Polyglot"
    assert town.facets() == {facets.facet("word", "polyglot"), facets.of_state("valid")}
    [entry] = town.entries()
    assert (entry.failures, entry.due_time) == (0, pytest.approx(time.time() + 1_000, abs=60))


def test_run_files__given_no_registration_file__says_so_and_looks_again(town: Town) -> None:
    town.site.pages[PAGE] = web.body(b"<html>\0")
    town.register(URL)
    town.fetch()
    row = town.file()
    assert row is not None
    assert (row.state, row.content) == ("invalid", b"<html>\0")
    assert town.facets() == {facets.of_state("invalid")}
    assert [entry.due_time for entry in town.entries()] == [pytest.approx(time.time() + DAY, abs=60)]


def test_run_files__given_no_answer__tries_again_ever_more_rarely(town: Town) -> None:
    del town.site.pages[PAGE]
    town.register(URL)
    before = looked_at("unreachable")
    for failures in range(1, 15):
        town.pass_time()
        town.fetch()
        assert looked_at("unreachable") == before + failures
        [entry] = town.entries()
        longest = min(LAST_RETRY, FIRST_RETRY * 2**failures)
        assert entry.failures == failures
        assert longest // 2 - 5 <= entry.due_time - time.time() <= longest
    row = town.file()
    assert row is not None
    assert (row.state, row.content, row.content_hash) == ("unreachable", None, None)
    assert town.facets() == {facets.of_state("unreachable")}


def test_run_files__given_an_answer_after_failures__forgets_them(town: Town) -> None:
    del town.site.pages[PAGE]
    town.register(URL)
    town.fetch()
    town.site.pages[PAGE] = web.body(FILE)
    town.pass_time()
    town.fetch()
    assert town.document()["state"] == "valid"
    assert [entry.failures for entry in town.entries()] == [0]


def test_run_files__given_a_server_that_went_away__shows_what_was_read(town: Town) -> None:
    town.register(URL)
    town.fetch()
    before = town.document()
    del town.site.pages[PAGE]
    town.pass_time()
    town.fetch()
    row, after = town.file(), town.document()
    assert row is not None
    assert (row.content, row.fetched_time, row.state) == (FILE, before["fetched_time"], "unreachable")
    assert {name: after[name] for name in ("name", "content_hash", "fetched_time")} == {
        name: before[name] for name in ("name", "content_hash", "fetched_time")
    }
    assert town.facets() == {facets.facet("word", "polyglot"), facets.of_state("unreachable")}
    assert [entry.failures for entry in town.entries()] == [1]


def test_run_files__given_a_server_that_went_away__shows_nothing_of_another_uri(town: Town) -> None:
    town.register(URL)
    town.fetch()
    town.set_uri(1, "https://agent.test/gone.json")
    town.fetch()
    document = town.document()
    assert (document["state"], document["name"], document["fetched_time"]) == ("unreachable", None, None)
    assert town.facets() == {facets.of_state("unreachable")}


def test_run_files__given_another_content__shows_it(town: Town) -> None:
    town.register(URL)
    town.fetch()
    town.site.pages[PAGE] = web.body(content("Renamed", active=True))
    town.pass_time()
    town.fetch()
    assert town.document()["name"] == "Renamed"
    assert town.facets() == {
        facets.facet("word", "renamed"),
        facets.flag("active", True),
        facets.of_state("valid"),
    }


@pytest.mark.parametrize("uri", [data_uri(FILE), "data:,<html>", "data:text/html,x", "ar://agent", "agent"])
def test_run_files__given_a_uri_that_says_all__never_looks_again(town: Town, uri: str) -> None:
    town.register(uri)
    town.fetch()
    assert town.file() is not None
    assert town.entries() == []


def test_run_files__given_ipfs__asks_the_gateway_once(town: Town) -> None:
    town.site.pages[f"gateway.agent.test/base/ipfs/{CID}"] = web.body(FILE)
    town.register(f"ipfs://{CID}")
    network = replace(town.site.network, gateway="https://gateway.agent.test/base/")
    town.fetch(network)
    assert (town.document()["state"], town.entries()) == ("valid", [])


def test_run_files__given_immutable_content_with_domains__asks_only_them_again(town: Town) -> None:
    """An agent knows its id only after it has registered: by then its file is written, and its domain's is not."""
    town.register(data_uri(content(services=[{"name": "web", "endpoint": "https://agent.test/"}])))
    town.fetch(file_refresh=1_000)
    assert [proof["proven"] for proof in town.document()["domains"]] == [False]
    agent = GlobalId.on(CHAIN_ID, town.source.identity, 1)
    back = {"agentId": 1, "agentRegistry": agent.agent_registry}
    town.site.pages[f"agent.test{WELL_KNOWN}"] = web.body(json.dumps({"registrations": [back]}).encode())
    town.pass_time()
    town.fetch(file_refresh=1_000)
    assert [proof["proven"] for proof in town.document()["domains"]] == [True]
    assert [entry.due_time for entry in town.entries()] == [pytest.approx(time.time() + 1_000, abs=60)]


@pytest.mark.parametrize("base", ["", "https://registry.test"])
def test_run_files__given_the_auto_uri__forgets_the_file(town: Town, base: str) -> None:
    if base:
        town.registries.identity.setBaseURI(base, sender=REGISTRY_ADMIN)
    town.register(URL)
    town.fetch()
    town.set_uri(1, "")
    town.fetch()
    assert [town.count(column) for column in (files.c.agent_id, facet_rows.c.agent_id, queue.c.agent_id)] == [0] * 3
    assert len(town.site.requests) == 1


def test_run_files__of_several_chains__takes_each_agent_for_its_own(town: Town) -> None:
    agent = GlobalId.on(CHAIN_ID, town.source.identity, 1)
    back = {"agentId": 1, "agentRegistry": agent.agent_registry}
    town.site.pages[PAGE] = web.body(content(registrations=[back]))
    town.register(URL)
    with town.engine.connect() as connection:
        index(connection, town.chain, replace(town.source, chain_id=5))
    town.fetch(files_at_once=1)
    with town.engine.begin() as connection:
        found = connection.execute(select(files.c.chain_id, files.c.document).order_by(files.c.chain_id)).all()
    assert [(chain_id, json.loads(document)["lists_agent"]) for chain_id, document in found] == [
        (5, False),
        (CHAIN_ID, True),
    ]


def test_run_files__given_private_addresses__fetches_from_them_only_if_they_are_allowed(town: Town) -> None:
    with web.serve(None) as local:
        uri = f"http://127.0.0.1:{local.port}/agent.json"
        local.pages[uri.removeprefix("http://")] = web.body(FILE)
        town.register(uri, f"https://127.0.0.1:{local.port}/agent.json", "https://127.0.0.1/agent.json")
        town.fetch(network_of(town.settings()))
        reasons = [[reason["code"] for reason in town.document(agent_id)["reasons"]] for agent_id in (1, 2, 3)]
        assert reasons == [["unsupported-scheme"], ["forbidden-port"], ["forbidden-address"]]
        assert local.requests == []
        town.pass_time()
        town.fetch(network_of(town.settings(allow_private_addresses=True)))
    assert town.document()["state"] == "valid"


# WHAT HAPPENS MEANWHILE


def test_run_files__given_a_uri_that_changes_while_it_is_fetched__keeps_the_new_one_only(town: Town) -> None:
    gate = Gate(web.body(content("Old")))
    town.site.pages |= {PAGE: gate, "agent.test/new.json": web.body(content("New"))}
    town.register(URL)
    with meanwhile(town.fetch):
        assert gate.asked.wait(timeout=30)
        town.set_uri(1, "https://agent.test/new.json")
        gate.opened.set()
    assert town.document()["name"] == "New"
    assert facets.facet("word", "old") not in town.facets()
    assert [entry.due_time > time.time() for entry in town.entries()] == [True]


def test_run_files__given_a_uri_that_is_being_changed__waits_to_see(postgresql_town: Town) -> None:
    """It must not fetch the old one over and over until the indexer has committed."""
    town, gate = postgresql_town, Gate(web.body(FILE))
    town.site.pages[PAGE] = gate
    town.register(URL)
    with meanwhile(town.fetch):
        assert gate.asked.wait(timeout=30)
        with town.engine.begin() as indexer:
            indexer.execute(update(queue).values(ticket=1))
            gate.opened.set()
            wait_for(town.blocked)
            assert len(town.site.requests) == 1
    assert len(town.site.requests) == 2


def test_run_files__given_an_agent_that_vanishes_while_it_is_looked_at__keeps_nothing(town: Town) -> None:
    gate = Gate(web.body(FILE))
    town.site.pages[PAGE] = gate
    town.register(URL)
    with meanwhile(town.fetch):
        assert gate.asked.wait(timeout=30)
        town.take_back()
        gate.opened.set()
    assert [town.count(column) for column in (files.c.agent_id, facet_rows.c.agent_id, queue.c.agent_id)] == [0] * 3


def test_run_files__given_an_agent_that_has_vanished__forgets_its_file(town: Town) -> None:
    town.register(URL)
    town.fetch()
    town.take_back()
    town.fetch()
    assert [town.count(column) for column in (files.c.agent_id, facet_rows.c.agent_id, queue.c.agent_id)] == [0] * 3


def test_run_files__given_a_reorganisation_that_brings_an_old_uri_back__has_its_file(town: Town) -> None:
    town.site.pages["agent.test/new.json"] = web.body(content("New"))
    town.register(URL)
    town.fetch()
    town.set_uri(1, "https://agent.test/new.json")
    town.fetch()
    assert town.document()["name"] == "New"
    town.take_back()
    assert town.file() is None
    town.fetch()
    assert town.document()["name"] == "Polyglot"
    assert facets.facet("word", "new") not in town.facets()


# MANY


def test_run_files__given_hundreds_of_agents__looks_at_each_once(town: Town) -> None:
    with web.serve(None) as local:
        paths = [f"127.0.0.1:{local.port}/{number}" for number in range(300)]
        local.pages = dict.fromkeys(paths, web.body(FILE))
        town.register(*(f"http://{path}" for path in paths))
        town.fetch(network_of(town.settings(allow_private_addresses=True)))
        assert sorted(f"{one.host}{one.path}" for one in local.requests) == sorted(paths)
    with town.engine.begin() as connection:
        assert connection.execute(select(files.c.state, func.count()).group_by("state")).all() == [("valid", 300)]


def test_run_files__given_many_agents__looks_at_as_many_at_once_as_allowed(town: Town) -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    # Three have to be there together, and stay long enough for others to come if they may.
    answer = web.together(3, web.late(0.2, web.body(FILE)))

    def page(handler: BaseHTTPRequestHandler) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        answer(handler)
        with lock:
            at_once -= 1

    town.site.pages[PAGE] = page
    town.register(*[URL] * 9)
    town.fetch(files_at_once=3)
    assert town.count(files.c.agent_id) == 9
    assert most == 3


def test_run_files__given_a_server_that_lets_it_wait__goes_on_with_the_others(town: Town) -> None:
    gate = Gate(web.body(FILE))
    town.site.pages["agent.test/slow.json"] = gate
    town.register("https://agent.test/slow.json", *[URL] * 9)
    with meanwhile(town.fetch, files_at_once=2):
        wait_for(lambda: town.count(files.c.agent_id) == 9)
        assert town.file() is None
        gate.opened.set()
    assert town.file() is not None


def test_run_files__given_names_that_are_looked_up_for_ever__goes_on_with_the_others(town: Town) -> None:
    gate = threading.Event()

    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        """In a thread, as the system's own."""
        if host != "agent.test":
            await asyncio.to_thread(gate.wait, 30)
        return await town.site.resolve(host, port)

    town.register(*(f"https://{number}.agent.test/" for number in range(40)), URL)
    with meanwhile(town.fetch, replace(town.site.network, resolve=resolve), files_at_once=50):
        wait_for(lambda: town.file(41))
        gate.set()
    assert town.count(files.c.agent_id) == 41


def test_run_files__given_what_nobody_thought_of__puts_it_off_and_goes_on(town: Town) -> None:
    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        if host == "broken.agent.test":
            raise RuntimeError("the resolver has a bug")
        return await town.site.resolve(host, port)

    town.register("https://broken.agent.test/", URL)
    town.fetch(replace(town.site.network, resolve=resolve))
    assert (town.file(1), town.document(2)["state"]) == (None, "valid")
    assert [entry.failures for entry in town.entries()] == [1, 0]
    assert all(entry.due_time > time.time() for entry in town.entries())


# INTERRUPTIONS


def test_run_files__when_it_is_stopped__leaves_to_the_next_what_was_not_done(town: Town) -> None:
    gate, stop = Gate(web.body(FILE)), threading.Event()
    town.site.pages["agent.test/slow.json"] = gate
    town.register("https://agent.test/slow.json", URL)
    with meanwhile(run_files, town.engine, town.settings(), stop, network=town.site.network):
        wait_for(lambda: town.file(2) is not None and gate.asked.is_set())
        stop.set()
    assert town.file(1) is None
    assert next(entry.agent_id for entry in town.entries() if entry.due_time <= time.time()) == 1
    gate.opened.set()
    town.fetch()
    assert town.document(1)["state"] == "valid"


def test_run_files__when_its_connection_is_killed_in_a_transaction__leaves_nothing_half_done_and_goes_on(
    postgresql_town: Town,
) -> None:
    town = postgresql_town
    town.register(URL)
    with held_up(town, "facets", "ACCESS EXCLUSIVE", town.fetch), town.engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": town.blocked()[0]})
        assert (town.file(), [entry.failures for entry in town.entries()]) == (None, [0])
    assert town.document()["state"] == "valid"
    assert town.facets()


def test_run_files__given_another_worker__waits_until_it_is_gone(town: Town) -> None:
    town.register(URL)
    with town.engine.connect() as connection, contextlib.ExitStack() as stack:
        stack.enter_context(sole_writer(connection, "file"))
        with meanwhile(town.fetch) as running:
            with pytest.raises(TimeoutError):
                running.result(timeout=0.5)
            assert town.file() is None
            stack.close()
    assert town.file() is not None


def test_run_files__given_a_database_of_another_form__ends(postgresql_town: Town) -> None:
    town = postgresql_town
    with town.engine.begin() as connection:
        files.drop(connection)
    town.register(URL)
    with pytest.raises(FatalError, match="files"):
        town.fetch()


# SCORES


def test_run_scores__given_feedback__keeps_the_scores_as_of_the_block(town: Town) -> None:
    town.register("", "")
    town.rate(1)
    town.rate(2, OTHER_CLIENT, 10)
    town.score()
    assert town.scores() == town.scores_now(1, 2)
    assert [row["agent_id"] for row in town.scores()] == [1, 2]
    with town.engine.begin() as connection:
        block = connection.scalars(select(chains.c.block)).one()
    assert {row["block"] for row in town.scores()} == {block}
    assert town.entries("score") == []


def test_run_scores__given_more_feedback__replaces_the_scores_of_that_agent(town: Town) -> None:
    town.register("", "")
    town.rate(1)
    town.rate(2)
    town.score()
    before = town.scores()
    town.rate(1, OTHER_CLIENT, 0)
    town.score()
    assert town.scores() == [*town.scores_now(1), before[1]]
    assert town.scores()[0] != before[0]


def test_run_scores__given_an_agent_that_has_vanished__forgets_its_scores(town: Town) -> None:
    town.registries.register(OWNER)
    town.rate(1)
    town.score()
    assert town.count(scores.c.agent_id) == 1
    town.take_back()
    town.score()
    assert [town.count(column) for column in (scores.c.agent_id, queue.c.agent_id)] == [0, 0]


def test_run_scores__given_more_than_go_into_a_transaction__scores_all(town: Town) -> None:
    count = 2 * SCORED_AT_ONCE + 1
    for agent_id in range(1, count + 1):
        town.registries.register(OWNER)
        town.registries.give_feedback(agent_id, CLIENT, 80, tag1="starred")
    town.follow()
    town.score()
    assert [row["agent_id"] for row in town.scores()] == list(range(1, count + 1))
    assert town.entries("score") == []


def test_run_scores__given_feedback_while_it_computes__computes_again(postgresql_town: Town) -> None:
    town = postgresql_town
    town.register("", "")
    town.rate(1)
    town.rate(2)
    with held_up(town, "scores", "EXCLUSIVE", town.score):
        town.rate(1, OTHER_CLIENT, 0)
    assert town.scores()[0] == town.scores_now(1)[0]


def test_run_scores__given_an_entry_that_is_being_changed__does_not_wait_for_it(postgresql_town: Town) -> None:
    """Who waits for one entry with others in hand would keep the indexer waiting for those: a deadlock."""
    town = postgresql_town
    town.register("", "")
    town.rate(1)
    town.rate(2)
    with town.engine.begin() as indexer:
        indexer.execute(update(queue).where(queue.c.agent_id == 1, queue.c.kind == "score").values(ticket=1))
        with meanwhile(run_scores, town.engine, town.settings(), stop := threading.Event()):
            wait_for(lambda: [entry.agent_id for entry in town.entries("score")] == [1])
            stop.set()
            # Alone, it may be waited for: nobody waits for the worker.
            indexer.commit()
    town.score()
    assert town.entries("score") == []


def test_run_scores__given_feedback_while_it_reads__is_as_of_one_block(postgresql_town: Town) -> None:
    town, stop = postgresql_town, threading.Event()
    town.register("")
    town.rate(1)
    before = town.scores_now(1)
    # It reads this table after the block and before the feedback, and the indexer does not need it.
    with held_up(town, "operators", "ACCESS EXCLUSIVE", run_scores, town.engine, town.settings(), stop):
        town.rate(1, OTHER_CLIENT, 0)
    assert town.scores() == before
