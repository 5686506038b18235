"""Searches for agents, held against the model and the files: whatever is combined, what Python's own filter finds."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection, insert

from registry_api import bulk, searches
from registry_api.files import Copy, File, Reason, save
from registry_api.pages import to_cursor
from registry_api.policy import Policy
from registry_api.registration import parse
from registry_api.reputation import scored_rows
from registry_api.routes import agents as routes
from registry_api.score import Level
from registry_api.searches import Search, Sort
from registry_api.tables import digest, scores
from tests.api.agreement import stored
from tests.api.following import index, source_of
from tests.api.serving import API, IDENTITY, URIS, Village, go_on, open_chronicle, rate, serving
from tests.deployment import BUYER, CLIENT, OPERATOR, OTHER_CLIENT, OWNER, WALLET, Registries
from tests.evm import CHAIN_ID
from tests.model.identity import Agent
from tests.model.reputation import Feedback
from tests.stateful.call import Call
from tests.stateful.machine import in_process_stage

# With these, a few ratings make every level.
POLICY = Policy(minimum_evidence=Decimal("0.6"), thin_limit=Decimal("0.5"), young_seconds=0, z=Decimal("0.5"))
STEPS = 150
SEARCHES = 80
TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
NOBODY = "0x" + "ab" * 20


# -------------------------------------------------------------------------------------------------------------- a world


def valid(**fields: Any) -> File:
    content = json.dumps({"type": TYPE, **fields}).encode()
    return File("valid", (), 2, Copy(content, keccak(content), 1), parse(content), None, ())


def service(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "endpoint": "https://agent.example/", **fields}


OASF = service("oasf", skills=["nlp/Translation", "ai"], domains=["tech/finance"])
TRANSLATOR = valid(
    name="Polyglot Translator",
    description="Translates ﬁne texts",
    services=[service("MCP"), service("a2a")],
    supportedTrust=["reputation", "crypto-economic"],
    active=True,
    x402Support=True,
)
FILES = (
    TRANSLATOR,
    valid(name="Übersetzer", description="fine & cheap", services=[OASF, service("mcp")], active=False),
    valid(name="مترجم <b>bold</b> '; DROP TABLE agents", services=[service("Oracle")], supportedTrust=["Reputation"]),
    valid(name="polyglot", x402Support=False, active=True),
    File("invalid", (Reason("invalid-file", "", "must be JSON: {"),), 2, Copy(b"{", keccak(b"{"), 2), None, None, ()),
    File("unreachable", (Reason("timeout", None, "no answer"),), 3, TRANSLATOR.copy, TRANSLATOR.registration, None, ()),
    File("unreachable", (Reason("timeout", None, "no answer"),), 3, None, None, None, ()),
)


@dataclass
class Known:
    """An agent as the model and the files have it.

    :ivar groups: the values of its live feedback, by tags and decimals
    :ivar levels: of the same groups
    :ivar file: of its present URI
    """

    agent_id: int
    agent: Agent
    base: str
    registered: int = 0
    updated: int = 0
    feedback: int = 0
    validations: int = 0
    groups: dict[tuple[str, str, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    levels: dict[tuple[str, str, int], str | None] = field(default_factory=dict)
    file: File | None = None

    def says(self, kind: str) -> set[str]:
        """What its file names, folded."""
        registration = self.file and self.file.registration
        if not registration:
            return set()
        services = registration.services
        named: dict[str, Any] = {
            "service": [one.kind for one in services],
            "skill": [skill for one in services for skill in one.skills],
            "domain": [domain for one in services for domain in one.domains],
            "trust": registration.supported_trust,
            "text": words(f"{registration.name} {registration.description or ''}"),
        }
        return {folded(name) for name in named[kind]}

    def names(self, kind: str, wanted: list[str]) -> bool:
        return {folded(name) for name in wanted} <= self.says(kind)

    def flag(self, name: str) -> bool | None:
        registration = self.file and self.file.registration
        return getattr(registration, name) if registration else None

    @property
    def state(self) -> str:
        if not self.agent.uri:
            return "generated" if self.base else "none"
        return self.file.state if self.file else "not_fetched"


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str) -> list[str]:
    return re.findall(r"\w+", folded(text))


class World:
    """A random history, the files of some agents, and their scores: in a database, and as Python has it."""

    def __init__(self, random: Random, connection: Connection) -> None:
        self.random, self.connection = random, connection
        self.story = open_chronicle(random)
        self.source = source_of(self.story.stage.registries)
        self.saved: dict[int, tuple[str, File]] = {}
        self._follow()
        self._save_files()
        # URIs change after their files were read.
        for agent_id in list(self.saved)[-2:]:
            owner = self.model.owner_of(agent_id)
            self.story.play(Call(owner, IDENTITY, "setAgentURI", (agent_id, "https://agents.example/other.json")))
        self.story.play(Call(BUYER, IDENTITY, "setApprovalForAll", (WALLET, True)))
        self.story.play(Call(self.model.owner_of(3), IDENTITY, "approve", (OPERATOR, 3)))
        go_on(self.story, random, STEPS)
        for _ in range(20):
            rate(self.story, random)
        self._follow()
        self.levels = self._score()
        self.known = self._look()

    @property
    def model(self) -> Any:
        return self.story.model.identity

    def _follow(self) -> None:
        self.story.mine()
        index(self.connection, self.story.chain, self.source)

    def _save_files(self) -> None:
        files = itertools.cycle(FILES)
        with self.connection.begin():
            for agent_id, agent in self.model.agents.items():
                if agent.uri and agent_id % 5:
                    self.saved[agent_id] = agent.uri, next(files)
                    save(self.connection, CHAIN_ID, agent_id, digest(stored(agent.uri)), self.saved[agent_id][1])

    def _score(self) -> dict[tuple[int, bytes], str | None]:
        with self.connection.begin():
            rows = [row for one in self.model.agents for row in scored_rows(self.connection, CHAIN_ID, one, POLICY)]
            bulk.add(self.connection, scores, rows)
        return {(row["agent_id"], row["scale"]): row["level"] for row in rows}

    def _look(self) -> list[Known]:
        known = {agent_id: Known(agent_id, agent, self.model.base) for agent_id, agent in self.model.agents.items()}
        for name, values, _, _, time in self.story.told:
            if name == "Registered":
                known[values[0]].registered = time
            if name in {"Registered", "URIUpdated", "AgentURICleared", "MetadataSet"}:
                known[values[0]].updated = time
            elif name in {"Transfer", "Approval"}:
                known[values[2]].updated = time
        for agent_id, ledgers in self.story.model.reputation.ledgers.items():
            self._rate(known[agent_id], [entry for ledger in ledgers.values() for entry in ledger.entries])
        for request in self.story.model.validation.requests.values():
            known[request.agent_id].validations += 1
        for agent_id, (uri, file) in self.saved.items():
            if known[agent_id].agent.uri == uri:
                known[agent_id].file = file
        return list(known.values())

    def _rate(self, one: Known, entries: list[Feedback]) -> None:
        one.feedback = len(entries)
        for entry in entries:
            one.groups[stored(entry.tag1), stored(entry.tag2), entry.decimals] += [] if entry.revoked else [entry.value]
        one.levels = {group: self.levels.get((one.agent_id, digest(*group))) for group in one.groups}

    # ---- What is found

    def found(self, asked: dict[str, Any]) -> list[int]:
        """The agents of which all that is asked is true, in the order that is asked for."""
        filters = {name: value for name, value in asked.items() if name not in {"sort", "limit", "count"}}
        found = [one for one in self.known if self._fits(one, filters)]
        sort = asked.get("sort", "agent_id")
        by: dict[str, Callable[[Known], int]] = {
            "agent_id": lambda one: one.agent_id,
            "registered": lambda one: one.registered,
            "updated": lambda one: one.updated,
            "feedback": lambda one: one.feedback,
        }
        key = by[sort.removeprefix("-")]
        found.sort(key=lambda one: (key(one), one.agent_id), reverse=sort.startswith("-"))
        return [one.agent_id for one in found]

    def _fits(self, one: Known, asked: dict[str, Any]) -> bool:
        if {"tag", "trust_level"} & asked.keys() and not any(self._has_group(one, asked)):
            return False
        metadata = {stored(key): value for key, value in one.agent.metadata.items()}
        is_true: dict[str, Callable[[Any], bool]] = {
            "owner": lambda value: one.agent.owner == value,
            "operator": lambda value: self._operates(value, one),
            "wallet": lambda value: one.agent.wallet == value,
            "text": lambda value: set(words(value)) <= one.says("text"),
            **{kind: partial(one.names, kind) for kind in ("service", "skill", "domain", "trust")},
            "active": lambda value: one.flag("active") is value,
            "x402": lambda value: one.flag("x402_support") is value,
            "file": lambda value: one.state == value,
            "metadata_key": lambda value: value in metadata,
            "metadata_value": lambda value: metadata.get(asked["metadata_key"]) == value,
            "registered_after": lambda value: one.registered >= seconds(value),
            "registered_before": lambda value: one.registered < seconds(value),
            "updated_after": lambda value: one.updated >= seconds(value),
            "updated_before": lambda value: one.updated < seconds(value),
            "has_feedback": lambda value: (one.feedback > 0) is value,
            "has_validation": lambda value: (one.validations > 0) is value,
        }
        return all(is_true[name](value) for name, value in asked.items() if name not in OF_GROUPS)

    def _operates(self, account: str, one: Known) -> bool:
        approved: bool = self.model.is_approved_for_all(one.agent.owner, account)
        return approved or self.model.get_approved(one.agent_id) == account

    def _has_group(self, one: Known, asked: dict[str, Any]) -> Iterator[bool]:
        for (tag1, tag2, decimals), values in one.groups.items():
            average = Fraction(sum(values), max(1, len(values)) * 10**decimals)
            yield (
                tag1 == asked.get("tag", "starred")
                and asked.get("tag2", tag2) == tag2
                and len(values) >= asked.get("min_count", 1)
                and ("min_score" not in asked or float(average) >= asked["min_score"])
                and ("trust_level" not in asked or one.levels[tag1, tag2, decimals] in asked["trust_level"])
            )

    # ---- What may be asked

    def questions(self) -> dict[str, list[dict[str, Any]]]:
        """For each filter, what to ask with it: of what there is, and of what there is not."""
        accounts = [*map(str, self.story.stage.accounts), NOBODY]
        tags = ["starred", "uptime", "week", "Starred", "", "\\x00", "none"]
        keys = ["key", "", "other key", "🗝", "none"]
        times = sorted({one.registered for one in self.known} | {one.updated for one in self.known})
        moments: list[Any] = [times[0], times[-1], *self.random.sample(times, min(3, len(times))), times[-1] + 1, 0]
        moments += [datetime.fromtimestamp(times[0], timezone(timedelta(hours=3))), times[0] + 0.5]
        scale = [group for one in self.known for group in one.groups]
        return {
            **{name: [{name: one} for one in accounts] for name in ("owner", "operator", "wallet")},
            "text": [
                {"text": text}
                for text in (
                    "polyglot",
                    "POLYGLOT translator",
                    "fine",
                    "ﬁne texts",
                    "übersetzer",
                    "مترجم",
                    "b",
                    "trans",
                )
            ],
            "service": [{"service": one} for one in (["MCP"], ["mcp", "A2A"], ["oasf"], ["web"], ["MCP", "Oracle"])],
            "skill": [{"skill": one} for one in (["nlp/translation"], ["ai", "nlp/Translation"], ["nlp"])],
            "domain": [{"domain": one} for one in (["tech/finance"], ["TECH/FINANCE"], ["tech"])],
            "trust": [{"trust": one} for one in (["reputation"], ["reputation", "crypto-economic"], ["tee"])],
            "file": [{"file": one} for one in searches.FileState],
            "metadata_key": [{"metadata_key": key} for key in keys],
            "metadata_value": [
                {"metadata_key": key, "metadata_value": value}
                for key in keys
                for value in (b"value", b"\0", b"\x80\xff", b"v" * 31, b"")
            ],
            "tag": [{"tag": tag} for tag in tags],
            "tag2": [{"tag": tag1, "tag2": tag2} for tag1, tag2, _ in (*scale[:20], ("starred", "none", 0))],
            "min_score": [{"tag": tag, "min_score": one} for tag in tags for one in (-1.5, 0, 50, 87.3, 1e300)],
            "min_count": [{"tag": tag, "min_count": one} for tag in tags for one in (1, 2, 3, 2**63 - 1)],
            "trust_level": [
                *({"trust_level": [level.value]} for level in Level),
                {"trust_level": ["good", "excellent"], "tag": "uptime"},
                {"trust_level": [level.value for level in Level], "tag2": "day", "tag": "starred"},
                {"trust_level": ["new"], "tag": "none"},
            ],
            **{
                f"{name}_{side}": [{f"{name}_{side}": moment} for moment in moments]
                for name in ("registered", "updated")
                for side in ("after", "before")
            },
            **{name: [{name: True}, {name: False}] for name in FLAGS},
        }


FLAGS = ("active", "x402", "has_feedback", "has_validation")
OF_GROUPS = {"tag", "tag2", "min_score", "min_count", "trust_level"}


def seconds(moment: float | datetime) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else moment


def given(asked: dict[str, Any]) -> dict[str, Any]:
    """As parameters of a URL."""

    def written(value: Any) -> Any:
        if isinstance(value, bytes):
            return f"0x{value.hex()}"
        return value.isoformat() if isinstance(value, datetime) else value

    return {name: written(value) for name, value in asked.items()}


def ids(page: list[dict[str, Any]]) -> list[int]:
    return [one["agent_id"] for one in page]


@pytest.fixture
def seed() -> int:
    return 0


@pytest.fixture
def world(connection: Connection, seed: int) -> Iterator[World]:
    with in_process_stage().registries.evm.rolled_back():
        yield World(Random(seed), connection)


@pytest.fixture
def api(world: World, database_url: str) -> Iterator[API]:
    with serving(database_url, world.source, policy=POLICY) as api:
        yield api


# ------------------------------------------------------------------------------------------------------------ the model


@pytest.mark.parametrize("seed", range(2))
def test_search__by_anything__finds_what_the_model_has(world: World, api: API) -> None:
    """By each filter alone, with what finds some agents and what finds none; and by several at random."""
    questions = world.questions()
    assert {name for one in questions.values() for asked in one for name in asked} == set(Search.model_fields) - {
        *("sort", "limit", "cursor", "count")
    }
    for name, all_asked in questions.items():
        counts = []
        for asked in all_asked:
            expected = world.found(asked)
            assert ids(api.data("/agents", limit=100, **given(asked))) == expected, asked
            counts.append(len(expected))
        assert max(counts) > 0, name
        # What is either true or false of agents leaves out some, either way.
        assert min(counts) == 0 or (name in FLAGS and max(counts) < len(world.known)), name
    random = world.random
    for _ in range(SEARCHES):
        asked = {}
        for name in random.sample(list(questions), random.choice((0, 1, 2, 2, 3, 4))):
            asked |= random.choice(questions[name])
        asked |= {"sort": random.choice(list(Sort)).value, "limit": random.randint(1, 12)}
        expected = world.found(asked)
        assert ids(api.pages("/agents", **given(asked))) == expected, asked
        counted = api.get("/agents", count=True, **given(asked))
        assert counted["total"] == {"count": len(expected), "exact": True}


def test_search__on_a_later_page__counts_all_pages(world: World, api: API) -> None:
    first = api.get("/agents", limit=2)
    assert first["total"] is None
    later = api.get("/agents", limit=2, count=True, cursor=first["next"])
    assert later["total"] == {"count": len(world.known), "exact": True}
    assert api.get("/agents", limit=100)["total"] == later["total"]


def test_search__with_more_than_are_counted__says_so(world: World, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, most, exact in ((1, len(world.known), True), (2, len(world.known) - 1, False)):
        for module in (searches, routes):
            monkeypatch.setattr(module, "MAX_COUNT", most)
        searches.count_statement.cache_clear()
        assert api.get("/agents", limit=limit, count=True)["total"] == {"count": most, "exact": exact}
    searches.count_statement.cache_clear()


def test_agents__one_by_one_and_in_a_batch__are_as_found(world: World, api: API) -> None:
    everything = api.data("/agents", limit=100)
    assert everything == [api.data(f"/agents/{one.agent_id}") for one in world.known]
    asked = [one.agent_id for one in world.known]
    world.random.shuffle(asked)
    batch = api.data("/agents/batch", id=[asked[0], 2**63, *asked, 2**256 - 1, 10**6])
    assert batch == [everything[agent_id - 1] for agent_id in asked]


def test_agent__of_any_history__is_as_the_model_has_it(world: World, api: API) -> None:
    story = world.story
    head = api.get("/agents")["at"]
    assert head["block"] == story.chain.head()
    for one in world.known:
        agent, found = one.agent, api.data(f"/agents/{one.agent_id}")
        entries = [
            entry
            for ledger in story.model.reputation.ledgers.get(one.agent_id, {}).values()
            for entry in ledger.entries
        ]
        requests = [each for each in story.model.validation.requests.values() if each.agent_id == one.agent_id]
        [registered] = [event for event in story.named("Registered") if event.values[0] == one.agent_id]
        changed = max(event.block for event in story.told if touches(event.name, event.values, one.agent_id))
        file = found.pop("file")
        assert found == {
            "agent_id": one.agent_id,
            "owner": agent.owner,
            "approved": or_none(agent.approved),
            "wallet": or_none(agent.wallet),
            "uri": stored(agent.uri) or None,
            "auto_uri": f"{stored(one.base)}/{one.agent_id}/registration" if one.base and not agent.uri else None,
            "ownership_epoch": agent.epoch,
            "registered": {
                "block": registered.block,
                "time": registered.time,
                "transaction": story.transaction(registered.block),
            },
            "updated_time": one.updated,
            "feedback": {
                "count": len(entries),
                "revoked": sum(entry.revoked for entry in entries),
                "clients": len(story.model.reputation.get_clients(one.agent_id)),
                "responses": sum(entry.responses.total() for entry in entries),
                "last_time": max((entry.time for entry in entries), default=None),
            },
            "validations": {"requested": len(requests), "answered": sum(not each.pending for each in requests)},
            "block": changed,
            "final": changed <= head["final_block"],
        }
        registration = one.file and one.file.registration
        assert file["state"] == one.state
        assert file["name"] == (registration.name if registration else None)
        assert (file["lists_cut"] is None) == (one.file is None)


def touches(name: str, values: tuple[Any, ...], agent_id: int) -> bool:
    """Whether an event changes what the API says of an agent itself; a further answer of a validator does not."""
    place = {"Transfer": 2, "Approval": 2, "ValidationRequest": 1}.get(name, 0)
    return (
        name not in {"ValidationResponse", "ApprovalForAll", "OperatorOptOutSet", "BaseURIUpdated", "MetadataUpdate"}
        and len(values) > place
        and type(values[place]) is int
        and values[place] == agent_id
    )


def or_none(account: str) -> str | None:
    return None if int(account, 16) == 0 else account


# ------------------------------------------------------------------------------------------------------------- by hand


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    """With agents 1, 2 and 3 of the owner, at the first URI."""
    village = Village(registries, connection)
    for _ in range(3):
        registries.register(OWNER, URIS[0])
        village.follow()
    return village


def test_search__given_a_uri_that_changed_after_its_file_was_read__does_not_find_what_the_old_file_says(
    village: Village, database_url: str
) -> None:
    asked = ({"service": "MCP"}, {"text": "polyglot"}, {"active": True}, {"file": "valid"}, {"trust": "reputation"})
    with village.connection.begin():
        save(village.connection, CHAIN_ID, 1, digest(URIS[0]), TRANSLATOR)
    with serving(database_url, village.source, cache_size=1) as api:
        assert [ids(api.data("/agents", **one)) for one in asked] == [[1]] * len(asked)
        village.registries.identity.setAgentURI(1, URIS[1], sender=OWNER)
        village.follow()
        assert [ids(api.data("/agents", **one)) for one in asked] == [[]] * len(asked)
        assert ids(api.data("/agents", file="not_fetched")) == [1, 2, 3]
        # Back at the first URI, it is fetched again.
        village.registries.identity.setAgentURI(1, URIS[0], sender=OWNER)
        village.follow()
        with village.connection.begin():
            save(village.connection, CHAIN_ID, 1, digest(URIS[0]), TRANSLATOR)
        assert [ids(api.data("/agents", **one)) for one in asked] == [[1]] * len(asked)


def test_search__by_trust_and_tags__means_one_group(village: Village, database_url: str) -> None:
    """A level with one tag2 and a rating with another do not make a match."""
    for tag2 in ("", "day"):
        for client in (CLIENT, OTHER_CLIENT):
            village.registries.give_feedback(1, client, 90, tag1="starred", tag2=tag2)
    village.follow()
    with village.connection.begin():
        rows = scored_rows(village.connection, CHAIN_ID, 1, POLICY)
        levels = {digest("starred", "", 0): "good", digest("starred", "day", 0): "poor"}
        village.connection.execute(insert(scores), [{**row, "level": levels[row["scale"]]} for row in rows])
    with serving(database_url, village.source) as api:
        for tag2, level, expected in (("", "good", [1]), ("day", "poor", [1]), ("day", "good", []), ("", "poor", [])):
            assert ids(api.data("/agents", tag="starred", tag2=tag2, trust_level=level)) == expected
        assert ids(api.data("/agents", trust_level=["poor", "good"])) == [1]


def test_search__with_as_many_names_as_may_be__is_answered(village: Village, database_url: str) -> None:
    """Each is a join, of which SQLite has at most 64."""
    names = {kind: [f"{kind} {number}" for number in range(8)] for kind in ("service", "skill", "domain", "trust")}
    text = " ".join(f"word{number}" for number in range(searches.MAX_WORDS))
    with serving(database_url, village.source) as api:
        more = {"active": True, "x402": False, "file": "valid", "operator": OWNER, "tag": "x", "metadata_key": "x"}
        assert api.data("/agents", text=text, trust_level="good", sort="-updated", count=True, **names, **more) == []
        assert api.refused("/agents", text=f"{text} more") == "INVALID_VALUE"


def test_search__while_agents_are_added__has_no_row_twice_and_none_missing(village: Village, database_url: str) -> None:
    with serving(database_url, village.source, cache_size=1) as api:
        first = api.get("/agents", sort="-registered", limit=2)
        village.registries.register(OWNER)
        village.follow()
        second = api.get("/agents", sort="-registered", limit=2, cursor=first["next"])
        assert ids(first["data"] + second["data"]) == [3, 2, 1]


def test_search__by_metadata_that_was_cleared__finds_nothing(village: Village, database_url: str) -> None:
    for value in (b"value", b""):
        village.registries.identity.setMetadata(1, "key", value, sender=OWNER)
    village.follow()
    with serving(database_url, village.source) as api:
        assert api.data("/agents", metadata_key="key") == []
        assert api.data("/agents", metadata_key="key", metadata_value="") == []
        assert api.data("/agents", metadata_key="key", metadata_value="value") == []


def test_search__given_a_cursor_of_something_else__refuses_it(village: Village, database_url: str) -> None:
    cursors = [
        to_cursor("-agent_id", 1, 1),
        to_cursor("registered", 1, 1),
        to_cursor("agent_id", 1),
        to_cursor("agent_id", "1", 1),
        to_cursor("agent_id", True, 1),
        to_cursor("agent_id", 2**63, 1),
        to_cursor(),
        *("", "W10=W10=", "bnVsbA", "MQ", "e30", "é", "\0"),
    ]
    with serving(database_url, village.source) as api:
        assert [api.refused("/agents", cursor=one) for one in cursors] == ["INVALID_CURSOR"] * len(cursors)
        assert ids(api.data("/agents", cursor=to_cursor("agent_id", 1, 1))) == [2, 3]


REFUSED: tuple[dict[str, Any], ...] = (
    {"tag2": "x"},
    {"min_score": 1},
    {"min_count": 1, "metadata_key": "x"},
    {"metadata_value": "x", "tag": "x"},
    {"min_score": "nan", "tag": "x"},
    {"min_score": "inf", "tag": "x"},
    {"min_count": 0, "tag": "x"},
    {"min_count": 2**63, "tag": "x"},
    {"metadata_value": "0x1", "metadata_key": "x"},
    {"metadata_value": "0xzz", "metadata_key": "x"},
    {"text": ""},
    {"text": "!?"},
    {"service": ""},
    {"service": ["x"] * 9},
    {"skill": "x" * 257},
    {"trust_level": "best"},
    {"file": "lost"},
    {"active": "maybe"},
    {"registered_after": "yesterday"},
    {"limit": 0},
    {"limit": 101},
    {"sort": "owner"},
    {"cursor": "x" * 513},
    {"unknown": 1},
    {"wallet": [OWNER, OWNER]},
)


def test_search__given_what_breaks_a_rule__names_the_parameter(village: Village, database_url: str) -> None:
    with serving(database_url, village.source) as api:
        for asked in REFUSED:
            response = api.ask("/agents", **asked)
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (400, "INVALID_VALUE"), asked
            assert re.match(rf"{next(iter(asked))}(\.0)?: ", error["message"]), error


def test_search__given_times_of_any_form__means_the_same_moment(village: Village, database_url: str) -> None:
    """Without a zone, it is UTC, wherever the server is."""
    second = village.registries.evm.time - 24
    moment = datetime.fromtimestamp(second, UTC)
    forms = (second, moment.isoformat(), moment.replace(tzinfo=None).isoformat(), f"{second}.0")
    with serving(database_url, village.source) as api:
        for form in (*forms, second - 0.5):
            assert ids(api.data("/agents", registered_after=form)) == [2, 3], form
            assert ids(api.data("/agents", registered_before=form)) == [1], form
        assert ids(api.data("/agents", registered_after=second + 0.5)) == [3]
        assert ids(api.data("/agents", registered_before="0001-01-01T00:00:00")) == []


def test_search__given_addresses_in_any_case__means_the_same_account(village: Village, database_url: str) -> None:
    account = str(OWNER)
    with serving(database_url, village.source) as api:
        for form in (account, account.lower(), f"0x{account[2:].upper()}"):
            assert ids(api.data("/agents", owner=form)) == [1, 2, 3]
        for form in (account.swapcase(), account[:-1], f"{account}0", account[2:], f" {account}", ""):
            assert api.refused("/agents", owner=form) == "INVALID_ADDRESS"
