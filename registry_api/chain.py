"""A chain: its head, headers and logs, its transactions, and what calls would do. The only module that asks an RPC."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import BlockNotFound, TransactionNotFound, Web3RPCError
from web3.types import BlockData, RPCEndpoint, RPCResponse

from registries.chains import Chain
from registries.errors import DeploymentError
from registries.fees import FeePolicy, Fees
from registries.rpc import BACKOFF, RPCError, connect, readable_errors, url_of
from registry_api import metrics
from registry_api.abi import checksummed, function
from registry_api.blocks import Block, Log
from registry_api.errors import FatalError, RetryableError

FIRST_RANGE = 2_000
"""Blocks in the first question for logs; it grows while answers are short."""
LONGEST_RANGE = 50_000
"""Blocks in one question for logs; nodes that allow fewer are asked for fewer."""
MANY_LOGS = 5_000
"""As many as one answer should have."""


RawLog = Mapping[str, Any]
"""As JSON has it: numbers and bytes in hexadecimal."""


class ChainReader(Protocol):
    """What the indexer needs of a chain."""

    def head(self) -> int:
        """The number of the latest block."""

    def block(self, number: int) -> Block | None:
        """A header of the canonical chain; None if there is no such block (any more)."""

    def logs_of(self, block: Block) -> list[Log]:
        """The registries' logs in exactly this block, in order.

        :raises RetryableError: if the node no longer has the block
        """

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        """The registries' logs of final blocks, in order, as far as the node answers at once.

        :returns: the last block that they cover, and the logs
        """


class Read(NamedTuple):
    """A read of a contract, and what the database says it gives.

    :ivar registry: "identity", "reputation" or "validation"
    :ivar expected: as web3 gives it; texts as the database keeps them
    """

    registry: str
    function: str
    arguments: tuple[Any, ...]
    expected: Any


class StateReader(Protocol):
    """The contracts at one block."""

    def read(self, reads: Sequence[Read]) -> list[Any]:
        """What each read gives; None where it reverts. Texts as the database keeps them."""


class CallFailedError(Exception):
    """A simulated call does not succeed.

    :ivar text: what the node says
    :ivar data: what the call reverts with; empty if there is nothing
    """

    def __init__(self, text: str, data: bytes) -> None:
        super().__init__(text)
        self.text, self.data = text, data


class Terms(NamedTuple):
    """What a transaction takes now.

    :ivar gas: the node's estimate, without a margin
    :ivar nonce: behind what else its sender has on its way
    :ivar balance: its sender's, wei
    """

    gas: int
    nonce: int
    balance: int
    fees: Fees


class Transaction(NamedTuple):
    """A transaction, and what became of it.

    :ivar recipient: None if it creates a contract
    :ivar value: wei
    :ivar block: of the canonical chain; None as long as it is in none
    :ivar succeeded: False also as long as it is in no block
    """

    hash: str
    sender: str
    recipient: str | None
    value: int
    block: Block | None
    succeeded: bool
    logs: Sequence[Log]


class RPCChain:
    """A chain behind an RPC. What goes wrong on the way is retried, and then a {RetryableError}.

    :param registries: addresses whose logs count
    :param backoff: seconds between the first two tries of a request; see {registries.rpc.connect}
    :raises FatalError: if the RPC is another chain's
    """

    def __init__(self, chain: Chain, url: str, registries: Iterable[str], *, backoff: float = BACKOFF) -> None:
        try:
            self._web3 = connect(chain, url, backoff=backoff)
        except RPCError as error:
            raise RetryableError(str(error)) from error
        except DeploymentError as error:
            raise FatalError(str(error)) from error
        self._name = str(chain.id)
        self._addresses = [checksummed(address) for address in registries]
        self._range = FIRST_RANGE

    def head(self) -> int:
        return int(self._ask(lambda web3: web3.eth.block_number))

    def latest(self) -> Block:
        """The header of the latest block."""
        return _block(self._ask(lambda web3: web3.eth.get_block("latest")))

    def block(self, number: int) -> Block | None:
        found = self._find(lambda web3: web3.eth.get_block(number))
        return None if found is None else _block(found)

    def logs_of(self, block: Block) -> list[Log]:
        found = self._raw("eth_getLogs", {"address": self._addresses, "blockHash": block.hash})
        return _in_order(_log(log, block.time) for log in found)

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        while True:
            end = min(last, first + self._range - 1)
            wanted = {"address": self._addresses, "fromBlock": hex(first), "toBlock": hex(end)}
            try:
                found = self._raw("eth_getLogs", wanted)
            except RetryableError:
                # Too many blocks or logs for this node: each says so in words of its own.
                if end == first:
                    raise
                self._range = max(1, (end - first + 1) // 4)
                continue
            wished = (end - first + 1) * MANY_LOGS // max(1, len(found))
            self._range = max(1, min(LONGEST_RANGE, self._range * 4, wished))
            return end, self._with_times(found)

    def call(self, calls: Sequence[Mapping[str, str]], block_hash: str) -> list[bytes | None]:
        """What calls give at a block, in one request; None for one that reverts.

        :raises RetryableError: if there is no answer
        """
        requests = [(RPCEndpoint("eth_call"), [one, {"blockHash": block_hash}]) for one in calls]
        answers = self._ask(lambda web3: web3.provider.make_batch_request(requests))
        if not isinstance(answers, list):
            raise RetryableError("RPC: gives no answers to several requests at once")
        return [_called(answer) for answer in answers]

    def simulate(self, call: Mapping[str, str], block_hash: str) -> bytes:
        """What a call gives at a block.

        :param call: as eth_call takes it
        :raises CallFailedError: if it does not succeed
        :raises RetryableError: if there is no answer, or the node does not have the block's state
        """
        return bytes(HexBytes(self._execute("eth_call", call, {"blockHash": block_hash})))

    def terms(self, call: Mapping[str, str]) -> Terms:
        """What a call takes as a transaction of its sender, at the latest block.

        :param call: as eth_estimateGas takes it, with `from`
        :raises CallFailedError: if it does not succeed
        :raises RetryableError: if there is no answer
        :raises FatalError: if the chain has no base fee (EIP-1559)
        """
        sender = checksummed(call["from"])
        gas = int(self._execute("eth_estimateGas", call, "latest"), 16)
        nonce = self._ask(lambda web3: web3.eth.get_transaction_count(sender, "pending"))
        balance = self._ask(lambda web3: web3.eth.get_balance(sender))
        try:
            fees = self._ask(FeePolicy().offer)
        except DeploymentError as error:
            raise FatalError(str(error)) from error
        return Terms(gas, nonce, balance, fees)

    def transaction(self, digest: str) -> Transaction | None:
        """A transaction by its hash; None if the node does not know of it.

        :raises RetryableError: if there is no answer
        """
        told = self._find(lambda web3: web3.eth.get_transaction(digest))  # type: ignore[arg-type]  # a text as well
        if told is None:
            return None
        receipt = self._raw("eth_getTransactionReceipt", digest)
        block = receipt and self.block(int(receipt["blockNumber"], 16))
        if block is not None and block.hash != receipt["blockHash"]:
            block = None
        return Transaction(
            hash=Web3.to_hex(told["hash"]),
            sender=checksummed(told["from"]),
            recipient=checksummed(told["to"]) if told.get("to") else None,
            value=told["value"],
            block=block,
            succeeded=block is not None and int(receipt["status"], 16) == 1,
            logs=_in_order(_log(log, block.time) for log in receipt["logs"]) if block is not None else [],
        )

    def _with_times(self, found: Sequence[RawLog]) -> list[Log]:
        times: dict[str, int] = {}
        for log in found:
            number = log["blockNumber"]
            if number not in times:
                told = log.get("blockTimestamp")
                times[number] = self._time(int(number, 16)) if told is None else int(told, 16)
        return _in_order(_log(log, times[log["blockNumber"]]) for log in found)

    def _time(self, number: int) -> int:
        block = self.block(number)
        if block is None:
            raise RetryableError(f"block {number} has logs, but the node does not have it")
        return block.time

    def _execute(self, method: str, *parameters: Any) -> Any:
        """What the node gives after running a call.

        :raises CallFailedError: if the call does not succeed
        :raises RetryableError: if there is no answer
        """

        def ask(web3: Web3) -> Any:
            try:
                return web3.manager.request_blocking(RPCEndpoint(method), parameters)
            except Web3RPCError as error:
                if failure := _failure(error):
                    raise failure from None
                raise

        return self._ask(ask)

    def _raw(self, method: str, *parameters: Any) -> Any:
        """An answer as the node gives it. For logs, web3's own form takes longer than all the rest of indexing.

        :raises RetryableError: if there is no answer
        """

        def ask(web3: Web3) -> Any:
            response = web3.provider.make_request(RPCEndpoint(method), parameters)
            if "error" in response:
                raise Web3RPCError(method, rpc_response=response)
            return response["result"]

        return self._ask(ask)

    def _find(self, question: Callable[[Web3], Any]) -> Any:
        """What is asked for; None if the node says that there is no such thing."""

        def find(web3: Web3) -> Any:
            try:
                return question(web3)
            except (BlockNotFound, TransactionNotFound):
                return None

        return self._ask(find)

    def _ask(self, question: Any) -> Any:
        """:raises RetryableError: if there is no answer."""
        try:
            with readable_errors(url_of(self._web3)):
                return question(self._web3)
        except RPCError as error:
            metrics.rpc_errors.labels(self._name).inc()
            raise RetryableError(str(error)) from error


class RPCState:
    """The registries at one block of a chain behind an RPC.

    :param registries: their addresses by name
    """

    def __init__(self, chain: RPCChain, registries: Mapping[str, str], block_hash: str) -> None:
        self._chain, self._registries, self._block_hash = chain, registries, block_hash

    def read(self, reads: Sequence[Read]) -> list[Any]:
        functions = [function(read.registry, read.function, len(read.arguments)) for read in reads]
        calls = [
            {"to": self._registries[read.registry], "data": Web3.to_hex(one.encode(read.arguments))}
            for one, read in zip(functions, reads, strict=True)
        ]
        answers = self._chain.call(calls, self._block_hash)
        return [None if answer is None else one.decode(answer) for one, answer in zip(functions, answers, strict=True)]


def _block(block: BlockData) -> Block:
    return Block(block["number"], Web3.to_hex(block["hash"]), Web3.to_hex(block["parentHash"]), block["timestamp"])


def _called(answer: RPCResponse) -> bytes | None:
    if "result" in answer:
        return bytes(HexBytes(answer["result"]))
    error: Any = answer.get("error")
    # By EIP-1474, 3 is a revert, and not a request that the node could not serve.
    if isinstance(error, dict) and (error.get("code") == 3 or "revert" in str(error.get("message", ""))):
        return None
    raise RetryableError("RPC: a call was refused")


# What nodes say of a call that was run and failed, rather than of a request that they could not serve.
_FAILED = re.compile(
    r"revert|evm error|out ?of ?gas|gas required exceeds|insufficient funds|invalid (opcode|jump)|stack (over|under)",
    re.IGNORECASE,
)


def _failure(error: Web3RPCError) -> CallFailedError | None:
    """The failure of a call; None if the error is one of the request."""
    response: Any = error.rpc_response
    told = response.get("error") if isinstance(response, dict) else None
    if not isinstance(told, dict):
        return None
    text, data = str(told.get("message", "")), told.get("data")
    # By EIP-1474, 3 is a revert.
    if told.get("code") != 3 and not _FAILED.search(text):
        return None
    if not isinstance(data, str) or not re.fullmatch(r"0x([0-9a-fA-F]{2})*", data):
        data = "0x"
    return CallFailedError(text, bytes(HexBytes(data)))


def _log(log: RawLog, time: int) -> Log:
    return Log(
        address=checksummed(log["address"]),
        topics=tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
        data=bytes.fromhex(log["data"][2:]),
        block=int(log["blockNumber"], 16),
        index=int(log["logIndex"], 16),
        transaction=log["transactionHash"],
        time=time,
    )


def _in_order(logs: Iterable[Log]) -> list[Log]:
    return sorted(logs, key=lambda log: (log.block, log.index))
