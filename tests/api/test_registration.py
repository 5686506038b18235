"""Registration files as they are found: right, old, sloppy, and made to do harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_api.registration import (
    KINDS,
    MAX_REASONS,
    GlobalId,
    InvalidRegistrationError,
    Reason,
    Registration,
    Service,
    lists,
    names,
    parse,
)

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
REGISTRY = "0x8004A818BFB912233c491871b3d84c89A494BD9e"
EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "agents").glob("*.json"))


def content(**fields: Any) -> bytes:
    """A file with the least that one needs, and more."""
    return json.dumps({"type": TYPE, "name": "Polyglot", **fields}).encode()


def service(**fields: Any) -> bytes:
    """A file with one service."""
    return content(services=[{"name": "web", "endpoint": "https://agent.test/", **fields}])


def listed(agent_id: Any, registry: Any = f"eip155:84532:{REGISTRY}") -> dict[str, Any]:
    return {"agentId": agent_id, "agentRegistry": registry}


def reasons(file: bytes) -> list[tuple[str, str]]:
    """Pointers and rules of what is wrong with a file."""
    with pytest.raises(InvalidRegistrationError) as error:
        parse(file)
    str(error.value).encode()
    assert all(len(str(reason)) < 500 for reason in error.value.reasons)
    return [(reason.pointer, reason.rule) for reason in error.value.reasons]


def texts(value: Any) -> Iterator[str]:
    """All texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


# FIELDS


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_parse__given_an_example__has_all_of_it(path: Path) -> None:
    file = json.loads(path.read_text(encoding="utf-8"))
    registration = parse(path.read_bytes())
    assert registration == Registration(
        name=file["name"],
        description=file["description"],
        image=file["image"],
        active=file["active"],
        x402_support=file["x402Support"],
        services=tuple(
            Service(
                kind=one["name"],
                endpoint=one["endpoint"],
                version=one.get("version"),
                skills=tuple(one.get("skills", ())),
                domains=tuple(one.get("domains", ())),
            )
            for one in file["services"]
        ),
        supported_trust=tuple(file["supportedTrust"]),
        registrations=tuple(GlobalId(one["agentRegistry"], one["agentId"]) for one in file["registrations"]),
    )


def test_parse__given_the_least__knows_nothing_else() -> None:
    assert parse(content()) == Registration("Polyglot", None, None, None, None, (), (), ())


@pytest.mark.parametrize("nothing", [None, ""])
def test_parse__given_null_or_empty_fields__knows_nothing_of_them(nothing: str | None) -> None:
    # agent0-sdk writes null for an image that is not set.
    optional = dict.fromkeys(["description", "image", "services", "registrations", "supportedTrust"], nothing)
    assert parse(content(**optional, active=None, x402Support=None)) == parse(content())
    assert parse(service(version=nothing)) == parse(service())


def test_parse__given_unknown_fields__leaves_them_out() -> None:
    strange = {"updatedAt": 1.5, "\ud800": "\0", "deep": {"er": [[[[[[[[[[[]]]]]]]]]]]}, "long": "x" * 100_000}
    assert parse(content(**strange)) == parse(content())
    assert parse(service(mcpTools=["x"] * 1_000, skills=[{"id": 1}], domains=7)) == parse(service())
    one = listed(1)
    assert parse(content(registrations=[{**one, "more": 1}])) == parse(content(registrations=[one]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((kind, kind) for kind in KINDS if kind not in {"email", "ENS", "DID"}),
        *(("a2a", "A2A"), ("Mcp", "MCP"), ("oasf", "OASF"), ("WEB", "web"), ("agentWallet", "wallet")),
        *(("x402", "x402"), ("Telegram", "Telegram"), (" MCP", " MCP")),
    ],
)
def test_parse__given_a_service__knows_its_kind(name: str, kind: str) -> None:
    assert parse(service(name=name)).services[0].kind == kind


@pytest.mark.parametrize("name", ["web", "Web", "A2A", "a2a", "MCP", "mcp", "OASF", "oasf"])
def test_parse__given_a_kind_that_is_connected_to__wants_a_web_address(name: str) -> None:
    (reason,) = reasons(service(name=name, endpoint="javascript:alert(1)"))
    assert reason[0] == "/services/0/endpoint"
    assert reason[1].startswith("pattern must be '^")


def test_parse__given_oasf__has_its_terms_once() -> None:
    (one,) = parse(service(name="OASF", skills=["b", "a", "b"], domains=["c"])).services
    assert (one.skills, one.domains) == (("b", "a"), ("c",))


def test_parse__given_other_trust__has_it_once() -> None:
    assert parse(content(supportedTrust=["zkml", "reputation", "zkml"])).supported_trust == ("zkml", "reputation")


def test_parse__given_registrations__has_each_once_in_one_form() -> None:
    file = content(
        registrations=[
            listed(0, f"eip155:84532:{REGISTRY.lower()}"),
            listed(0, f"eip155:84532:{REGISTRY}"),
            listed(2**256 - 1, f"eip155:1:{REGISTRY}"),
            listed(7, "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:8oo4J9tBB3Hna1jRQ3rWvJjojqM5DYTDJo5cejUuJy3C"),
        ]
    )
    assert parse(file).registrations == (
        GlobalId(f"eip155:84532:{REGISTRY}", 0),
        GlobalId(f"eip155:1:{REGISTRY}", 2**256 - 1),
        GlobalId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:8oo4J9tBB3Hna1jRQ3rWvJjojqM5DYTDJo5cejUuJy3C", 7),
    )


@pytest.mark.parametrize(
    ("file", "pointer", "rule"),
    [
        (content(type="https://example.com/"), "/type", f"const must be '{TYPE}'"),
        (content(type=None), "", "'type' is a required property"),
        (content(name=None), "", "'name' is a required property"),
        (content(name=""), "", "'name' is a required property"),
        (content(name=7), "/name", "type must be 'string'"),
        (content(active="yes"), "/active", "type must be 'boolean'"),
        (content(active=0), "/active", "type must be 'boolean'"),
        (content(x402Support=1), "/x402Support", "type must be 'boolean'"),
        (content(image="javascript:alert(1)"), "/image", "pattern must be '^(https?://|ipfs://|data:image/)'"),
        (content(services={}), "/services", "type must be 'array'"),
        (content(services=["https://agent.test/"]), "/services/0", "type must be 'object'"),
        (service(name=None, endpoint="x"), "/services/0", "'name' is a required property"),
        (service(endpoint=""), "/services/0", "'endpoint' is a required property"),
        (service(name=["web"]), "/services/0/name", "type must be 'string'"),
        (service(version=0.8), "/services/0/version", "type must be 'string'"),
        (service(name="OASF", skills="a/b"), "/services/0/skills", "type must be 'array'"),
        (content(supportedTrust="reputation"), "/supportedTrust", "type must be 'array'"),
        (content(supportedTrust=[1]), "/supportedTrust/0", "type must be 'string'"),
        (content(registrations=[{"agentId": 1}]), "/registrations/0", "'agentRegistry' is a required property"),
        (content(registrations=[listed(None)]), "/registrations/0", "'agentId' is a required property"),
        (content(registrations=[listed("1")]), "/registrations/0/agentId", "type must be 'integer'"),
        (content(registrations=[listed(True)]), "/registrations/0/agentId", "type must be 'integer'"),
        (content(registrations=[listed(1.0)]), "/registrations/0/agentId", "type must be 'integer'"),
        (content(registrations=[listed(-1)]), "/registrations/0/agentId", "minimum must be 0"),
        (content(registrations=[listed(2**256)]), "/registrations/0/agentId", f"maximum must be {2**256 - 1}"),
    ],
)
def test_parse__given_a_wrong_field__says_where_and_why(file: bytes, pointer: str, rule: str) -> None:
    assert reasons(file) == [(pointer, rule)]


@pytest.mark.parametrize(
    "registry", [REGISTRY, "eip155:1:0x12", "eip155:0:" + REGISTRY, "eip155:1", "e:1:2", "a b:c:d"]
)
def test_parse__given_a_registry_that_is_no_account__refuses(registry: str) -> None:
    (reason,) = reasons(content(registrations=[listed(1, registry)]))
    assert reason[0] == "/registrations/0/agentRegistry"


def test_parse__given_several_faults__tells_all() -> None:
    file = content(name=7, active="yes", services=[{"name": "web", "endpoint": "ftp://a"}, {"name": "MCP"}])
    assert [pointer for pointer, _ in reasons(file)] == ["/name", "/services/0/endpoint", "/services/1", "/active"]


def test_error__always__names_the_value_in_short() -> None:
    with pytest.raises(InvalidRegistrationError) as error:
        parse(content(active="yes" * 1_000))
    (reason,) = error.value.reasons
    assert reason == Reason("/active", "must not be longer than 256", reason.value)
    assert str(error.value) == f"/active: must not be longer than 256: {reason.value}"
    assert reason.value.startswith("'yesyes")
    assert len(reason.value) <= 60


# HARM


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (b"", "must be JSON"),
        (b"<html>", "must be JSON"),
        (content() + b"}", "must be JSON"),
        (b"{'name': 'x'}", "must be JSON"),
        (b'{"name": NaN}', "must be JSON: NaN is not a JSON value"),
        (b'{"name": -Infinity}', "must be JSON: -Infinity is not a JSON value"),
        (b'{"name": ' + b"9" * 5_000 + b"}", "must be JSON: Exceeds the limit"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b'"' + b"x" * 1_000_000 + b'"', "must be an object"),
        (b"\xff\xfe" + content().decode().encode("utf-16-le"), "must be UTF-8, at byte 0"),
        (b'{"name": "\xed\xa0\x80"}', "must be UTF-8, at byte 10"),
        (b'{"name": "a\0b"}', "must be JSON"),
        (b"[" * 1_000_000, "must not be nested deeper than 64"),
        (b'{"a":' * 200_000, "must not be nested deeper than 64"),
        (b'{"a\\"": ' + b"[" * 64 + b"]" * 64 + b"}", "must not be nested deeper than 64"),
        (b'"' * 1_000_000, "must be JSON"),
        (b'"' + b'\\"' * 500_000, "must be JSON"),
    ],
    ids=range(18),
)
def test_parse__given_no_json_object__refuses(file: bytes, rule: str) -> None:
    ((pointer, found),) = reasons(file)
    assert pointer == ""
    assert found.startswith(rule)


def test_parse__given_brackets_in_texts_and_side_by_side__does_not_count_them() -> None:
    assert parse(content(description="[" * 100 + '"{' * 100, more=[[[]]] * 100)).description


def test_parse__where_a_library_has_raised_the_recursion_limit__does_not_crash() -> None:
    """In a process of its own: the crash would be everybody's."""
    program = (
        "import sys; from registry_api.registration import *; sys.setrecursionlimit(10**6)\n"
        "try: parse(b'[' * 10**6)\n"
        "except InvalidRegistrationError: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n")


def test_parse__given_a_byte_order_mark__reads_on() -> None:
    assert parse(b"\xef\xbb\xbf" + content()) == parse(content())


@pytest.mark.parametrize("place", ['"name": "b"', '"deep": {"er": [{"x": 1, "x": 1}]}', '"a": 1, "a": 2, "a": 3'])
def test_parse__given_a_key_twice__refuses(place: str) -> None:
    assert reasons(content()[:-1] + f", {place}}}".encode()) == [("", "must have each key once")]


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "\udfff\ud800", "a\x1b[31m", "line\nbreak", "\x7f", "\x85"])
@pytest.mark.parametrize(
    ("file", "pointer"),
    [
        (lambda text: content(name=text), "/name"),
        (lambda text: content(image=f"https://{text}"), "/image"),
        (lambda text: service(name=text), "/services/0/name"),
        (lambda text: service(name="ENS", endpoint=f"a.eth{text}"), "/services/0/endpoint"),
        (lambda text: service(name="OASF", skills=["a", text]), "/services/0/skills/1"),
        (lambda text: content(supportedTrust=[text]), "/supportedTrust/0"),
        (lambda text: content(registrations=[listed(1, text)]), "/registrations/0/agentRegistry"),
    ],
    ids=["name", "image", "kind", "endpoint", "skill", "trust", "registry"],
)
def test_parse__given_text_that_cannot_be_kept__refuses(file: Any, pointer: str, text: str) -> None:
    assert reasons(file(text)) == [(pointer, "must have no control characters or lone surrogates")]


@pytest.mark.parametrize(
    ("text", "is_kept"), [("a\r\n\tb 😀", True), ("\0", False), ("\ud83d", False), ("\x1b", False)]
)
def test_parse__given_a_description__keeps_its_lines_only(text: str, is_kept: bool) -> None:
    if is_kept:
        assert parse(content(description=text)).description == text
    else:
        assert [pointer for pointer, _ in reasons(content(description=text))] == ["/description"]


@pytest.mark.parametrize(
    ("field", "limit"),
    [("name", 256), ("description", 16_384), ("image", 65_536)],
)
def test_parse__given_a_long_text__refuses(field: str, limit: int) -> None:
    text = "https://".ljust(limit, "x")
    assert parse(content(**{field: text}))
    assert reasons(content(**{field: text + "x"})) == [(f"/{field}", f"must not be longer than {limit}")]


@pytest.mark.parametrize(
    ("field", "entry", "limit"),
    [
        ("services", {"name": "web", "endpoint": "https://agent.test/"}, 64),
        ("registrations", listed(1), 256),
        ("supportedTrust", "reputation", 256),
    ],
)
def test_parse__given_a_long_list__refuses(field: str, entry: Any, limit: int) -> None:
    assert parse(content(**{field: [entry] * limit}))
    assert reasons(content(**{field: [entry] * (limit + 1)})) == [(f"/{field}", f"must not be longer than {limit}")]
    assert reasons(content(**{field: [0] * 1_000_000})) == [(f"/{field}", f"must not be longer than {limit}")]


def test_parse__given_faults_in_strange_places__points_to_them() -> None:
    assert reasons(content(name={"a/b~c": {"\ud800": ["\0"]}}))[0][0] == "/name/a~1b~0c/\\ud800/0"


def test_parse__given_endless_faults__tells_the_first() -> None:
    assert len(reasons(content(services=[{"name": 1, "endpoint": 1, "version": 1}] * 64))) == MAX_REASONS
    assert len(reasons(content(registrations=[listed("\0", "\0")] * 256))) == MAX_REASONS
    repeated = [f'"{number}": 0' for number in range(1_000)] * 2
    assert len(reasons(f"{{{', '.join(repeated)}}}".encode())) == MAX_REASONS


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=10)
    | st.sampled_from([TYPE, "OASF", "web", "https://agent.test/", f"eip155:1:{REGISTRY}", 2**256]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "endpoint", "version", "skills", "domains", "agentId", "agentRegistry"])
            | st.text(max_size=3),
            children,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    fields=st.fixed_dictionaries(
        {"type": st.just(TYPE) | JSON_VALUES, "name": st.just("Polyglot") | JSON_VALUES},
        optional={
            field: JSON_VALUES | st.lists(JSON_VALUES, max_size=3)
            for field in (
                "description",
                "image",
                "services",
                "x402Support",
                "active",
                "registrations",
                "supportedTrust",
            )
        },
    )
)
def test_parse__given_any_fields__is_storable_or_says_why(fields: dict[str, Any]) -> None:
    try:
        registration = parse(json.dumps(fields).encode())
    except InvalidRegistrationError as error:
        text = str(error)
    else:
        text = "".join(texts(asdict(registration)))
    assert text
    assert "\0" not in text
    text.encode()


@given(st.binary() | st.text().map(str.encode) | st.binary(max_size=20).map(lambda noise: content()[:-9] + noise))
def test_parse__given_any_bytes__fails_in_no_other_way(file: bytes) -> None:
    try:
        parse(file)
    except InvalidRegistrationError as error:
        str(error).encode()


# WHOSE IT IS


def test_names__given_another_chain_registry_or_id__is_false() -> None:
    registration = parse(content(registrations=[listed(22, f"eip155:84532:{REGISTRY.lower()}")]))
    assert names(registration, 84532, REGISTRY, 22)
    assert names(registration, 84532, REGISTRY.lower(), 22)
    assert not names(registration, 8453, REGISTRY, 22)
    assert not names(registration, 84532, "0x" + "12" * 20, 22)
    assert not names(registration, 84532, REGISTRY, 2)
    assert not names(parse(content()), 84532, REGISTRY, 22)


def test_lists__given_nothing_but_registrations__finds_the_agent() -> None:
    agent = GlobalId.on(84532, REGISTRY, 1)
    others: list[Any] = [
        None,
        [],
        {},
        listed(2),
        listed("1"),
        listed(True),
        listed(1.0),
        listed(1, None),
        listed(1, "eip155:1:0x"),
    ]
    assert not lists(json.dumps({"registrations": others}).encode(), agent)
    assert lists(json.dumps({"registrations": [*others, listed(1)]}).encode(), agent)
    assert lists(json.dumps({"registrations": [listed(1, f"eip155:84532:{REGISTRY.lower()}")]}).encode(), agent)
    # A platform's file may have all its agents in it.
    assert lists(json.dumps({"registrations": [listed(id_) for id_ in range(10_000, 0, -1)]}).encode(), agent)


@pytest.mark.parametrize("file", [b"", b"[]", b"{}", b'{"registrations": {}}', b'{"registrations": null}'])
def test_lists__given_no_list__refuses(file: bytes) -> None:
    with pytest.raises(InvalidRegistrationError):
        lists(file, GlobalId.on(1, REGISTRY, 1))
