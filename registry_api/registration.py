"""An agent's registration file as a value: what the standard names, and nothing else of it.

The file is anybody's and may be made to do harm. What is unknown is left out; what is known must be of the right type,
short, and storable: NUL and lone surrogates, which PostgreSQL keeps in no text, and control characters make a file
invalid. Replacing them would give a text that nobody has signed or hashed.
"""

from __future__ import annotations

import functools
import json
import re
import reprlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from eth_utils.address import to_checksum_address
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

SCHEMA_PATH = Path(__file__).with_name("registration.schema.json")

KINDS = ("A2A", "MCP", "OASF", "web", "ENS", "DID", "email", "wallet")
"""Of services, as the standard names them. There are others."""

MAX_REASONS = 100
MAX_SHOWN = 60
"""Characters of a value in an error."""
MAX_NESTING = 64
"""Lists and objects in each other."""
MAX_DEFAULT = 256
"""Characters of a text and entries of a list that `MAX` does not name."""
MAX = {"description": 16_384, "image": 65_536, "endpoint": 1_024, "services": 64}
"""Characters of a text or entries of a list, by the field's name."""

T = TypeVar("T")

_KINDS_BY_NAME = {kind.casefold(): kind for kind in KINDS} | {"agentwallet": "wallet"}
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Texts, whatever is in them, and brackets."""
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_MAX_ID = 2**256 - 1
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_LINES = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EIP155 = re.compile(r"eip155:[1-9][0-9]{0,77}:0x[0-9a-fA-F]{40}")
_OTHER_NAMESPACE = r"^(?!eip155:)[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:[-.%a-zA-Z0-9]{1,128}$"


@dataclass(frozen=True)
class Reason:
    """Why a file is invalid.

    :ivar pointer: to the value (JSON pointer, RFC 6901); "" is the whole file
    :ivar rule: the one that is broken
    :ivar value: as Python writes it, shortened
    """

    pointer: str
    rule: str
    value: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the file'}: {self.rule}: {self.value}"


class InvalidRegistrationError(ValueError):
    """Content that is not a registration file.

    :ivar reasons: all of them, the first `MAX_REASONS` at most
    """

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(map(str, self.reasons)))


@dataclass(frozen=True)
class GlobalId:
    """What tells an agent from all others.

    :ivar agent_registry: the identity registry as an account (CAIP-10); on EVM chains it is
        `eip155:<chain id>:<address>`, with the address in EIP-55 form
    """

    agent_registry: str
    agent_id: int

    @classmethod
    def on(cls, chain_id: int, registry: str, agent_id: int) -> GlobalId:
        """An agent's on an EVM chain.

        :param registry: the identity registry's address, in any case
        """
        return cls(f"eip155:{chain_id}:{to_checksum_address(registry)}", agent_id)


@dataclass(frozen=True)
class Service:
    """A way to reach an agent, or to know it.

    :ivar kind: one of `KINDS`, whatever its case in the file, or another text
    :ivar version: None if the file does not say
    :ivar skills: of OASF, each once; other services have none
    :ivar domains: the same
    """

    kind: str
    endpoint: str
    version: str | None
    skills: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Registration:
    """What an agent says of itself. None is what the file does not say.

    :ivar supported_trust: how it may be trusted, each once
    :ivar registrations: where it says that it is registered, each once
    """

    name: str
    description: str | None
    image: str | None
    active: bool | None
    x402_support: bool | None
    services: tuple[Service, ...]
    supported_trust: tuple[str, ...]
    registrations: tuple[GlobalId, ...]


def parse(content: bytes) -> Registration:
    """The registration in a file.

    Required are `type`, `name`, and of services and registrations what names them. A field that is null or
    an empty text is as good as missing.

    :raises InvalidRegistrationError: if the content is not JSON, or breaks limits, or breaks the schema: for all
        reasons of the first of these
    """
    file = _known_fields(_load(content))
    reasons = list(islice(_excesses(file), MAX_REASONS)) or list(islice(_violations(file), MAX_REASONS))
    if reasons:
        raise InvalidRegistrationError(reasons)
    return Registration(
        name=file["name"],
        description=file.get("description"),
        image=file.get("image"),
        active=file.get("active"),
        x402_support=file.get("x402Support"),
        services=tuple(_service(entry) for entry in file.get("services", ())),
        supported_trust=_each_once(file.get("supportedTrust", ())),
        registrations=_each_once(_global_id(entry) for entry in file.get("registrations", ())),
    )


def names(registration: Registration, chain_id: int, registry: str, agent_id: int) -> bool:
    """Whether a registration file says that it is this agent's.

    :param registry: the identity registry's address, in any case
    """
    return GlobalId.on(chain_id, registry, agent_id) in registration.registrations


def lists(content: bytes, agent: GlobalId) -> bool:
    """Whether the `registrations` of a file that may have nothing else, and as many as it likes, have an EVM agent.

    Entries that are not well-formed are passed over: they are not this agent's.

    :raises InvalidRegistrationError: if there is no such list
    """
    entries = _load(content).get("registrations")
    if not isinstance(entries, list):
        raise InvalidRegistrationError([Reason("/registrations", "must be a list", _short(entries))])
    return any(_is_of(entry, agent) for entry in entries)


# READING


def _load(content: bytes) -> dict[str, Any]:
    """The JSON object in a file. A byte order mark is passed over (RFC 8259, section 8.1)."""
    repeated: list[str] = []

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            repeated.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return result

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        value = _short(content[error.start : error.end])
        raise InvalidRegistrationError([Reason("", f"must be UTF-8, at byte {error.start}", value)]) from None
    if _is_nested_too_deeply(text):
        raise InvalidRegistrationError([Reason("", f"must not be nested deeper than {MAX_NESTING}", _short(text))])
    try:
        # NaN and Infinity are not JSON, though Python reads them.
        data = json.loads(text, object_pairs_hook=object_of, parse_constant=_refuse)
    except ValueError as error:
        raise InvalidRegistrationError([Reason("", f"must be JSON: {error}", _short(text))]) from None
    if repeated:
        # Which of them counts differs from reader to reader.
        raise InvalidRegistrationError(
            Reason("", "must have each key once", _short(key)) for key in repeated[:MAX_REASONS]
        )
    if not isinstance(data, dict):
        raise InvalidRegistrationError([Reason("", "must be an object", _short(data))])
    return data


def _is_nested_too_deeply(text: str) -> bool:
    """Whether a JSON text has more lists and objects in each other than we read.

    Python cannot be left to find out: where a library has raised the recursion limit, as py-evm does, it crashes.
    """
    depth = 0
    for token in _TOKENS.finditer(text):
        depth += _STEPS.get(text[token.start()], 0)
        if depth > MAX_NESTING:
            return True
    return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _known_fields(data: dict[str, Any]) -> dict[str, Any]:
    """A file without what is unknown, null or empty, and with the names of services as the standard writes them."""
    schema = _schema()
    file: dict[str, Any] = _picked(data, schema["properties"])
    if isinstance(services := file.get("services"), list):
        file["services"] = [_known_service(entry, schema["$defs"]["service"]["properties"]) for entry in services]
    if isinstance(registrations := file.get("registrations"), list):
        fields = schema["$defs"]["registration"]["properties"]
        file["registrations"] = [_picked(entry, fields) for entry in registrations]
    return file


def _known_service(entry: Any, fields: Collection[str]) -> Any:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        return _picked(entry, fields)
    kind = _KINDS_BY_NAME.get(name.casefold(), name)
    return _picked(entry, {*fields, "skills", "domains"} if kind == "OASF" else fields) | {"name": kind}


def _picked(entry: Any, fields: Collection[str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in entry.items() if key in fields and value is not None and value != ""}


def _service(entry: dict[str, Any]) -> Service:
    return Service(
        kind=entry["name"],
        endpoint=entry["endpoint"],
        version=entry.get("version"),
        skills=_each_once(entry.get("skills", ())),
        domains=_each_once(entry.get("domains", ())),
    )


def _global_id(entry: dict[str, Any]) -> GlobalId:
    registry, agent_id = entry["agentRegistry"], entry["agentId"]
    if _EIP155.fullmatch(registry):
        _, chain_id, address = registry.split(":")
        return GlobalId.on(int(chain_id), address, agent_id)
    return GlobalId(registry, agent_id)


def _is_of(entry: Any, agent: GlobalId) -> bool:
    """Whether an entry of `registrations` is an EVM agent's."""
    if not isinstance(entry, dict):
        return False
    registry, agent_id = entry.get("agentRegistry"), entry.get("agentId")
    # True and 1.0 are equal to 1.
    is_same_id = type(agent_id) is int and agent_id == agent.agent_id
    return is_same_id and isinstance(registry, str) and registry.lower() == agent.agent_registry.lower()


def _each_once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


# RULES


def _excesses(value: Any, field: str = "", pointer: str = "") -> Iterator[Reason]:
    """What breaks a limit. The schema must see nothing that does: some of its patterns take quadratic time."""
    limit = MAX.get(field, MAX_DEFAULT)
    if isinstance(value, str | list | dict) and len(value) > limit:
        yield Reason(pointer, f"must not be longer than {limit}", _short(value))
    elif isinstance(value, str) and (_CONTROL_IN_LINES if field == "description" else _CONTROL).search(value):
        yield Reason(pointer, "must have no control characters or lone surrogates", _short(value))
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            yield from _excesses(entry, field, f"{pointer}/{position}")
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _excesses(entry, key, f"{pointer}/{_segment(key)}")


def _violations(file: dict[str, Any]) -> Iterator[Reason]:
    """What breaks the schema."""
    for error in _validator().iter_errors(file):
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        is_missing = error.validator == "required"
        rule = error.message if is_missing else f"{error.validator} must be {error.validator_value!r}"
        yield Reason(pointer, rule, _short(error.instance))


@functools.cache
def _schema() -> dict[str, Any]:
    """The examples' schema without what it asks of an example and the standard of nobody."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    schema["required"] = ["type", "name"]
    fields = schema["properties"]
    del fields["services"]["minItems"], fields["supportedTrust"]["uniqueItems"], fields["registrations"]["uniqueItems"]
    fields["supportedTrust"]["items"] = {"type": "string"}
    for rule in schema["$defs"]["service"]["allOf"]:
        # A service without a name is of no kind, not of every kind.
        rule["if"]["required"] = ["name"]
        rule["then"].pop("required", None)
        for terms in ("skills", "domains"):
            if terms in rule["then"]["properties"]:
                rule["then"]["properties"][terms] = {"type": "array", "items": {"type": "string"}}
    registration = schema["$defs"]["registration"]["properties"]
    registration["agentId"]["maximum"] = _MAX_ID
    registration["agentRegistry"]["pattern"] += f"|{_OTHER_NAMESPACE}"
    return schema


@functools.cache
def _validator() -> Draft202012Validator:
    # 1.0 is an integer for a JSON schema; as a float, an id loses digits.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict: type[Draft202012Validator] = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return strict(_schema())


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = MAX_SHOWN


def _short(value: Any) -> str:
    text = _REPR.repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _segment(key: str) -> str:
    """A key in a JSON pointer."""
    return _short(key)[1:-1].replace("~", "~0").replace("/", "~1")
