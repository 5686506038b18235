"""The reentrancy guard: while it is taken, no state-changing function of its registry can be entered.

No callback reaches the reputation and the validation registry in the middle of a call of their own, so that a missing
guard there changes nothing that could be attacked today. Hence the guard is taken from outside: the registry's code
runs by delegation, in the registry's own storage, after a few opcodes that set the flag.
"""

from __future__ import annotations

import pytest

from tests.delegation import run_first
from tests.entry_points import ENTRY_POINTS, EntryPoint, call, prepared
from tests.evm import Contract, reverts

FAILS_UNGUARDED = {"unpause()": "ExpectedPause"}

entry_points = pytest.mark.parametrize("entry_point", ENTRY_POINTS, ids="-".join)


def set_flag_first(registry: Contract, *, taken: bool) -> None:
    """From now on, each call of the registry begins by writing its guard's flag, which is transient slot 0."""
    run_first(registry.evm, registry.address, bytes([0x60, taken, 0x5F, 0x5D]))  # PUSH1 taken, PUSH0, TSTORE


@entry_points
def test_entry_point__given_the_guard_is_taken__reverts(entry_point: EntryPoint) -> None:
    registries = prepared()
    set_flag_first(registries[entry_point.registry], taken=True)

    with reverts("ReentrancyGuardReentrantCall"):
        call(registries, *entry_point)


@entry_points
def test_entry_point__given_the_guard_is_free__is_entered(entry_point: EntryPoint) -> None:
    """The control: by delegation, all calls are what they always are."""
    registries = prepared()
    set_flag_first(registries[entry_point.registry], taken=False)

    if error := FAILS_UNGUARDED.get(entry_point.signature):
        with reverts(error):
            call(registries, *entry_point)
    else:
        call(registries, *entry_point)
