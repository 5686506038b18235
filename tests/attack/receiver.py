"""A contract that owns agents and calls back, as tests drive it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.deployment import STRANGER
from tests.evm import EVM, Contract, Receipt


class Outcome(NamedTuple):
    """How the armed call ended: no error, or the error's name and values."""

    error: str | None
    values: tuple[Any, ...] = ()


BLOCKED = Outcome("ReentrancyGuardReentrantCall")
SUCCEEDED = Outcome(None)


class Receiver:
    """A deployed `ReentrantReceiver`."""

    def __init__(self, evm: EVM) -> None:
        self.evm = evm
        self.contract = evm.deploy("ReentrantReceiver", sender=STRANGER)
        self.address = self.contract.address

    def arm(self, target: Contract, data: bytes, *, calls: int = 1) -> None:
        """The next callbacks make this call."""
        self.contract.arm(target.address, data, calls, sender=STRANGER)

    def execute(self, target: Contract, function: str, *args: Any) -> Receipt:
        """Makes a call as this contract."""
        return self.execute_data(target, target.encode(function, *args))

    def execute_data(self, target: Contract, data: bytes) -> Receipt:
        receipt: Receipt = self.contract.execute(target.address, data, sender=STRANGER)
        return receipt

    def outcome(self) -> Outcome:
        """How the armed call ended."""
        assert self.contract.callsMade() > 0, "the callback was not called"
        if self.contract.succeeded():
            return SUCCEEDED
        error = self.evm.read_revert(self.contract.returnData())
        return Outcome(error.name, error.values)
