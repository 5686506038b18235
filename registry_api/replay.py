"""A score as a JSON document with all that it was made of, and the same score computed again from it.

The document has no need of a database or a chain; integers that may exceed 2^53 and fractions are strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from registry_api.exact import plain
from registry_api.policy import POLICY_VERSION, Policy, Scale
from registry_api.score import Client, Group, Score, score
from registry_api.signals import Facts, Role

# Long enough for any number of ours, short enough for Python's conversions.
_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_INTEGER = re.compile(r"-?[0-9]{1,60}")

_Item = TypeVar("_Item")


class InvalidDocumentError(ValueError):
    """It is not the document of a score; the text says where."""


def to_document(group: Group, clients: Sequence[Client], policy: Policy) -> dict[str, Any]:
    """The score of a group with its inputs and constants, ready for JSON.

    :raises ValueError: as {score}
    """
    inputs = sorted(clients, key=lambda client: client.facts.address)
    return {
        "policy_version": POLICY_VERSION,
        "policy": _json(policy),
        "group": _json(group),
        "inputs": [_input(client) for client in inputs] if policy.scale(group.tag1) else [],
        "result": result_of(score(group, clients, policy)),
    }


def result_of(computed: Score) -> dict[str, Any]:
    """What a document has as its result."""
    result: dict[str, Any] = _json(computed)
    del result["group"]
    return result


def recompute(document: Mapping[str, Any]) -> Score:
    """The score again, from a document's inputs and constants; its result is not looked at.

    :raises InvalidDocumentError: if it is of another policy version, or not a score's document
    """
    whole = _Node(document, "")
    version = whole.get("policy_version").text()
    if version != POLICY_VERSION:
        raise InvalidDocumentError(f"policy_version: {version!r}, but this is policy version {POLICY_VERSION!r}")
    policy = _checked(whole.get("policy"), _policy)
    group = _checked(whole.get("group"), _group)
    clients = [_checked(item, _client) for item in whole.get("inputs").items()]
    try:
        return score(group, clients, policy)
    except ValueError as error:
        raise InvalidDocumentError(f"inputs: {error}") from error


def differences(document: Mapping[str, Any]) -> list[str]:
    """Where a document's result is not what its inputs give, each with both values; empty if it holds.

    :raises InvalidDocumentError: as {recompute}
    """
    return list(_differences("result", document.get("result"), result_of(recompute(document))))


def _differences(path: str, stated: Any, computed: Any) -> Iterator[str]:
    if isinstance(stated, dict) and isinstance(computed, dict):
        for name in [*computed, *sorted(stated.keys() - computed.keys())]:
            if name in stated and name in computed:
                yield from _differences(f"{path}.{name}", stated[name], computed[name])
            else:
                yield f"{path}.{name}: {'missing' if name in computed else 'unknown'}"
    elif isinstance(stated, list) and isinstance(computed, list) and len(stated) == len(computed):
        for index, pair in enumerate(zip(stated, computed, strict=True)):
            yield from _differences(f"{path}[{index}]", *pair)
    # In Python, 1 is True and 1.0 is 1; in JSON they are not.
    elif type(stated) is not type(computed) or stated != computed:
        yield f"{path}: {stated!r} is stated, {computed!r} is computed"


# ------------------------------------------------------------------------------------------------------------ to JSON


def _json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return plain(value)
    if is_dataclass(value):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return sorted(_json(item) for item in value)
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    return value


def _input(client: Client) -> dict[str, Any]:
    """A client's facts and feedback in one object."""
    facts: dict[str, Any] = _json(client.facts)
    return {**facts, "count": client.count, "total": str(client.total), "off_scale": client.off_scale}


# ---------------------------------------------------------------------------------------------------------- from JSON


class _Node:
    """A value in a document, and where it is."""

    def __init__(self, value: Any, path: str) -> None:
        self._value, self.path = value, path

    def get(self, name: str) -> _Node:
        path = f"{self.path}.{name}".lstrip(".")
        if not isinstance(self._value, Mapping):
            raise self._wrong("an object")
        if name not in self._value:
            raise InvalidDocumentError(f"{path}: missing")
        return _Node(self._value[name], path)

    def only(self, names: Sequence[str]) -> None:
        """Nothing else may be there: it would look as if it had counted."""
        if isinstance(self._value, Mapping) and (others := sorted(self._value.keys() - set(names))):
            raise InvalidDocumentError(f"{self.path}: unknown: {', '.join(others)}")

    def items(self) -> list[_Node]:
        if not isinstance(self._value, list):
            raise self._wrong("a list")
        return [_Node(item, f"{self.path}[{index}]") for index, item in enumerate(self._value)]

    def text(self) -> str:
        if not isinstance(self._value, str):
            raise self._wrong("a string")
        return self._value

    def integer(self) -> int:
        if not isinstance(self._value, int) or isinstance(self._value, bool):
            raise self._wrong("an integer")
        return self._value

    def big_integer(self) -> int:
        if not _INTEGER.fullmatch(self.text()):
            raise self._wrong("a string of an integer")
        return int(self.text())

    def number(self) -> Decimal:
        if not _NUMBER.fullmatch(self.text()):
            raise self._wrong("a string of a decimal number")
        return Decimal(self.text())

    def known(self, read: Callable[[_Node], _Item]) -> _Item | None:
        return None if self._value is None else read(self)

    def _wrong(self, wanted: str) -> InvalidDocumentError:
        return InvalidDocumentError(f"{self.path or 'document'}: not {wanted}")


def _checked(node: _Node, read: Callable[[_Node], _Item]) -> _Item:
    """What is read there; what contradicts itself is an invalid document."""
    try:
        return read(node)
    except InvalidDocumentError:
        raise
    except ValueError as error:
        raise InvalidDocumentError(f"{node.path}: {error}") from error


def _policy(node: _Node) -> Policy:
    # The types are those of the defaults.
    defaults = {field.name: field.default for field in fields(Policy)}
    node.only(list(defaults))
    constants = {
        name: node.get(name).number() if isinstance(default, Decimal) else node.get(name).integer()
        for name, default in defaults.items()
        if name != "scales"
    }
    scales = tuple(_scale(item) for item in node.get("scales").items())
    return Policy(scales=scales, **constants)  # type: ignore[arg-type]


def _scale(node: _Node) -> Scale:
    node.only([field.name for field in fields(Scale)])
    levels = {name: node.get(name).number() for name in ("untrusted", "fair", "good", "excellent")}
    return Scale(node.get("tag1").text(), node.get("maximum").integer(), **levels)


def _group(node: _Node) -> Group:
    node.only([field.name for field in fields(Group)])
    return Group(node.get("tag1").text(), node.get("tag2").text(), node.get("decimals").integer())


def _client(node: _Node) -> Client:
    feedback = ("count", "total", "off_scale")
    node.only([*feedback, *(field.name for field in fields(Facts))])
    facts = Facts(
        address=node.get("address").text(),
        first_feedback=node.get("first_feedback").integer(),
        last_feedback=node.get("last_feedback").integer(),
        first_seen=node.get("first_seen").known(_Node.integer),
        agents_rated=node.get("agents_rated").known(_Node.integer),
        roles=node.get("roles").known(lambda roles: frozenset(Role(text) for text in _texts(roles))),
        funding=node.get("funding").known(_texts),
        rated_by=node.get("rated_by").known(_texts),
        ring_through=node.get("ring_through").known(_texts),
    )
    count, total, off_scale = (node.get(name) for name in feedback)
    return Client(facts, count.integer(), total.big_integer(), off_scale.integer())


def _texts(node: _Node) -> tuple[str, ...]:
    return tuple(item.text() for item in node.items())
