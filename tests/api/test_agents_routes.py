"""What there is about one agent: its forms of ids, its file, its reputation; totals; and what is refused with which
code."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs

from registry_api import bulk
from registry_api.files import ABSENT, Copy, File, Reason, save
from registry_api.policy import POLICY_VERSION, Policy
from registry_api.registration import parse
from registry_api.replay import differences
from registry_api.reputation import MAX_GROUPS, scored_rows
from registry_api.tables import digest, scores
from tests.api.agreement import stored
from tests.api.following import index, source_of
from tests.api.serving import API, URIS, Chronicle, Village, go_on, open_chronicle, serving
from tests.codec import bytes_of, text_of
from tests.deployment import CLIENT, OWNER, REGISTRY_ADMIN, STRANGER, VALIDATOR, Registries
from tests.evm import CHAIN_ID
from tests.model import ZERO
from tests.stateful.machine import in_process_stage

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
CONTENT = b'\n{"type": "%b", "name": "Polyglot"}' % TYPE.encode()
COPY = Copy(CONTENT, keccak(CONTENT), 5)
VALID = File("valid", (), 6, COPY, parse(CONTENT), None, ())
TIMEOUT = Reason("timeout", None, "no answer")
NOT_JSON = Reason("invalid-file", "", "must be JSON: {")
STEPS = 300


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    """With agent 1 of the owner, at the first URI, and agent 2 without any."""
    village = Village(registries, connection)
    registries.register(OWNER, URIS[0])
    registries.register(OWNER)
    village.follow()
    return village


@pytest.fixture
def api(village: Village, database_url: str) -> Iterator[API]:
    other = replace(village.source, chain_id=1, name="other")
    with serving(database_url, village.source, other, cache_size=1) as api:
        yield api


def keep(village: Village, file: File) -> None:
    """Saves a file of agent 1."""
    with village.connection.begin():
        save(village.connection, CHAIN_ID, 1, digest(URIS[0]), file)


def head_of(village: Village) -> dict[str, Any]:
    block = village.chain.block(village.chain.head())
    assert block is not None
    return {"block": block.number, "block_hash": block.hash}


# ---------------------------------------------------------------------------------------------------------------- ids


def test_agent__by_any_form_of_its_id__is_found(village: Village, api: API) -> None:
    identity = village.source.identity
    forms = ("1", "01", "31337:1", "eip155:31337:1", f"eip155:31337:{identity}:1", f"31337:{identity.lower()}:1")
    for form in forms:
        assert api.data(f"/agents/{form}")["agent_id"] == 1
        assert api.data(f"/agents/{form}/stats")["owners"] == 1
        assert api.data(f"/agents/{form}", chain="test")["agent_id"] == 1


@pytest.mark.parametrize("chain", ["31337", "eip155:31337", "test"])
def test_chain__by_any_form__is_found(api: API, chain: str) -> None:
    assert api.get("/agents", chain=chain)["at"]["chain"] == "eip155:31337"
    assert api.data("/agents/1", chain=chain)["agent_id"] == 1
    assert api.ask(f"/chains/{chain}/agents/2/registration").status_code == 404


def test_chain__that_is_not_the_first__is_the_one_that_is_asked(api: API) -> None:
    """Everything that takes a chain goes to it: the other one has no blocks yet."""
    paths = ("/agents", "/registry", "/agents/1", "/agents/1/stats", "/agents/1/feedback", "/agents/1/registration")
    for path in (*paths, "/agents/batch?id=1", "/agents/1/reputation", "/agents/1/reputation/group?tag1=x"):
        with_chain = f"{path}{'&' if '?' in path else '?'}chain=1"
        assert api.refused(with_chain) == "CHAIN_NOT_INDEXED", path
    assert api.refused("/chains/other/agents/1/registration") == "CHAIN_NOT_INDEXED"
    assert api.refused("/agents/eip155:1:1") == "CHAIN_NOT_INDEXED"
    served = api.ask("/chains").json()["data"]
    assert [(one["chain"], one["name"], one["at"] is None) for one in served] == [
        ("eip155:31337", "test", False),
        ("eip155:1", "other", True),
    ]


def test_refusals__that_a_reader_can_meet__have_their_codes(village: Village, api: API) -> None:
    refused = {
        "/agents/3": "AGENT_NOT_FOUND",
        f"/agents/{2**63}": "AGENT_NOT_FOUND",
        f"/agents/{10**77}/stats": "AGENT_NOT_FOUND",
        f"/agents/{2**64}/registration": "AGENT_NOT_FOUND",
        f"/agents/{2**64}/reputation/group?tag1=x": "AGENT_NOT_FOUND",
        f"/agents/eip155:31337:{OWNER}:1": "AGENT_NOT_FOUND",
        "/agents/1/registration": "REGISTRATION_FILE_NOT_FOUND",
        "/agents/2/registration": "REGISTRATION_FILE_NOT_FOUND",
        "/nothing": "NOT_FOUND",
        "/agents/1/nothing": "NOT_FOUND",
        "/agents/register": "INVALID_VALUE",
        "/agents/1/link-payment": "METHOD_NOT_ALLOWED",
        "/agents?owner=0x1": "INVALID_ADDRESS",
        "/agents?cursor=x": "INVALID_CURSOR",
        "/agents?limit=x": "INVALID_VALUE",
        "/agents?text=%ff": "INVALID_VALUE",
        "/agents?text=a&text=b": "INVALID_VALUE",
        "/agents?" + "&".join(f"service={number}" for number in range(101)): "INVALID_VALUE",
        "/agents/batch": "INVALID_VALUE",
        "/agents/batch?id=-1": "INVALID_VALUE",
        f"/agents/batch?id={2**256}": "INVALID_VALUE",
        "/agents/batch?" + "&".join(f"id={number}" for number in range(101)): "INVALID_VALUE",
        "/agents/1?chain=2": "CHAIN_NOT_SUPPORTED",
        "/agents/2:1": "CHAIN_NOT_SUPPORTED",
        "/agents/1:1?chain=test": "INVALID_VALUE",
        "/agents/31337:1?chain=2": "CHAIN_NOT_SUPPORTED",
        "/agents/1?unknown=1": "INVALID_VALUE",
        **{f"/agents/{one}": "INVALID_VALUE" for one in ("x", "-1", "1.0", "0x1", " 1", "1:", ":1", "²", "1" * 79)},
        f"/agents/eip155:31337:{OWNER[:-1]}:1": "INVALID_VALUE",
        "/chains/2/agents/1/registration": "CHAIN_NOT_SUPPORTED",
        "/agents/1/reputation/group": "INVALID_VALUE",
        "/agents/1/reputation/group?tag1=x&decimals=19": "INVALID_VALUE",
    }
    assert {path: api.refused(path) for path in refused} == refused
    missing = api.ask("/agents/3").json()["error"]["details"]["at"]
    assert missing == missing | head_of(village) | {"chain": "eip155:31337"}
    assert api.ask("/agents/1/link-payment").headers["allow"] == "POST"
    assert api.ask("/agents?chain=2").json()["error"]["details"]["served"] == ["eip155:31337", "eip155:1"]


def test_fault__of_the_database__is_an_internal_error_and_in_the_log(
    village: Village, engine: Engine, database_url: str
) -> None:
    with serving(database_url, village.source, raises=False) as api, capture_logs() as logs:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE ratings RENAME TO elsewhere"))
        assert api.refused("/agents/1/reputation") == "INTERNAL_ERROR"
        assert "elsewhere" not in api.ask("/agents/1/reputation").text
    assert [one["path"] for one in logs if one["event"] == "fault"] == ["/api/v1/agents/1/reputation"] * 2


# --------------------------------------------------------------------------------------------------------------- files


def test_registration__of_a_file_that_was_read__is_the_file_byte_for_byte(village: Village, api: API) -> None:
    keep(village, VALID)
    for path in ("/agents/1/registration", "/chains/31337/agents/1/registration"):
        response = api.ask(path)
        assert response.content == CONTENT
        assert response.headers["content-type"] == "application/json"
        assert response.headers["registry-block-hash"] == head_of(village)["block_hash"]
        unchanged = api.ask(path, headers={"If-None-Match": response.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_registration__of_a_file_that_cannot_be_read_now__is_what_was_read_before(village: Village, api: API) -> None:
    keep(village, replace(VALID, state="unreachable", reasons=(TIMEOUT,)))
    assert api.ask("/agents/1/registration").content == CONTENT
    assert api.data("/agents/1")["file"]["state"] == "unreachable"


@pytest.mark.parametrize(
    ("file", "code", "reason"),
    [
        (File("invalid", (NOT_JSON,), 6, Copy(b"{", keccak(b"{"), 6), None, None, ()), "INVALID", "invalid-file"),
        (File("unreachable", (TIMEOUT,), 6, None, None, None, ()), "NOT_FOUND", "timeout"),
        (File("unreachable", (TIMEOUT,), 6, Copy(b"<html>", b"\0" * 32, 5), None, None, ()), "NOT_FOUND", "timeout"),
    ],
)
def test_registration__that_there_is_none_of__is_refused_with_reasons(
    village: Village, api: API, file: File, code: str, reason: str
) -> None:
    keep(village, file)
    error = api.ask("/agents/1/registration").json()["error"]
    assert error["code"] == f"REGISTRATION_FILE_{code}"
    assert [one["code"] for one in error["details"]["reasons"]] == [reason]
    assert error["details"]["at"]["block"] == village.chain.head()


def test_registration__of_another_uri__is_not_that_of_the_agent(village: Village, api: API) -> None:
    keep(village, VALID)
    village.registries.identity.setAgentURI(1, URIS[1], sender=OWNER)
    village.follow()
    assert api.refused("/agents/1/registration") == "REGISTRATION_FILE_NOT_FOUND"
    assert api.data("/agents/1")["file"] == json.loads(ABSENT["not_fetched"])


def test_registration__of_an_auto_uri__is_made_of_the_chain(village: Village, api: API) -> None:
    identity = village.registries.identity
    identity.setBaseURI("https://api.example/api/v1/agents", sender=REGISTRY_ADMIN)
    for key, value in (("name", b"Homer"), ("description", b"\xff"), ("image", b"x"), ("other", b"x")):
        identity.setMetadata(2, key, value, sender=OWNER)
    village.follow()
    agent = api.data("/agents/2")
    assert agent["auto_uri"] == "https://api.example/api/v1/agents/2/registration"
    assert agent["file"] == json.loads(ABSENT["generated"])
    made = api.ask("/agents/2/registration").json()
    assert (made["name"], made["active"]) == ("Homer", False)
    assert made["registrations"] == [{"agentId": 2, "agentRegistry": f"eip155:31337:{village.source.identity}"}]
    assert parse(json.dumps(made).encode()).name == "Homer"
    assert api.data("/agents/1")["auto_uri"] is None


def test_unknown__of_an_agent_of_which_nothing_is_known__is_null(api: API) -> None:
    agent = api.data("/agents/2")
    assert agent["uri"] is agent["auto_uri"] is agent["approved"] is agent["feedback"]["last_time"] is None
    assert agent["file"].pop("state") == "none"
    assert set(agent["file"].values()) == {None}
    stats = api.data("/agents/2/stats")
    assert (stats["feedback"]["first_time"], stats["feedback"]["last_time"]) == (None, None)
    group = api.data("/agents/2/reputation/group", tag1="starred")
    numbers = ("average", "median", "minimum", "maximum")
    assert [group["summary"][name] for name in numbers] == [None] * 4
    assert [group["result"][name] for name in ("point", "lower", "upper")] == [None] * 3


# ------------------------------------------------------------------------------------------------ reputation and totals


@pytest.fixture
def story(connection: Connection) -> Iterator[Chronicle]:
    """A random history, indexed and scored."""
    random = Random(2)
    with in_process_stage().registries.evm.rolled_back():
        story = open_chronicle(random)
        go_on(story, random, STEPS)
        story.mine()
        index(connection, story.chain, source_of(story.stage.registries))
        with connection.begin():
            ids = story.model.identity.agents
            rows = [row for one in ids for row in scored_rows(connection, CHAIN_ID, one, Policy())]
            bulk.add(connection, scores, rows)
        yield story


@pytest.fixture
def library(story: Chronicle, database_url: str) -> Iterator[API]:
    """The API over the history."""
    with serving(database_url, source_of(story.stage.registries)) as api:
        yield api


Groups = dict[tuple[str, str, int], list[int]]


def groups_of(story: Chronicle, agent_id: int) -> Groups:
    groups: Groups = defaultdict(list)
    for ledger in story.model.reputation.ledgers.get(agent_id, {}).values():
        for entry in ledger.entries:
            groups[stored(entry.tag1), stored(entry.tag2), entry.decimals] += [] if entry.revoked else [entry.value]
    return groups


def test_reputation__after_any_history__is_as_the_model_has_it(story: Chronicle, library: API) -> None:
    levels = set()
    for agent_id in story.model.identity.agents:
        groups = groups_of(story, agent_id)
        found = library.get(f"/agents/{agent_id}/reputation")
        assert (found["policy_version"], found["all"]) == (POLICY_VERSION, True)
        rows = {(row["tag1"], row["tag2"], row["decimals"]): row for row in found["data"]}
        assert {group: row["count"] for group, row in rows.items()} == {one: len(groups[one]) for one in groups}
        assert [row["count"] for row in found["data"]] == sorted((len(one) for one in groups.values()), reverse=True)
        for group, row in rows.items():
            check_group(library, agent_id, group, groups[group], row)
            levels.add(row["score"] and row["score"]["level"])
        for tag1 in {tag1 for tag1, _, _ in groups}:
            of_tag = [row for row in found["data"] if row["tag1"] == tag1]
            assert library.data(f"/agents/{agent_id}/reputation", tag1=tag1) == of_tag
            assert library.data(f"/agents/{agent_id}/reputation", tag1=tag1, tag2="") == [
                row for row in of_tag if not row["tag2"]
            ]
    assert {None, "new"} <= levels


def check_group(api: API, agent_id: int, group: tuple[str, str, int], values: list[int], row: dict[str, Any]) -> None:
    """A group's row and document."""
    tag1, tag2, decimals = group
    document = api.data(f"/agents/{agent_id}/reputation/group", tag1=tag1, tag2=tag2, decimals=decimals, period="day")
    assert differences(document) == []
    assert document["group"] == {"tag1": tag1, "tag2": tag2, "decimals": decimals}
    summary = document["summary"]
    assert (summary["count"], summary["average"]) == (row["count"], row["average"])
    assert sum(one["count"] for one in summary["distribution"]) == len(values)
    assert sum(one["count"] for one in summary["series"]) == len(values)
    if not values:
        assert row["average"] is None
        return
    average = Decimal(row["average"])
    places = -int(average.as_tuple().exponent)
    exact = Fraction(sum(values), len(values) * 10**decimals)
    assert abs(Fraction(average) - exact) * 10**places <= Fraction(1, 2)
    assert Decimal(summary["minimum"]) * 10**decimals == min(values)
    if row["score"] is not None:
        result = document["result"]
        told = {"level": result["decision"]["level"], **{name: result[name] for name in ("point", "lower", "upper")}}
        assert {name: row["score"][name] for name in told} == told


def test_stats__after_any_history__are_as_the_model_has_them(story: Chronicle, library: API) -> None:
    for agent_id, agent in story.model.identity.agents.items():
        ledgers = story.model.reputation.ledgers.get(agent_id, {})
        entries = [entry for ledger in ledgers.values() for entry in ledger.entries]
        requests = [one for one in story.model.validation.requests.values() if one.agent_id == agent_id]
        by_tag: dict[str, list[int]] = defaultdict(list)
        for request in requests:
            if not request.pending:
                by_tag[stored(request.tag)].append(request.response)
        found = library.data(f"/agents/{agent_id}/stats")
        tags = {one["tag"]: (one["count"], one["average"]) for one in found["validations"].pop("by_tag")}
        assert tags == {tag: (len(all_), round(sum(all_) / len(all_), 4)) for tag, all_ in by_tag.items()}
        changes = Counter(row["kind"] for row in library.pages(f"/agents/{agent_id}/history", limit=100))
        transfers = [event for event in story.named("Transfer") if event.values[2] == agent_id]
        assert changes["transfer"] == sum(event.values[0] != ZERO for event in transfers)
        assert found == {
            "feedback": {
                "live": sum(not entry.revoked for entry in entries),
                "revoked": sum(entry.revoked for entry in entries),
                "responses": sum(entry.responses.total() for entry in entries),
                "groups": sum(bool(values) for values in groups_of(story, agent_id).values()),
                "first_time": min((entry.time for entry in entries), default=None),
                "last_time": max((entry.time for entry in entries), default=None),
            },
            "clients": {
                "count": len(ledgers),
                "returning": sum(len(ledger.entries) > 1 for ledger in ledgers.values()),
            },
            "validations": {"requested": len(requests), "answered": sum(not one.pending for one in requests)},
            "changes": changes,
            "owners": agent.epoch + 1,
        }


def test_totals__after_any_history__are_as_the_model_has_them(story: Chronicle, library: API) -> None:
    model, source = story.model, source_of(story.stage.registries)
    ledgers = [ledger for one in model.reputation.ledgers.values() for ledger in one.values()]
    assert library.data("/registry") == {
        "registries": {
            "identity": source.identity,
            "reputation": source.reputation,
            "validation": source.validation,
        },
        "start_block": 0,
        "base_uri": stored(model.identity.base),
        "agents": len(model.identity.agents),
        "feedback": sum(len(ledger.entries) for ledger in ledgers),
        "validations": len(model.validation.requests),
    }


def test_reputation__with_more_groups_than_are_listed__says_so(village: Village, api: API) -> None:
    for number in range(MAX_GROUPS + 1):
        village.registries.give_feedback(1, tag1=f"tag {number}")
    village.follow()
    found = api.get("/agents/1/reputation")
    assert (len(found["data"]), found["all"]) == (MAX_GROUPS, False)
    assert api.get("/agents/1/reputation", tag1="tag 7")["all"] is True


# ------------------------------------------------------------------------------------------------------------- hostile

HOSTILE = (
    "\0",
    "nul\0in the middle",
    text_of(b"\xff\xfe not UTF-8 \xed\xa0\x80"),
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{ZERO WIDTH JOINER}",
    "<script>alert(1)</script>",
    "'; DROP TABLE agents; --",
    '%s %(x)s {x} :x \\ " $1',
    "\N{LINE SEPARATOR}\x1b[31m\x7f\r\n",
    "\N{ROBOT FACE}" * 32,
)


def test_texts__that_are_hostile__come_back_as_documented(village: Village, api: API) -> None:
    """As they are; a byte that no text has, and NUL, as \\x and two digits."""
    agents = {village.registries.register(OWNER): given for given in HOSTILE}
    for agent_id, given in agents.items():
        write_everywhere(village.registries, agent_id, given)
    village.follow()
    for agent_id, given in agents.items():
        check_everywhere(api, agent_id, stored(given), bytes_of(given))
    # NUL is asked for as it comes back, or as it is.
    assert api.data("/agents", tag="\0") == api.data("/agents", tag="\\x00") != []
    assert api.data("/agents", metadata_key="\0") == api.data("/agents", metadata_key="\\x00") != []


def write_everywhere(registries: Registries, agent_id: int, given: str) -> None:
    request = keccak(bytes_of(given))
    registries.identity.setAgentURI(agent_id, given, sender=OWNER)
    registries.identity.setMetadata(agent_id, given, bytes_of(given), sender=OWNER)
    registries.reputation.giveFeedback(agent_id, 5, 0, given, given, given, given, bytes(32), sender=CLIENT)
    registries.reputation.appendResponse(agent_id, CLIENT, 1, given, bytes(32), sender=STRANGER)
    registries.validation.validationRequest(VALIDATOR, agent_id, given, request, sender=OWNER)
    registries.validation.validationResponse(request, 5, given, bytes(32), given, sender=VALIDATOR)


def check_everywhere(api: API, agent_id: int, shown: str, value: bytes) -> None:
    path = f"/agents/{agent_id}"
    assert api.data(path)["uri"] == shown
    [metadata] = api.data(f"{path}/metadata")
    assert (metadata["key"], metadata["value"]) == (shown, f"0x{value.hex()}")
    [feedback] = api.data(f"{path}/feedback")
    assert [feedback[name] for name in ("tag1", "tag2", "endpoint", "uri")] == [shown] * 4
    [response] = api.data(f"{path}/responses")
    assert response["uri"] == shown
    [validation] = api.data(f"{path}/validations")
    assert [validation["request"]["uri"], validation["answer"]["uri"], validation["answer"]["tag"]] == [shown] * 3
    [change] = api.data(f"{path}/history", kind="uri")
    assert change["change"] == {"uri": shown}
    assert [row["tag"] for row in api.data(f"{path}/stats")["validations"]["by_tag"]] == [shown]
    # They are also asked for as they come back.
    assert api.data(f"{path}/feedback", tag1=shown, tag2=shown) == [feedback]
    assert api.data(f"{path}/validations", tag=shown) == [validation]
    assert api.data(f"{path}/reputation", tag1=shown)[0]["count"] == 1
    assert api.data(f"{path}/reputation/group", tag1=shown, tag2=shown)["summary"]["count"] == 1
    asked = {"tag": shown, "tag2": shown, "metadata_key": shown, "metadata_value": metadata["value"]}
    assert [one["agent_id"] for one in api.data("/agents", **asked)] == [agent_id]


def test_texts__that_are_huge__come_back_whole(village: Village, api: API) -> None:
    uri = "https://agents.example/" + "ü" * 5_000
    village.registries.identity.setAgentURI(1, uri, sender=OWNER)
    village.registries.identity.setMetadata(1, "key", b"\0" * 10_240, sender=OWNER)
    village.follow()
    assert api.data("/agents/1")["uri"] == uri
    [metadata] = api.data("/agents/1/metadata")
    assert (metadata["value"], metadata["text"]) == (f"0x{'00' * 10_240}", "\0" * 10_240)
