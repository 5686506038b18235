"""The project's contracts on an in-process EVM (pyrevm): thousands of calls a second, state, logs and reverts exact.

Gas is not exact here: that is measured from anvil's receipts (`make gas`).

A call that changes state gives a `Receipt`, a read gives its value, a revert raises `Reverted` with the decoded custom
error. Overloads are told apart by the number of arguments. Contracts come from Ape's compiled project.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import ape
import pyrevm
from eth_account import Account
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from ethpm_types.abi import ABIType, ErrorABI, EventABI, MethodABI

from tests.codec import bytes_of, checksummed, decode, encode

CHAIN_ID = 31337
START_TIME = 1_800_000_000
ZERO_ADDRESS = "0x" + "00" * 20

_REVERT_OUTPUT = re.compile(r"output: 0x([0-9a-fA-F]*)")
_ERROR_STRING = ErrorABI(name="Error", inputs=[ABIType(name="message", type="string")])
_PANIC = ErrorABI(name="Panic", inputs=[ABIType(name="code", type="uint256")])

code_size_limit: int | None = None
"""The largest code that a contract may have, bytes; None: as on a real chain. Only stand-ins may need more."""
_stand_ins: dict[str, ContractType] = {}


def contract_type(name: str) -> ContractType:
    """A compiled contract of the project, or what stands in for it."""
    return _stand_ins.get(name) or ape.project.get_contract(name).contract_type


def stand_in(name: str, substitute: ContractType) -> None:
    """From now on, another contract is used where a test asks for the one of this name: a mutant of it."""
    _stand_ins[name] = substitute


class Actor(str):
    """An account with a key: its checksummed address."""

    __slots__ = ("key",)

    key: bytes

    @classmethod
    def of(cls, role: str) -> Actor:
        """The same account for the same role, in every run."""
        key = keccak(text=f"actor: {role}")
        actor = cls(Account.from_key(key).address)
        actor.key = key
        return actor


class Log(NamedTuple):
    """One log, as the chain has it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


class Receipt(NamedTuple):
    """What a successful state-changing call gave."""

    value: Any
    logs: tuple[Log, ...]


class Snapshot(NamedTuple):
    """A state of a chain to come back to.

    :ivar state: the EVM's own mark
    :ivar log_count: the number of logs until then
    """

    state: Any
    time: int
    number: int
    log_count: int


class Reverted(Exception):  # noqa: N818 (`except Reverted` says what happened; often it is what should)
    """A call reverted.

    :ivar name: the custom error's name, `Error` or `Panic`; "unknown" if no ABI at hand has it, "" without data
    :ivar values: the error's arguments
    :ivar data: the raw revert data
    """

    def __init__(self, name: str, values: tuple[Any, ...], data: bytes) -> None:
        super().__init__(name, values, data.hex())
        self.name, self.values, self.data = name, values, data


@contextlib.contextmanager
def reverts(name: str, *values: Any) -> Iterator[None]:
    """Asserts that the block reverts with this error and exactly these arguments."""
    try:
        yield
    except Reverted as error:
        found = error
    else:
        raise AssertionError(f"did not revert; expected {name}{values}")
    assert (found.name, found.values) == (name, values), f"reverted with {found}"


def field(name: str) -> bytes:
    """A parameter's name as `SizeLimitExceeded` gives it."""
    return name.encode().ljust(32, b"\0")


def types_of(items: Sequence[ABIType]) -> tuple[str, ...]:
    """The canonical types of an ABI's parameters, as eth-abi takes them."""
    return tuple(item.canonical_type for item in items)


@lru_cache(maxsize=100_000)
def _decode(types: tuple[str, ...], data: bytes) -> tuple[Any, ...]:
    return tuple(decode(types, data))


def decode_values(items: Sequence[ABIType], data: bytes) -> tuple[Any, ...]:
    """The values of ABI-encoded data: addresses checksummed, lists as tuples."""
    return _decode(types_of(items), data)


def built_in_errors() -> dict[bytes, ErrorABI]:
    """Solidity's own, by their selectors."""
    return {hash_of(error.selector)[:4]: error for error in (_ERROR_STRING, _PANIC)}


class Function(NamedTuple):
    """A function of a contract, with what of its ABI each call needs."""

    abi: MethodABI
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, abi: MethodABI) -> Function:
        return cls(abi, hash_of(abi.selector)[:4], types_of(abi.inputs), types_of(abi.outputs))

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The calldata of a call."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, output: bytes) -> Any:
        """The value returned, a tuple if there are more; None if there is none."""
        values = _decode(self.outputs, output)
        return values[0] if len(values) == 1 else (values or None)


@cache
def hash_of(signature: str) -> bytes:
    """The keccak256 of a function's, an event's or an error's signature: each is needed thousands of times."""
    return keccak(text=signature)


class Contract:
    """A deployed contract: its functions are methods, called with `sender=`."""

    def __init__(self, evm: EVM, address: str, contract_type: ContractType) -> None:
        self.evm, self.type = evm, contract_type
        self.address: str = checksummed(address)
        self._functions: dict[str, dict[int, Function]] = {}
        for abi in [*contract_type.mutable_methods, *contract_type.view_methods]:
            self._functions.setdefault(abi.name, {})[len(abi.inputs)] = Function.of(abi)
        self._events: dict[str, EventABI] = {abi.name: abi for abi in contract_type.events}
        evm.learn_errors(contract_type)

    def __getattr__(self, name: str) -> Any:
        overloads = self.__dict__.get("_functions", {}).get(name)
        if overloads is None:
            raise AttributeError(f"{self.type.name} has no function {name}")

        def call(*args: Any, sender: str = ZERO_ADDRESS, value: int = 0) -> Any:
            function = overloads[len(args)]
            static = not function.abi.is_stateful
            receipt = self.evm.transact(sender, self.address, function.encode(args), value, static=static)
            result = function.decode(receipt.value)
            return result if static else receipt._replace(value=result)

        return call

    def function(self, name: str, argument_count: int) -> Function:
        """A function by its name and the number of its arguments."""
        return self._functions[name][argument_count]

    def encode(self, name: str, *args: Any) -> bytes:
        """The calldata of a call."""
        return self.function(name, len(args)).encode(args)

    def log(self, name: str, *values: Any) -> Log:
        """The log of an event of this contract, with all its values in the order of the ABI."""
        abi = self._events[name]
        topics, plain_types, plain_values = [hash_of(abi.selector)], [], []
        for item, value in zip(abi.inputs, values, strict=True):
            kind = item.canonical_type
            if not item.indexed:
                plain_types.append(kind)
                plain_values.append(value)
            elif kind in {"string", "bytes"}:
                topics.append(keccak(value if isinstance(value, bytes) else bytes_of(value)))
            else:
                topics.append(encode([kind], [value]))
        return Log(self.address, tuple(topics), encode(plain_types, plain_values))

    def read_log(self, log: Log) -> tuple[str, dict[str, Any]]:
        """The name and values of a log of this contract; indexed strings stay hashes."""
        abi = next(event for event in self._events.values() if hash_of(event.selector) == log.topics[0])
        plain = [item for item in abi.inputs if not item.indexed]
        names = [str(item.name) for item in plain]
        values: dict[str, Any] = dict(zip(names, decode_values(plain, log.data), strict=True))
        for item, topic in zip([item for item in abi.inputs if item.indexed], log.topics[1:], strict=True):
            dynamic = item.canonical_type in {"string", "bytes"}
            values[str(item.name)] = topic if dynamic else decode_values([item], topic)[0]
        return abi.name, values


class EVM:
    """One in-process chain.

    :ivar logs: all logs so far, in the order of the chain
    """

    def __init__(self, *, chain_id: int = CHAIN_ID, time: int = START_TIME) -> None:
        self.time, self.number, self.chain_id = time, 1, chain_id
        env = pyrevm.Env(
            cfg=pyrevm.CfgEnv(chain_id=chain_id, limit_contract_code_size=code_size_limit),
            block=pyrevm.BlockEnv(timestamp=time, number=self.number),
        )
        self.raw = pyrevm.EVM(env=env, spec_id="CANCUN")
        self.logs: list[Log] = []
        self._open: list[pyrevm.JournalCheckpoint] = []
        self._errors = built_in_errors()

    def learn_errors(self, contract_type: ContractType) -> None:
        """From now on, custom errors of this contract are decoded wherever they surface."""
        self._errors.update({hash_of(error.selector)[:4]: error for error in contract_type.errors})

    def warp(self, seconds: int) -> None:
        """The next block is this much later."""
        self._set_block(self.time + seconds, self.number + 1)

    def snapshot(self) -> Snapshot:
        """Marks the present state; marks may be nested."""
        state = self.raw.snapshot()
        self._open.append(state)
        return Snapshot(state, self.time, self.number, len(self.logs))

    def revert(self, snapshot: Snapshot) -> None:
        """Undoes all since a mark, time and logs included. A mark can be used once."""
        # Open marks count as calls within calls, of which there are at most 1,024: those within are closed, too.
        while (state := self._open.pop()) is not snapshot.state:
            self.raw.revert(state)
        self.raw.revert(snapshot.state)
        self._set_block(snapshot.time, snapshot.number)
        del self.logs[snapshot.log_count :]

    @contextlib.contextmanager
    def rolled_back(self) -> Iterator[None]:
        """What the block does is undone at its end."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.revert(snapshot)

    def _set_block(self, time: int, number: int) -> None:
        self.time, self.number = time, number
        self.raw.set_block_env(pyrevm.BlockEnv(timestamp=time, number=number))

    def deploy(self, name: str, *args: Any, sender: str) -> Contract:
        """Deploys a contract of the project by its name."""
        compiled = contract_type(name)
        self.learn_errors(compiled)
        bytecode = compiled.deployment_bytecode
        assert bytecode, f"{name} has no code to deploy"
        code = bytes.fromhex(str(bytecode.bytecode).removeprefix("0x"))
        code += encode(types_of(compiled.constructor.inputs), args)
        return Contract(self, self._create(sender, code), compiled)

    def _create(self, sender: str, code: bytes) -> str:
        """Deploys code, and gives its address."""
        try:
            address: str = self.raw.deploy(sender, code)
        except RuntimeError as error:
            raise self._reverted(error) from None
        finally:
            self.raw.reset_transient_storage()
        self._take_logs()
        return address

    def at(self, name: str, address: str) -> Contract:
        """A contract of the project at an address."""
        return Contract(self, address, contract_type(name))

    def transact(
        self, sender: str, to: str, data: bytes, value: int = 0, *, static: bool = False, gas: int | None = None
    ) -> Receipt:
        """One transaction, or one call that leaves no trace.

        :param gas: the gas that it has; more than it can need if not given
        :raises Reverted: if it reverts
        """
        try:
            output = self.raw.message_call(sender, to, calldata=data, value=value or None, gas=gas, is_static=static)
        except RuntimeError as error:
            raise self._reverted(error) from None
        finally:
            # Each call is a transaction of its own.
            self.raw.reset_transient_storage()
        return Receipt(bytes(output), () if static else self._take_logs())

    def set_code(self, address: str, code: bytes) -> None:
        """Puts code at an address, as EIP-7702 or a genesis block would."""
        self.raw.insert_account_info(address, pyrevm.AccountInfo(code=code))

    def storage(self, address: str, slot: int) -> int:
        """One storage slot."""
        return int(self.raw.storage(address, slot))

    def set_storage(self, address: str, slot: int, value: int) -> None:
        """Overwrites one storage slot, to reach a state that would take millions of transactions."""
        self.raw.insert_account_storage(address, slot, value)

    def _take_logs(self) -> tuple[Log, ...]:
        """The logs of the transaction that just succeeded, added to those of the chain."""
        result = self.raw.result
        assert result is not None, "nothing was executed yet"
        logs = tuple(self._log(entry) for entry in result.logs)
        self.logs += logs
        return logs

    @staticmethod
    def _log(entry: pyrevm.Log) -> Log:
        topics = tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in entry.topics)
        data = entry.data[1] if isinstance(entry.data, tuple) else entry.data
        return Log(checksummed(entry.address), topics, bytes(data))

    def _reverted(self, error: RuntimeError) -> Reverted:
        match = _REVERT_OUTPUT.search(str(error))
        if not match:
            return Reverted(str(error), (), b"")
        return self.read_revert(bytes.fromhex(match[1]))

    def read_revert(self, data: bytes) -> Reverted:
        """Revert data, decoded."""
        if not data:
            return Reverted("", (), b"")
        abi = self._errors.get(data[:4])
        if abi is None:
            return Reverted("unknown", (), data)
        return Reverted(abi.name, decode_values(abi.inputs, data[4:]), data)
