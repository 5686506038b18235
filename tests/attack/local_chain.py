"""Contracts on anvil, where gas is exact and a call can be given a limit: for attacks on the cost of reads."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import ape
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from registries.anvil import anvil

BLOCK_GAS = 30_000_000
"""What a careful node gives a read, and what a block of most chains has for a transaction that reads."""


class Chain:
    """A local chain with so much gas in a block that one transaction can write thousands of entries."""

    def __init__(self, rpc_url: str) -> None:
        self.web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 120}))
        self.account = self.web3.eth.accounts[0]

    def deploy(self, name: str, *args: Any) -> Contract:
        contract_type = ape.project.get_contract(name).contract_type
        abi = [entry.model_dump(mode="json", by_alias=True) for entry in contract_type.abi]
        factory = self.web3.eth.contract(abi=abi, bytecode=str(contract_type.deployment_bytecode.bytecode))
        address = self.web3.eth.wait_for_transaction_receipt(
            factory.constructor(*args).transact({"from": self.account})
        )["contractAddress"]
        return factory(address)

    def send(self, call: ContractFunction, *, gas: int = 10**10) -> int:
        """Sends a transaction, which must succeed, and gives the number of its logs."""
        transaction = call.transact({"from": self.account, "gas": gas})
        receipt = None
        while receipt is None:
            time.sleep(0.02)
            # Not through web3, which takes seconds to beautify thousands of logs.
            answer = self.web3.provider.make_request(
                RPCEndpoint("eth_getTransactionReceipt"), [Web3.to_hex(transaction)]
            )
            receipt = answer["result"]
        assert receipt["status"] == "0x1"
        return len(receipt["logs"])


def gas_of(call: ContractFunction) -> int:
    """The gas that a read needs, its call data included."""
    return call.estimate_gas()


def answers(call: ContractFunction, *, gas: int = BLOCK_GAS) -> bool:
    """Whether a read comes back within a gas limit."""
    try:
        call.call({"gas": gas})
    except Web3RPCError as error:
        if "gas" not in str(error).lower() and "OOG" not in str(error):
            raise
        return False
    return True


@contextlib.contextmanager
def local_chain() -> Iterator[Chain]:
    with anvil("--hardfork", "cancun", "--gas-limit", str(10**12), "--base-fee", "0") as rpc_url:
        yield Chain(rpc_url)
