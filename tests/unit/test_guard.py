"""The reentrancy guard: while it is taken, no state-changing function of its registry can be entered.

No callback reaches the reputation and the validation registry in the middle of a call of their own, so that a missing
guard there changes nothing that could be attacked today. Hence the guard is taken from outside: the registry's code
runs by delegation, in the registry's own storage, after a few opcodes that set the flag.
"""

from __future__ import annotations

import pytest

from tests.entry_points import ENTRY_POINTS, EntryPoint, call, prepared
from tests.evm import Contract, reverts

CODE_ADDRESS = "0x" + "c0de" * 10
"""Where the code of the registry goes, out of the way."""

FAILS_UNGUARDED = {"unpause()": "ExpectedPause"}

entry_points = pytest.mark.parametrize("entry_point", ENTRY_POINTS, ids="-".join)


def set_flag_first(registry: Contract, *, taken: bool) -> None:
    """From now on, each call of the registry begins by writing its guard's flag, which is transient slot 0."""
    raw = registry.evm.raw
    registry.evm.set_code(CODE_ADDRESS, bytes(raw.get_code(registry.address) or b""))
    write_flag = bytes([0x60, taken, 0x5F, 0x5D])  # PUSH1 taken, PUSH0, TSTORE
    copy_calldata = bytes.fromhex("365f5f37")  # CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY
    delegate = bytes.fromhex(f"5f5f365f73{CODE_ADDRESS[2:]}5af4")  # DELEGATECALL with all gas and all of the calldata
    copy_output = bytes.fromhex("3d5f5f3e")  # RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY
    before = write_flag + copy_calldata + delegate + copy_output
    # PUSH1 target, JUMPI, RETURNDATASIZE, PUSH0, REVERT, and at the target JUMPDEST, RETURNDATASIZE, PUSH0, RETURN
    end = bytes([0x60, len(before) + 6, 0x57]) + bytes.fromhex("3d5ffd" + "5b3d5ff3")
    registry.evm.set_code(registry.address, before + end)


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
