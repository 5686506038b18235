"""Gets transactions into the chain: one at a time, each written down before it is sent, and sent until it is there.

A transaction that was dropped is sent again as it is, one that is stuck is replaced by one of the same nonce that
offers more. So however often a run dies, an account never has two transactions on their way for one step.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound, Web3RPCError
from web3.types import TxParams, Wei

from registries.chains import Chain
from registries.errors import DeploymentError
from registries.fees import FeePolicy, Fees, ether, gwei
from registries.journal import Entry, Journal
from registries.rpc import readable_errors, url_of
from registries.signers import Signer

GAS_MARGIN_PERCENT = 15
"""Above a node's estimate."""

# What nodes say of a transaction that they have, or that has been mined. Only the chain tells what became of it.
_KNOWN = re.compile(r"already ?(known|imported|exists)|nonce ?too ?low|old ?nonce|underpriced", re.IGNORECASE)
_TOO_POOR = re.compile(r"insufficient ?funds", re.IGNORECASE)


@dataclass(frozen=True)
class Pace:
    """How long to wait for what, in seconds.

    :ivar poll: between two questions to the chain
    :ivar resend: before a transaction that is in no block is sent again
    :ivar patience: with one transaction, before the run gives up; it can be resumed
    """

    poll: float = 1.0
    resend: float = 15.0
    patience: float = 1800.0


class Task(Protocol):
    """Something that one transaction does. See {registries.plan.Step}.

    :ivar key: what the journal knows it by
    :ivar signed: the transaction itself, if it is signed already
    """

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def value(self) -> int: ...
    @property
    def signed(self) -> bytes: ...

    def is_done(self, web3: Web3) -> bool:
        """Whether it has had its effect."""


class Transactions:
    """The transactions of one account on one chain.

    :param notify: called with a line of text whenever something is worth knowing
    """

    def __init__(
        self,
        web3: Web3,
        chain: Chain,
        signer: Signer,
        journal: Journal,
        fees: FeePolicy,
        *,
        pace: Pace | None = None,
        notify: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._web3, self._chain, self._signer, self._journal, self._fees = web3, chain, signer, journal, fees
        self._pace, self._notify = pace or Pace(), notify
        self._address = Web3.to_checksum_address(signer.address)

    def ensure(self, step: Task) -> None:
        """Does a step unless it is done; returns when it is in a block.

        :raises DeploymentError: if it cannot be done now; what was sent is in the journal
        """
        deadline = time.monotonic() + self._pace.patience
        while not step.is_done(self._web3):
            if time.monotonic() > deadline:
                raise DeploymentError(f"{step.name}: still in no block after {self._pace.patience:.0f} s; run it again")
            self._push(step)
            self._wait(step)

    def _wait(self, step: Task) -> None:
        """Until the step is done, or it is time to send again."""
        again = time.monotonic() + self._pace.resend
        while time.monotonic() < again and not step.is_done(self._web3):
            time.sleep(self._pace.poll)

    def _push(self, step: Task) -> None:
        """Sends what it takes now: the first transaction of a step, the same one again, or a better one."""
        if step.signed:
            self._broadcast(step, step.signed)
            return
        mined = self._web3.eth.get_transaction_count(self._address, "latest")
        sent = self._journal.of(step.key)
        if not sent or sent[-1].nonce < mined:
            self._check_not_failed(step, sent)
            self._send_new(step)
        elif time.time() - sent[-1].time > self._chain.stuck_after and (
            better := self._fees.replacement(self._web3, sent[-1].fees)
        ):
            self._notify(f"{step.name}: replaced, now at {gwei(better.max_fee)}")
            self._send(step, sent[-1].nonce, better)
        else:
            self._broadcast(step, bytes(HexBytes(sent[-1].signed)))

    def _send_new(self, step: Task) -> None:
        # Behind what else the account has on its way.
        nonce = self._web3.eth.get_transaction_count(self._address, "pending")
        self._send(step, nonce, self._fees.offer(self._web3))

    def _send(self, step: Task, nonce: int, fees: Fees) -> None:
        transaction: TxParams = {
            "type": 2,
            "chainId": self._chain.id,
            "nonce": nonce,  # type: ignore[typeddict-item]  # web3 has a type of its own for it
            "to": Web3.to_checksum_address(step.to),
            "value": Wei(step.value),
            "data": HexBytes(step.data),
            "gas": self._gas(step),
            "maxFeePerGas": Wei(fees.max_fee),
            "maxPriorityFeePerGas": Wei(fees.priority_fee),
        }
        signed = self._signer.sign(transaction)
        digest = "0x" + keccak(signed).hex()
        entry = Entry(step.key, nonce, digest, "0x" + signed.hex(), fees.max_fee, fees.priority_fee, time.time())
        self._journal.add(entry)
        self._notify(f"{step.name}: sent as {digest}")
        self._broadcast(step, signed)

    def _gas(self, step: Task) -> int:
        """The limit: the node's estimate with a margin, which also shows what would revert before it costs anything.

        :raises DeploymentError: if it would revert
        """
        call: TxParams = {
            "from": self._address,
            "to": Web3.to_checksum_address(step.to),
            "value": Wei(step.value),
            "data": HexBytes(step.data),
        }
        try:
            with readable_errors(url_of(self._web3)):
                estimate = self._web3.eth.estimate_gas(call)
        except DeploymentError as error:
            raise DeploymentError(f"{step.name}: {error}") from error
        return estimate * (100 + GAS_MARGIN_PERCENT) // 100

    def _broadcast(self, step: Task, signed: bytes) -> None:
        try:
            with readable_errors(url_of(self._web3)):
                self._web3.eth.send_raw_transaction(signed)
        except DeploymentError as error:
            text = str(error)
            if _TOO_POOR.search(text):
                have = self._web3.eth.get_balance(self._address)
                raise DeploymentError(
                    f"{step.name}: {self._address} has {ether(have)}, too little; send it more and run this again"
                ) from error
            if not _KNOWN.search(text):
                raise DeploymentError(f"{step.name}: {text}") from error

    def _check_not_failed(self, step: Task, sent: list[Entry]) -> None:
        """:raises DeploymentError: if one of the transactions is in a block, and failed."""
        for entry in sent:
            try:
                receipt = self._web3.eth.get_transaction_receipt(HexBytes(entry.hash))
            except (TransactionNotFound, Web3RPCError):
                continue
            if receipt["status"] == 0 and receipt["gasUsed"] > 0:
                # A creation that came too late, after somebody else's, is a step that is done.
                if step.is_done(self._web3):
                    return
                self._journal.forget(step.key)
                raise DeploymentError(
                    f"{step.name}: transaction {entry.hash} failed in block {receipt['blockNumber']}; another run sends"
                    " it anew"
                )
