"""Proof that a transaction pays an agent's wallet, from the chain alone.

A token is any contract that emits ERC-20's Transfer: what it is worth, and whether its logs tell the truth, is for the
reader to judge by its address. What a contract passes on in native currency leaves no log and is not seen: only what
the transaction itself sends to the wallet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from registry_api.abi import checksummed, function
from registry_api.chain import CallFailedError, RPCChain, Transaction
from registry_api.errors import RetryableError
from registry_api.source import Source

Reason = Literal["not_found", "pending", "unconfirmed", "reverted", "no_transfer_to_wallet"]

_TRANSFER = keccak(text="Transfer(address,address,uint256)")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_WORD = 32
_ZERO_ADDRESS = "0x" + "00" * 20


class PaymentError(Exception):
    """A transaction does not prove a payment; the text says why.

    :ivar reason: not_found: the node does not know of it; pending: it is in no block of the chain; unconfirmed: too few
        blocks come after it; reverted: it failed; no_transfer_to_wallet: it pays others, or nobody
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason

    @property
    def may_change(self) -> bool:
        """Whether the same transaction may prove one later."""
        return self.reason in {"not_found", "pending", "unconfirmed"}


@dataclass(frozen=True)
class Payment:
    """A transfer to an agent's wallet. Transaction and log index tell it apart from every other one of its chain.

    :ivar transaction: the hash, 0x and 64 digits in lower case
    :ivar log_index: of the Transfer, among all logs of the block; None for native currency
    :ivar token: the contract's address; None for native currency
    :ivar payer: whose balance it comes from. With x402 that is the client, and who sends the transaction a facilitator
    :ivar amount: in the smallest units of token or currency, above zero
    :ivar time: of the block, seconds since the epoch
    """

    transaction: str
    log_index: int | None
    token: str | None
    payer: str
    recipient: str
    amount: int
    block: int
    block_hash: str
    time: int


class _Transfer(NamedTuple):
    """A transfer to whomever; see {Payment}."""

    log_index: int | None
    token: str | None
    payer: str
    recipient: str
    amount: int


def prove_payment(chain: RPCChain, source: Source, agent_id: int, transaction: str) -> tuple[Payment, ...]:
    """The transfers in a transaction to the wallet that the agent had at the end of its block.

    Transfers of nothing, and those from the wallet to itself, do not count. Native currency comes first, then logs in
    their order. Whether one was linked before is for the caller to know.

    :param transaction: its hash, 0x and 64 hexadecimal digits
    :returns: at least one
    :raises ValueError: if the hash is none
    :raises PaymentError: if there is no such transfer, or not yet
    :raises RetryableError: if the node does not answer, or no longer has the state of the block
    """
    if not _HASH.fullmatch(transaction):
        raise ValueError(f"transaction: {transaction[:80]!r} is not 0x and 64 hexadecimal digits")
    # Asked for first: what is confirmed at this head is so at any later one.
    head = chain.head()
    found = chain.transaction(transaction)
    if found is None:
        raise PaymentError("not_found", f"transaction {transaction}: the chain has none with this hash")
    if found.block is None:
        raise PaymentError("pending", f"transaction {found.hash}: in no block of the chain")
    block = found.block
    confirmations = head - block.number + 1
    if confirmations < source.confirmations:
        raise PaymentError(
            "unconfirmed",
            f"transaction {found.hash}: {max(0, confirmations)} of {source.confirmations} confirmations",
        )
    if not found.succeeded:
        raise PaymentError("reverted", f"transaction {found.hash}: failed in block {block.number}")
    wallet = wallet_at(chain, source.identity, agent_id, block.hash)
    payments = tuple(
        Payment(found.hash, *transfer, block.number, block.hash, block.time)
        for transfer in _transfers(found)
        if transfer.recipient == wallet != transfer.payer and transfer.amount
    )
    if not payments:
        whose = f"agent {agent_id}'s wallet {wallet}" if wallet else f"agent {agent_id}, which has no wallet"
        raise PaymentError(
            "no_transfer_to_wallet", f"transaction {found.hash}: no transfer to {whose} at block {block.number}"
        )
    return payments


def wallet_at(chain: RPCChain, identity: str, agent_id: int, block_hash: str) -> str | None:
    """The wallet of an agent at the end of a block; None if it had none, or was not there.

    :param identity: the identity registry's address
    :raises RetryableError: if the node does not answer, or no longer has the state of the block
    """
    read = function("identity", "getAgentWallet", 1)
    call = {"to": identity, "data": to_hex(read.encode((agent_id,)))}
    try:
        output = chain.simulate(call, block_hash)
    except CallFailedError:
        return None
    except RetryableError as error:
        raise RetryableError(
            f"agent {agent_id}: its wallet at block {block_hash} cannot be read, which a node that keeps no old states"
            f" never can ({error})"
        ) from error
    wallet = _address(output)
    return None if wallet == _ZERO_ADDRESS else wallet


def _transfers(transaction: Transaction) -> Iterator[_Transfer]:
    if transaction.recipient is not None:
        yield _Transfer(None, None, transaction.sender, transaction.recipient, transaction.value)
    for log in transaction.logs:
        # ERC-721's Transfer has the same first topic, and one topic more.
        if len(log.topics) == 3 and log.topics[0] == _TRANSFER and len(log.data) == _WORD:
            payer, recipient = map(_address, log.topics[1:])
            if payer is not None and recipient is not None:
                yield _Transfer(log.index, log.address, payer, recipient, int.from_bytes(log.data))


def _address(word: bytes) -> str | None:
    """The address in a word; None if it is no word, or too large a number."""
    return checksummed(word[12:]) if len(word) == _WORD and not any(word[:12]) else None
