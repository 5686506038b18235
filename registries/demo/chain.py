"""Transactions in batches: sent one after the other without waiting, and confirmed together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from ethpm_types.abi import ErrorABI
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError
from web3.types import TxParams, TxReceipt, Wei

GAS_MARGIN = 1.3
"""An estimate knows nothing of the transactions that are sent just before."""

REFUSED_GAS = 1_000_000
"""For a transaction that will revert: no estimate can be had for it."""

RECEIPT_TIMEOUT = 30.0
POLL_INTERVAL = 0.05


class DemoError(AssertionError):
    """A step did not do what it says."""


def expect(actual: object, wanted: object, what: str) -> None:
    """Fails the demo unless the chain says what was announced.

    :raises DemoError: if the two differ
    """
    if actual != wanted:
        raise DemoError(f"{what}: the chain says {actual!r}, expected {wanted!r}")


@dataclass(frozen=True)
class Refusal:
    """A transaction that the registries refused, and their reason."""

    what: str
    sender: str
    reason: str


@dataclass(frozen=True)
class _Sent:
    label: str
    hash: HexBytes
    refused: bool


class Chain:
    """A chain, the transactions on their way to it, and what they cost."""

    def __init__(self, rpc_url: str, contract_types: Iterable[ContractType]) -> None:
        self.web3 = Web3(HTTPProvider(rpc_url))
        self.chain_id = self.web3.eth.chain_id
        self.gas_used: defaultdict[str, list[int]] = defaultdict(list)
        self.refusals: list[Refusal] = []
        self._errors = {keccak(text=error.selector)[:4]: error for kind in contract_types for error in kind.errors}
        self._nonces: dict[str, int] = {}
        self._pending: list[_Sent] = []

    def now(self) -> int:
        """The time of the latest block."""
        return self.web3.eth.get_block("latest")["timestamp"]

    def send(self, sender: LocalAccount, call: ContractFunction) -> None:
        """Sends a transaction; {settle} waits for it.

        :raises DemoError: if it would revert
        """
        try:
            gas = call.estimate_gas({"from": sender.address})
        except ContractLogicError as error:
            raise DemoError(f"{label(call)} reverts with {self._reason(error)}") from None
        self._submit(sender, call, gas=int(gas * GAS_MARGIN), refused=False)

    def send_refused(self, sender: LocalAccount, call: ContractFunction, error: str, what: str) -> None:
        """Sends a transaction that must revert; {settle} sees that it did.

        :param error: the error that is expected, with its arguments: "SelfFeedback(1, 0x...)"
        :param what: the attempt, in words
        :raises DemoError: if it would not revert, or for another reason
        """
        try:
            call.call({"from": sender.address})
        except ContractLogicError as failure:
            reason = self._reason(failure)
        else:
            raise DemoError(f"{what}: {label(call)} was not refused")
        expect(reason, error, what)
        self.refusals.append(Refusal(what, sender.address, reason))
        self._submit(sender, call, gas=REFUSED_GAS, refused=True)

    def settle(self) -> list[TxReceipt]:
        """Waits for all transactions on their way, and gives their receipts in the order of sending.

        :raises DemoError: if one of them reverted that should not have, or the other way round
        """
        sent, self._pending = self._pending, []
        receipts = []
        for transaction in sent:
            receipt = self.web3.eth.wait_for_transaction_receipt(
                transaction.hash, timeout=RECEIPT_TIMEOUT, poll_latency=POLL_INTERVAL
            )
            expect(receipt["status"], 0 if transaction.refused else 1, f"the status of {transaction.label}")
            if transaction.refused:
                expect(len(receipt["logs"]), 0, f"the logs of the refused {transaction.label}")
            else:
                self.gas_used[transaction.label].append(receipt["gasUsed"])
            receipts.append(receipt)
        return receipts

    def _submit(self, sender: LocalAccount, call: ContractFunction, *, gas: int, refused: bool) -> None:
        nonce = self._nonces.get(sender.address)
        if nonce is None:
            nonce = self.web3.eth.get_transaction_count(sender.address)
        self._nonces[sender.address] = nonce + 1
        fields: TxParams = {
            "from": sender.address,
            "chainId": self.chain_id,
            "nonce": nonce,  # type: ignore[typeddict-item]  # a NewType over int
            "gas": gas,
            "maxFeePerGas": Wei(10 * 10**9),
            "maxPriorityFeePerGas": Wei(10**9),
            "value": Wei(0),
        }
        signed = sender.sign_transaction(call.build_transaction(fields))  # type: ignore[arg-type]  # typed as a dict
        tx_hash = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        self._pending.append(_Sent(label(call), tx_hash, refused))

    def _reason(self, failure: ContractLogicError) -> str:
        data = HexBytes(failure.data) if isinstance(failure.data, str) else HexBytes(b"")
        error = self._errors.get(bytes(data[:4]))
        return describe(error, bytes(data[4:])) if error else str(failure)


def label(call: ContractFunction) -> str:
    """The name of a function as the gas table shows it: overloads by their arguments."""
    name: str = call.fn_name.split("(")[0]
    if name not in {"register", "safeTransferFrom"}:
        return name
    return f"{name}({', '.join(item['name'] for item in call.abi.get('inputs', []))})"


def describe(error: ErrorABI, data: bytes) -> str:
    """A custom error with its arguments: "SelfFeedback(1, 0x...)"."""
    types = [item.canonical_type for item in error.inputs]
    values: list[Any] = [
        to_checksum_address(value) if kind == "address" else value
        for kind, value in zip(types, decode(types, data), strict=True)
    ]
    return f"{error.name}({', '.join(str(value) for value in values)})"
