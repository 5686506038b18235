"""Where on a chain a contract was created: its block and its transaction, whoever sent it.

From the chain alone, so that it is found for a registry that somebody else created too, or after the journal is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3
from web3.types import FilterParams

from registries.errors import DeploymentError
from registries.plan import code_at

RECENT = 100
"""Blocks whose state every node has."""


@dataclass(frozen=True)
class Location:
    """A creation.

    :ivar transaction: its hash, in hexadecimal
    :ivar time: of its block, seconds of Unix time
    """

    block: int
    transaction: str
    time: int


def locate(web3: Web3, address: str) -> Location:
    """The creation of a contract, found by bisection: some seven questions for a recent one.

    :raises DeploymentError: if there is no code, or its first block has no log of it
    """
    head = web3.eth.block_number
    if not code_at(web3, address, head):
        raise DeploymentError(f"no code at {address}")
    recent = max(0, head - RECENT)
    # No older state is asked for unless the contract is older.
    low, high = (0, recent) if recent and code_at(web3, address, recent) else (recent, head)
    while low < high:
        middle = (low + high) // 2
        if code_at(web3, address, middle):
            high = middle
        else:
            low = middle + 1
    query: FilterParams = {"address": Web3.to_checksum_address(address), "fromBlock": low, "toBlock": low}
    logs = web3.eth.get_logs(query)
    if not logs:
        raise DeploymentError(f"{address}: the block of its creation, {low}, has no log of it")
    return Location(low, Web3.to_hex(logs[0]["transactionHash"]), web3.eth.get_block(low)["timestamp"])
