"""The OpenAPI document: it is complete, and the live API does what it says, whatever it is asked."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
import uvicorn
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema_rs import validator_for
from pydantic import AnyHttpUrl, SecretStr
from schemathesis import Case, Config, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31
from schemathesis.specs.openapi.schemas import OpenApiSchema
from web3 import HTTPProvider, Web3

from registry_api import keys
from registry_api.app import create_app
from registry_api.config import OtherRegistries, Settings
from registry_api.keys import Wanted
from registry_api.pages import to_cursor
from registry_api.problems import CODES
from registry_api.routes import PREFIX
from registry_api.searches import Sort
from registry_api.workers import run_files, run_scores
from tests.api.conftest import empty_database, prepared
from tests.api.following import index
from tests.api.serving import UNLIMITED
from tests.api.world import NOTHING, World, living
from tests.deploy.stand_in import fund, request
from tests.deployment import BUYER, CLIENT, OPERATOR, OTHER_CLIENT, OWNER, VALIDATOR

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
REFUSED = sorted({str(code.status) for code in CODES.values() if code.status < 500})
AGENTS = ("1", "2", "3", "84532:4")
EXAMPLES = 8
"""Of requests, for each operation, database and kind of data."""
FILE = {
    "type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1",
    "name": "Translator",
    "description": "Translates.",
    "image": "https://agent.example/1.png",
    "services": [{"name": "MCP", "endpoint": "https://agent.example/mcp", "version": "2025-06-18"}],
    "supportedTrust": ["reputation"],
}


class Live(NamedTuple):
    """An API that answers.

    :ivar payment: the hash of a transaction that pays agent 1
    :ivar headers: with a key
    """

    url: str
    world: World
    payment: str
    headers: dict[str, str]


def live_history(world: World) -> str:
    """Something of everything: files in each state, transfers, approvals, metadata, feedback, validations.

    :returns: the hash of a payment to agent 1
    """
    content = json.dumps(FILE).replace("#", "%23")
    world.do(OWNER, "identity", "register", f"data:application/json,{content}")
    world.do(OWNER, "identity", "register", "data:application/json,{}")
    world.do(OWNER, "identity", "register", "")
    world.do(OWNER, "identity", "setMetadata", 1, "model", b"llama")
    world.do(OWNER, "identity", "setMetadata", 1, "bytes", b"\xff\x00")
    world.do(OWNER, "identity", "approve", OPERATOR, 1)
    world.do(OWNER, "identity", "setApprovalForAll", OPERATOR, True)
    world.do(OWNER, "identity", "transferFrom", OWNER, BUYER, 3)
    for tag1, tag2, value, decimals in (("starred", "", 95, 0), ("", "x\0y", -(10**30), 18), ("uptime", "", 9_950, 2)):
        give = (1, value, decimals, tag1, tag2, "https://agent.example", "ipfs://feedback", keccak(text="a file"))
        world.do(OTHER_CLIENT, "reputation", "giveFeedback", *give)
    world.do(CLIENT, "reputation", "revokeFeedback", 1, 1)
    world.do(OWNER, "reputation", "appendResponse", 1, CLIENT, 2, "ipfs://response", NOTHING)
    for number in (1, 2):
        world.do(OWNER, "validation", "validationRequest", VALIDATOR, 1, "ipfs://request", keccak(text=str(number)))
    world.do(
        VALIDATOR, "validation", "validationResponse", keccak(text="1"), 97, "ipfs://answer", keccak(text="it"), "tee"
    )
    return _pay(world, OWNER)


def _pay(world: World, recipient: str) -> str:
    fund(world.url, CLIENT)
    request(world.url, "anvil_impersonateAccount", str(CLIENT))
    sent: str = request(
        world.url, "eth_sendTransaction", {"from": str(CLIENT), "to": str(recipient), "value": hex(1_000)}
    )
    Web3(HTTPProvider(world.url)).eth.wait_for_transaction_receipt(sent, poll_latency=0.01)  # type: ignore[arg-type]
    request(world.url, "anvil_mine", hex(world.source.confirmations))
    return sent


@contextmanager
def serving(given: Settings) -> Iterator[str]:
    """The URL of an API with these settings, served by a real server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(given), log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            # Who connects before the server has started waits in the listener's queue.
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, Path]]:
    """A chain with a history, the hash of a payment in it, and the folder of its address config."""
    folder = tmp_path_factory.mktemp("deployments")
    with living(folder) as world:
        yield world, live_history(world), folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live(
    request: pytest.FixtureRequest, history: tuple[World, str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """The API over a database of each kind."""
    world, payment, folder = history
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
        else:
            url = stack.enter_context(empty_database(request.getfixturevalue("postgresql")))
        given = Settings(
            database_url=SecretStr(url),
            deployments=folder,
            ipfs_gateway=AnyHttpUrl("https://127.0.0.1"),
            head_poll=0.05,
            tiers=UNLIMITED,
        )
        engine = stack.enter_context(prepared(url))
        with engine.connect() as connection:
            index(connection, world.chain(), world.source)
            with connection.begin():
                key = keys.create(connection, Wanted("schemathesis", "standard", "write", None), 0)
        for work in (run_files, run_scores):
            work(engine, given, threading.Event(), once=True)
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("BASE_SEPOLIA_RPC_URL", world.url)
        yield Live(stack.enter_context(serving(given)), world, payment, {"Authorization": f"Bearer {key}"})


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document, which is the same whatever is served."""
    folder = tmp_path_factory.mktemp("nothing")
    other = OtherRegistries(chain_id=1, name="other", identity=OWNER, reputation=CLIENT, start_block=0)
    given = Settings(
        database_url=SecretStr(f"sqlite:///{folder / 'none.db'}"), deployments=folder, other_registries=(other,)
    )
    return create_app(given).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its name."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


# THE DOCUMENT


def test_document__as_it_is_served__is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert list(map(str, validator_for(OPENAPI_31).iter_errors(document))) == []


def test_operations__in_the_document__are_described_and_have_ids_of_their_own(document: dict[str, Any]) -> None:
    found = dict(operations(document))
    known = {tag["name"] for tag in document["tags"]}

    assert all(one["summary"] and one["description"] for one in found.values())
    assert {tag for one in found.values() for tag in one["tags"]} == known
    assert len({one["operationId"] for one in found.values()}) == len(found) == 20


def test_examples__of_parameters_and_bodies__are_there_and_fit(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter)
            fits(document, parameter["schema"], parameter["example"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            fits(document, content["schema"], content["example"])


def test_examples__of_responses__are_there_and_fit(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert {int(status) for status in operation["responses"]} <= {200, 201, 304, *_statuses()}, name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            for content in response.get("content", {}).values():
                given = (
                    [one["value"] for one in content["examples"].values()] if status >= "4" else [content["example"]]
                )
                assert given
                for example in given:
                    fits(document, content["schema"], example)


def test_models__of_responses__have_no_other_members(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {name for name, one in schemas.items() if one["type"] == "object" and one["additionalProperties"]} == set()


def fits(document: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    """A value is as a schema of the document says."""
    Draft202012Validator({**schema, "components": document["components"]}).validate(example)


def _statuses() -> set[int]:
    return {code.status for code in CODES.values()}


# THE LIVE API


@pytest.fixture(scope="module")
def schema(live: Live) -> OpenApiSchema:
    """The document as the live API serves it."""
    config = {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}, "headers": live.headers}
    return schemathesis.openapi.from_url(f"{live.url}{PREFIX}/openapi.json", config=Config.from_dict(config))


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_api__whatever_it_is_asked__answers_as_documented(schema: OpenApiSchema, mode: GenerationMode) -> None:
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode.is_negative and not operation.definition.raw.get("parameters"):
            # Nothing is asked that could be wrong.
            continue

        @seed(8004)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(mode), agent=st.sampled_from(["", *AGENTS]))
        def ask(case: Case[Any], agent: str) -> None:
            # Of those that are drawn, hardly any is there.
            if agent and mode.is_positive and "agent" in case.path_parameters:
                case.path_parameters["agent"] = agent
            case.call_and_validate(checks=CHECKS)

        ask()


_LISTS = ("feedback", "clients", "responses", "validations", "history", "metadata")


def test_api__about_a_real_history__has_something_of_everything_as_documented(schema: OpenApiSchema) -> None:
    questions: list[tuple[str, dict[str, str], dict[str, Any]]] = [
        *(("search_agents", {}, {"sort": sort.value, "count": True, "limit": 1}) for sort in Sort),
        *(("search_agents", {}, {"file": state}) for state in ("valid", "invalid", "unreachable", "none")),
        ("search_agents", {}, {"service": ["MCP"], "text": "translates"}),
        ("search_agents", {}, {"trust_level": ["new"]}),
        ("get_agents", {}, {"id": [1, 2]}),
        ("get_totals", {}, {}),
        ("get_chains", {}, {}),
        ("get_group", {"agent": "1"}, {"tag1": "starred"}),
        ("get_group", {"agent": "1"}, {"tag1": "", "tag2": "x\0y", "decimals": 18}),
        *((f"get_{name}", {"agent": "1"}, {}) for name in (*_LISTS, "agent", "stats", "reputation")),
        *((name, {"agent": agent}, {}) for name in ("get_agent", "get_stats", "get_history") for agent in AGENTS),
    ]
    for operation_id, path, query in questions:
        case = schema.find_operation_by_id(operation_id).Case(path_parameters=path, query=query)
        answer = case.call_and_validate(checks=CHECKS)
        assert answer.status_code == 200
        assert answer.json()["data"], (operation_id, path, query)


FAR = 2**62
HOSTILE_PATHS = {
    "/agents/1%00": 400,
    "/agents/%ED%A0%80": 400,
    "/agents/99999999999999999999:1": 400,
    f"/agents/{2**63 - 1}/stats": 404,
    f"/agents/{2**256}/reputation": 404,
    f"/agents/batch?id={2**63}": 200,
    "/agents?chain=%ff": 400,
    "/agents?text=%00a&tag=%00&tag2=%00&metadata_key=%00&metadata_value=%00": 200,
    "/agents?registered_after=0001-01-01T00:00:00&updated_before=9999-12-31T23:59:59": 200,
    "/agents?tag=starred&min_score=1e308": 200,
    f"/agents?tag=starred&min_count={2**63 - 1}": 200,
    f"/agents?cursor={to_cursor('agent_id', FAR, -FAR)}": 200,
    f"/agents/1/feedback?tag1=%00&cursor={to_cursor('desc', FAR, FAR)}": 200,
    f"/agents/1/history?order=asc&cursor={to_cursor('asc', 1, -FAR)}": 200,
    f"/agents/1/payments?cursor={to_cursor('desc', FAR, FAR)}": 200,
    f"/agents/1/metadata?cursor={to_cursor('desc', 1, chr(0))}": 400,
    "/agents/1/reputation/group?tag1=&tag2=x%00y&decimals=18": 200,
}


@pytest.mark.parametrize(("path", "status"), HOSTILE_PATHS.items())
def test_api__given_what_databases_may_not_take__answers(live: Live, path: str, status: int) -> None:
    answer = httpx.get(live.url + PREFIX + path)
    assert answer.status_code == status, answer.text


HALF = r"\ud800"
HOSTILE_BODIES = {
    f'{{"sender": "{HALF}"}}': "INVALID_ADDRESS",
    f'{{"{HALF}": 1}}': "INVALID_VALUE",
    f'{{"sender": "{OWNER}", "uri": "{HALF}"}}': "INVALID_VALUE",
    f'{{"sender": "{OWNER}", "metadata": {{"{HALF}": "x"}}}}': "INVALID_VALUE",
    f'{{"sender": "{OWNER}", "metadata": {{"x": "{HALF}"}}}}': "INVALID_VALUE",
    "[" * 60_000: "INVALID_VALUE",
    "null": "INVALID_VALUE",
    "": "INVALID_VALUE",
    f'"{"x" * 2**16}"': "BODY_TOO_LARGE",
}


@pytest.fixture
def shallow() -> Iterator[None]:
    """Calls may go as deep as in a process that serves: libraries of other tests let them go much deeper."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize(("body", "code"), HOSTILE_BODIES.items(), ids=lambda value: str(value)[:40])
def test_api__given_a_body_that_is_none__refuses_it(live: Live, body: str, code: str) -> None:
    def in_chunks() -> Iterator[bytes]:
        yield body.encode()

    for content in (body, in_chunks()):
        answer = httpx.post(
            f"{live.url}{PREFIX}/agents/register",
            content=content,
            headers={"Content-Type": "application/json", **live.headers},
        )
        assert answer.status_code == CODES[code].status
        assert answer.json()["error"]["code"] == code


def test_link_payment__of_one_that_the_chain_proves__is_listed_once(live: Live, schema: OpenApiSchema) -> None:
    case = schema.find_operation_by_id("link_payment").Case(
        path_parameters={"agent": "1"},
        body={"transaction": live.payment},
        headers=live.headers,
        media_type="application/json",
    )
    assert case.call_and_validate(checks=CHECKS).status_code == 201
    assert case.call_and_validate(checks=CHECKS).json()["error"]["code"] == "PAYMENT_ALREADY_LINKED"
    listed = schema.find_operation_by_id("get_payments").Case(path_parameters={"agent": "1"})
    [payment] = listed.call_and_validate(checks=CHECKS).json()["data"]
    assert (payment["transaction"], payment["amount"]) == (live.payment, "1000")


def test_drafts__of_a_registration_and_feedback__are_as_documented(live: Live, schema: OpenApiSchema) -> None:
    drafts: list[tuple[str, dict[str, str], Any]] = [
        ("draft_registration", {}, {"sender": OWNER, "uri": "ipfs://file", "metadata": {"model": "llama"}}),
        ("draft_feedback", {"agent": "1"}, {"sender": CLIENT, "value": "95", "decimals": 1, "tag1": "starred"}),
    ]
    for operation_id, path, body in drafts:
        operation = schema.find_operation_by_id(operation_id)
        case = operation.Case(path_parameters=path, body=body, headers=live.headers, media_type="application/json")
        assert case.call_and_validate(checks=CHECKS).status_code == 200
