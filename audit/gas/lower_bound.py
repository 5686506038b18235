"""The least gas that a call can cost: what the protocol charges for what the guarantees force.

Counted are the transaction, its calldata, the storage in {forced}, the reentrancy guard, calls and precompiles that
cannot be left out, and the logs. Not counted is all computing: dispatch, decoding, memory, hashes, checks. So the bound
cannot be reached, and what is above it is what code, not storage, costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from audit.gas.cost import TRANSACTION, Cost, calldata_gas

# Prices, gas: EIP-2929 (cold and warm), EIP-2200 and EIP-3529 (writes and refunds), EIP-1153 (transient storage).
_READ = 2_100
_CREATE = 22_100
_CHANGE = 5_000
_CLEAR_REFUND = 4_800
_REFUND_CAP = 5  # at most one part in so many of the gas used
_GUARD = 3 * 100  # read, set and cleared again
_COLD_ACCOUNT = 2_600
_ECRECOVER = 100 + 3_000  # precompiles are warm

# Logs: Yellow Paper, appendix G.
_LOG, _TOPIC, _LOG_BYTE = 375, 375, 8

# Deployment: Yellow Paper, and EIP-3860 for the word of creation code.
_CREATION = 32_000
_CODE_BYTE = 200
_CREATION_WORD = 2

# EIP-7623: what a transaction costs at least for its calldata, whatever it does.
_FLOOR_TOKEN = 10
_TOKENS_OF_NONZERO_BYTE = 4


class BoundError(ValueError):
    """What is forced does not fit what was measured: no entry for a scenario, other logs, less gas than the bound."""


@dataclass(frozen=True)
class Forced:
    """What the guarantees force a call to do. Each slot is named by what it holds, and is cold.

    :ivar reads: slots whose content decides something
    :ivar creates: slots that go from zero to something
    :ivar changes: slots that go from something to something else
    :ivar clears: slots that go from something to zero
    :ivar events: of the logs, in their order
    :ivar cold_accounts: contracts called
    :ivar signatures: recovered from
    :ivar guarded: whether the reentrancy guard is set
    """

    reads: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    cold_accounts: int = 0
    signatures: int = 0
    guarded: bool = True


class Bound(NamedTuple):
    """A lower bound in its parts, gas; a refund is negative.

    :ivar transaction: the 21,000, and 32,000 for a deployment
    :ivar calldata: with the words of creation code
    :ivar calls: other contracts, precompiles and the guard
    :ivar code: what a deployment leaves on the chain
    """

    transaction: int
    calldata: int
    storage: int
    calls: int
    logs: int
    code: int
    refund: int

    @property
    def gas(self) -> int:
        """The bound itself."""
        return sum(self)


def bound_of_execution(forced: Forced) -> Bound:
    """For what has no transaction of its own: a read, or one more thing that a transaction does."""
    return Bound(0, 0, _storage(forced), _calls(forced), 0, 0, 0)


def bound_of_transaction(cost: Cost, forced: Forced) -> Bound:
    """For a transaction with this calldata and these logs.

    :raises BoundError: if the logs are not of the events forced
    """
    bound = Bound(TRANSACTION, calldata_gas(cost.calldata), _storage(forced), _calls(forced), _logs(cost, forced), 0, 0)
    refund = min(len(forced.clears) * _CLEAR_REFUND, bound.gas // _REFUND_CAP)
    bound = bound._replace(refund=-refund)
    return bound._replace(calldata=bound.calldata + max(0, _floor(cost.calldata) - bound.gas))


def bound_of_deployment(cost: Cost, forced: Forced) -> Bound:
    """For a deployment of this creation code, which leaves code of this size.

    :raises BoundError: if the logs are not of the events forced
    """
    words = -(-len(cost.calldata) // 32)
    return Bound(
        transaction=TRANSACTION + _CREATION,
        calldata=calldata_gas(cost.calldata) + words * _CREATION_WORD,
        storage=_storage(forced),
        calls=_calls(forced),
        logs=_logs(cost, forced),
        code=cost.code_size * _CODE_BYTE,
        refund=0,
    )


def total(bounds: Iterable[Bound]) -> Bound:
    """The bound of several transactions together."""
    return Bound(*(sum(parts) for parts in zip(*bounds, strict=True)))


def _storage(forced: Forced) -> int:
    written = len(forced.changes) + len(forced.clears)
    return len(forced.reads) * _READ + len(forced.creates) * _CREATE + written * _CHANGE


def _calls(forced: Forced) -> int:
    return forced.cold_accounts * _COLD_ACCOUNT + forced.signatures * _ECRECOVER + forced.guarded * _GUARD


def _logs(cost: Cost, forced: Forced) -> int:
    if (events := tuple(log.event for log in cost.logs)) != forced.events:
        raise BoundError(f"the logs are {events}, but {forced.events} are forced")
    return sum(_LOG + log.topics * _TOPIC + log.size * _LOG_BYTE for log in cost.logs)


def _floor(calldata: bytes) -> int:
    nonzero = len(calldata) - calldata.count(0)
    return TRANSACTION + (calldata.count(0) + nonzero * _TOKENS_OF_NONZERO_BYTE) * _FLOOR_TOKEN
