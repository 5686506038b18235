"""What a transaction offers for its gas (EIP-1559), with a cap on it."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.currency import from_wei
from web3 import Web3

from registries.errors import DeploymentError

REPLACEMENT_PERCENT = 25
"""By how much a replacement offers more; nodes want 10 or 12.5 at least."""

_NODES_MINIMUM_PERCENT = 13


@dataclass(frozen=True)
class Fees:
    """An offer, wei per gas."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True)
class FeePolicy:
    """What a person allows.

    :ivar cap: the highest `max_fee` ever offered, wei per gas; None for no cap
    :ivar priority_fee: wei per gas; what the node suggests if None
    """

    cap: int | None = None
    priority_fee: int | None = None

    def offer(self, web3: Web3) -> Fees:
        """What to offer now: enough for the base fee to double.

        :raises DeploymentError: if the chain has no base fee, or the cap is below what it takes now
        """
        base_fee = web3.eth.get_block("latest").get("baseFeePerGas")
        if base_fee is None:
            raise DeploymentError("fees: the chain's blocks have no base fee (EIP-1559)")
        priority = self.priority_fee if self.priority_fee is not None else int(web3.eth.max_priority_fee)
        if self.cap is not None and base_fee + priority > self.cap:
            raise DeploymentError(
                f"fees: the base fee of {gwei(base_fee)} and the priority fee of {gwei(priority)} are above the cap of"
                f" {gwei(self.cap)}"
            )
        wanted = 2 * int(base_fee) + priority
        return Fees(wanted if self.cap is None else min(wanted, self.cap), priority)

    def replacement(self, web3: Web3, old: Fees) -> Fees | None:
        """What to offer instead of an offer that nobody took; None if the cap leaves no room for a better one."""
        offer = self.offer(web3)
        max_fee = max(offer.max_fee, _raised(old.max_fee, REPLACEMENT_PERCENT))
        priority = max(offer.priority_fee, _raised(old.priority_fee, REPLACEMENT_PERCENT))
        if self.cap is not None:
            max_fee, priority = min(max_fee, self.cap), min(priority, self.cap)
        better = max_fee >= _raised(old.max_fee, _NODES_MINIMUM_PERCENT)
        better = better and priority >= _raised(old.priority_fee, _NODES_MINIMUM_PERCENT)
        return Fees(max_fee, priority) if better else None


def _raised(fee: int, percent: int) -> int:
    return -(-fee * (100 + percent) // 100)


def gwei(wei: int) -> str:
    """An amount for people."""
    return f"{from_wei(wei, 'gwei'):f} gwei"


def ether(wei: int) -> str:
    """An amount for people."""
    return f"{from_wei(wei, 'ether'):f} ETH"
