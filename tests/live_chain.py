"""A real chain, anvil's: for what speaks JSON-RPC, and for exact gas."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ape
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from registries.anvil import MNEMONIC, anvil
from tests.deployment import ADMIN, ADMIN_DELAY, PAUSER, REGISTRY_ADMIN

BLOCK_GAS = 30_000_000
"""What a careful node gives a read, and what a block of most chains has for a transaction that reads."""

ROLES = (ADMIN_DELAY, ADMIN, PAUSER)


class Chain:
    """A chain of this second, used from anvil's last account."""

    def __init__(self, rpc_url: str) -> None:
        self.web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 120}))
        self.account = self.web3.eth.accounts[-1]

    def deploy(self, name: str, *arguments: Any) -> Contract:
        """Deploys a contract of the project."""
        code = str(ape.project.get_contract(name).contract_type.deployment_bytecode.bytecode)
        factory = self.web3.eth.contract(abi=abi_of(name), bytecode=code)
        transaction = factory.constructor(*arguments).transact({"from": self.account})
        receipt = self.web3.eth.wait_for_transaction_receipt(transaction)
        assert receipt["status"] == 1
        return factory(receipt["contractAddress"])

    def deploy_identity(self) -> Contract:
        return self.deploy("IdentityRegistry", *ROLES, REGISTRY_ADMIN)

    def deploy_wired(self, name: str, identity: Contract) -> Contract:
        """Deploys the reputation or the validation registry of an identity registry."""
        return self.deploy(name, identity.address, *ROLES)

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


@contextlib.contextmanager
def roomy_chain() -> Iterator[Chain]:
    """A chain with so much gas in a block that one transaction can write thousands of entries."""
    with anvil("--hardfork", "cancun", "--gas-limit", str(10**12), "--base-fee", "0") as rpc_url:
        yield Chain(rpc_url)


@dataclass(frozen=True)
class LiveChain:
    """What a client is told of a deployment."""

    rpc_url: str
    chain_id: int
    identity: str
    reputation: str
    validation: str


@contextlib.contextmanager
def live_chain() -> Iterator[LiveChain]:
    """Starts a chain, deploys, and ends the chain with the block."""
    # A chain id for which a client knows neither addresses nor an indexer of its own.
    with anvil("--chain-id", "31337", "--hardfork", "cancun") as rpc_url:
        chain = Chain(rpc_url)
        identity = chain.deploy_identity()
        wired = [chain.deploy_wired(name, identity).address for name in ("ReputationRegistry", "ValidationRegistry")]
        yield LiveChain(rpc_url, chain.web3.eth.chain_id, identity.address, *wired)


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


def abi_of(name: str) -> list[dict[str, Any]]:
    """The ABI of a contract of the project, as web3 takes it."""
    abi: list[dict[str, Any]] = ape.project.get_contract(name).contract_type.model_dump(mode="json")["abi"]
    return abi


def anvil_account(index: int) -> LocalAccount:
    """One of anvil's own, funded accounts."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account
