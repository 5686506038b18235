"""What an invariant is, and the list of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from tests.deployment import REGISTRIES, Registries
from tests.evm import EVM, Contract
from tests.stateful.ghost import Ghost
from tests.stateful.stage import Stage
from tests.stateful.witness import Deed

Subject = TypeVar("Subject")
Claims = Iterator[tuple[bool, object]]
"""Whether something holds, and what it is about."""


class World:
    """The contracts after a history, and the ghost ledger of it."""

    def __init__(self, stage: Stage, ghost: Ghost) -> None:
        self.stage, self.ghost = stage, ghost
        self.registries: Registries = stage.registries
        self.identity, self.reputation, self.validation = stage.registries.all
        self.agents = range(1, self.identity.totalAgents() + 1)

    @property
    def evm(self) -> EVM:
        return self.registries.evm

    @property
    def contracts(self) -> list[Contract]:
        return [self.registries[name] for name in REGISTRIES]


class Invariant(NamedTuple):
    """A check.

    :ivar check: about a deed, or about the world
    """

    identifier: str
    check: Callable[..., Claims]
    of_deeds: bool


INVARIANTS: dict[str, Invariant] = {}


def invariant(identifier: str) -> Callable[[Callable[[World], Claims]], Callable[[World], Claims]]:
    """Makes a check that is made after each history."""
    return _add(identifier, of_deeds=False)


def forbids(identifier: str) -> Callable[[Callable[[Deed], Claims]], Callable[[Deed], Claims]]:
    """Makes a check that is made after each call that succeeded: some transitions are forbidden."""
    return _add(identifier, of_deeds=True)


def check_deed(deed: Deed, checks: Counter[str]) -> None:
    """Makes all checks about one call.

    :raises AssertionError: if an invariant does not hold
    """
    for one in INVARIANTS.values():
        if one.of_deeds and deed.before:
            _hold(one, deed, checks)


def check_state(world: World, checks: Counter[str]) -> None:
    """Makes all checks about the contracts' state; leaves it as it was.

    :raises AssertionError: if an invariant does not hold
    """
    for one in INVARIANTS.values():
        if not one.of_deeds:
            with world.evm.rolled_back():
                _hold(one, world, checks)


def _add(identifier: str, *, of_deeds: bool) -> Callable[[Callable[[Subject], Claims]], Callable[[Subject], Claims]]:
    def add(check: Callable[[Subject], Claims]) -> Callable[[Subject], Claims]:
        assert identifier not in INVARIANTS, identifier
        INVARIANTS[identifier] = Invariant(identifier, check, of_deeds)
        return check

    return add


def _hold(one: Invariant, subject: Deed | World, checks: Counter[str]) -> None:
    for holds, what in one.check(subject):
        checks[one.identifier] += 1
        assert holds, f"{one.identifier}, {one.check.__name__}: {what}"
