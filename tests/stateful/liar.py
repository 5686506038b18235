"""Registries that lie about one function, and deeds that were otherwise: what an invariant has to notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from tests.deployment import BUYER, Registries
from tests.evm import ZERO_ADDRESS, Contract, Receipt, Reverted
from tests.stateful.witness import Deed


def lies(value: Any) -> Iterator[Any]:
    """Other values of the same kind."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0, 2**200)
    elif isinstance(value, str):
        yield from (ZERO_ADDRESS, BUYER, f"{value}x", "x" * 129, "agentWallet", "")
    elif isinstance(value, bytes):
        yield from (value + b"\x01", b"")
    elif isinstance(value, dict):
        yield from (value | {key: lie} for key, entry in value.items() for lie in lies(entry))
    elif isinstance(value, tuple | list):
        yield from _other_lists(value)


def _other_lists(items: Any) -> Iterator[Any]:
    make = getattr(items, "_make", type(items))
    for position, entry in enumerate(items):
        yield from (make([*items[:position], lie, *items[position + 1 :]]) for lie in lies(entry))
    if items and type(items) in {tuple, list}:
        yield from (items[1:], items + items[:1])


class Liar:
    """A contract that answers every second call of one function otherwise.

    :ivar turn: which of the possible lies it tells
    """

    def __init__(self, contract: Contract, function: str, turn: int) -> None:
        self._contract, self._function, self._turn = contract, function, turn
        self._calls = 0

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._contract, name)
        return self._lie if name == self._function else attribute

    def _lie(self, *arguments: Any, **options: Any) -> Any:
        result = getattr(self._contract, self._function)(*arguments, **options)
        if isinstance(result, Receipt):
            raise Reverted("Lie", (), b"")
        possible = list(lies(result))
        self._calls += 1
        return possible[self._turn % len(possible)] if possible and self._calls % 2 else result


def lying(registries: Registries, registry: str, function: str, turn: int) -> Registries:
    """A deployment one registry of which lies."""
    names = {"IdentityRegistry": "identity", "ReputationRegistry": "reputation", "ValidationRegistry": "validation"}
    liar: Any = Liar(registries[registry], function, turn)
    return replace(registries, **{names[registry]: liar})


def false_deeds(deed: Deed) -> Iterator[Deed]:
    """A deed with one fact changed."""
    for one in fields(deed):
        if one.name not in {"registry", "function"}:
            yield from (replace(deed, **{one.name: lie}) for lie in lies(getattr(deed, one.name)))
