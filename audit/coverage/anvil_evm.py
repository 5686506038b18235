"""anvil behind the face of pyrevm's EVM, as far as `tests/evm.py` uses it: the same tests, real transactions.

Every transaction and every call is traced. One chain serves all tests, one after the other: a new EVM takes it back to
its beginning, and the one before is gone.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import pyrevm
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from audit.coverage.build import CODE_SIZE_LIMIT, Build, CodeId
from audit.coverage.executed import Executed
from audit.coverage.traces import add_trace, find_code

OPTIONS = (
    *("--hardfork", "cancun", "--code-size-limit", str(CODE_SIZE_LIMIT), "--gas-limit", str(10**12)),
    *("--base-fee", "0", "--gas-price", "0", "--auto-impersonate", "--steps-tracing"),
)
_GAS = 10**9
_TRACE = {"disableStorage": True, "enableMemory": False}


class _Log(NamedTuple):
    address: str
    topics: list[str]
    data: bytes


class _Result(NamedTuple):
    logs: list[_Log]


class AnvilChain:
    """A chain that notes what it executes."""

    def __init__(self, rpc_url: str, build: Build) -> None:
        self.executed = Executed()
        self._build = build
        self._provider = HTTPProvider(rpc_url, request_kwargs={"timeout": 120})
        self._find_code = functools.cache(functools.partial(find_code, build))
        self._creations = {code.object: code_id for code_id, code in build.codes.items() if code_id.creation}
        self._deployed = set[str]()
        self._accounts: dict[str, CodeId | None] = {}
        self._beginning = self.request("evm_snapshot")

    def request(self, method: str, *parameters: Any) -> Any:
        """What the node answers.

        :raises ValueError: if that is an error
        """
        response = self._provider.make_request(RPCEndpoint(method), list(parameters))
        if "error" in response:
            raise ValueError(f"{method}: {response['error']}")
        return response["result"]

    def start_again(self) -> None:
        """Forgets all that happened."""
        self._accounts.clear()
        self.request("evm_revert", self._beginning)
        self._beginning = self.request("evm_snapshot")

    def trace_creation(self, transaction_hash: str, code: str) -> dict[str, Any] | None:
        """The trace of a deployment, counted; None if the same deployment was traced before."""
        if code in self._deployed:
            return None
        self._deployed.add(code)
        data = bytes.fromhex(code.removeprefix("0x"))
        entered = next((code_id for creation, code_id in self._creations.items() if data.startswith(creation)), None)
        return self._count(self.request("debug_traceTransaction", transaction_hash, _TRACE), entered)

    def trace_transaction(self, transaction_hash: str, to: str) -> dict[str, Any]:
        """The trace of a transaction, counted."""
        return self._count(self.request("debug_traceTransaction", transaction_hash, _TRACE), self._code_at(to))

    def trace_call(self, call: dict[str, Any]) -> dict[str, Any]:
        """The trace of a call that leaves nothing behind, counted."""
        return self._count(self.request("debug_traceCall", call, "latest", _TRACE), self._code_at(call["to"]))

    def code_changed(self) -> None:
        """An account may have other code now than it had."""
        self._accounts.clear()

    def _count(self, trace: dict[str, Any], entered: CodeId | None) -> dict[str, Any]:
        add_trace(self.executed, trace.pop("structLogs"), entered, self._code_at)
        return trace

    def _code_at(self, address: str) -> CodeId | None:
        if address not in self._accounts:
            code = bytes.fromhex(self.request("eth_getCode", address, "latest")[2:])
            self._accounts[address] = self._find_code(code)
        return self._accounts[address]


class AnvilEVM:
    """What `tests/evm.py` takes for pyrevm's EVM."""

    def __init__(self, chain: AnvilChain, *, env: Any, **_options: Any) -> None:
        self._chain = chain
        self._time: int | None = env.block.timestamp
        self.result = _Result([])
        chain.start_again()

    def deploy(self, deployer: str, code: bytes) -> str:
        """Deploys a contract and gives its address."""
        data = f"0x{code.hex()}"
        transaction_hash, receipt = self._send({"from": deployer, "data": data})
        self._chain.code_changed()
        trace = self._chain.trace_creation(transaction_hash, data)
        if int(receipt["status"], 16) == 0:
            trace = trace or self._chain.request("debug_traceTransaction", transaction_hash, _TRACE)
            raise _failure(trace)
        return str(receipt["contractAddress"])

    def message_call(
        self, caller: str, to: str, *, calldata: bytes, value: int | None, gas: int | None, is_static: bool
    ) -> bytes:
        """Makes a transaction, or a call that leaves nothing behind."""
        call = {"from": caller, "to": to, "data": f"0x{calldata.hex()}", "value": hex(value or 0)}
        call["gas"] = hex(gas or _GAS)
        if is_static:
            trace = self._chain.trace_call(call)
        else:
            transaction_hash, receipt = self._send(call)
            trace = self._chain.trace_transaction(transaction_hash, to)
            self.result = _Result([_log(entry) for entry in receipt["logs"]])
        if trace["failed"]:
            raise _failure(trace)
        return bytes.fromhex(trace["returnValue"].removeprefix("0x"))

    def reset_transient_storage(self) -> None:
        """Nothing to do: each transaction ends its own."""

    def set_block_env(self, block: pyrevm.BlockEnv) -> None:
        """From now on, blocks have this time."""
        self._time = block.timestamp

    def storage(self, address: str, slot: int) -> int:
        """One storage slot."""
        return int(self._chain.request("eth_getStorageAt", address, hex(slot), "latest"), 16)

    def insert_account_storage(self, address: str, slot: int, value: int) -> None:
        """Overwrites one storage slot."""
        self._chain.request("anvil_setStorageAt", address, hex(slot), f"0x{value:064x}")

    def insert_account_info(self, address: str, info: pyrevm.AccountInfo) -> None:
        """Puts code at an address."""
        self._chain.request("anvil_setCode", address, f"0x{bytes(info.code or b'').hex()}")
        self._chain.code_changed()

    def get_code(self, address: str) -> bytes:
        """The code at an address."""
        return bytes.fromhex(self._chain.request("eth_getCode", address, "latest")[2:])

    def set_balance(self, address: str, balance: int) -> None:
        """Gives an account ether, wei."""
        self._chain.request("anvil_setBalance", address, hex(balance))

    def _send(self, transaction: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self._chain.request("evm_setNextBlockTimestamp", self._time)
        defaults = {"gas": hex(_GAS), "gasPrice": "0x0"}
        transaction_hash: str = self._chain.request("eth_sendTransaction", defaults | transaction)
        receipt = None
        while receipt is None:
            receipt = self._chain.request("eth_getTransactionReceipt", transaction_hash)
        return transaction_hash, dict(receipt)


def _log(entry: dict[str, Any]) -> _Log:
    return _Log(entry["address"], list(entry["topics"]), bytes.fromhex(entry["data"].removeprefix("0x")))


def _failure(trace: dict[str, Any]) -> RuntimeError:
    """As pyrevm words a revert: `tests/evm.py` reads the data from it."""
    return RuntimeError(f"Revert {{ output: 0x{trace['returnValue'].removeprefix('0x')} }}")
