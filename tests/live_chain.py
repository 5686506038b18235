"""A real chain with a fresh deployment, for what speaks JSON-RPC."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ape
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from registries.anvil import MNEMONIC, anvil
from tests.deployment import ADMIN, ADMIN_DELAY, PAUSER, REGISTRY_ADMIN


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
    """Starts a chain of this second, deploys, and ends the chain with the block."""
    # A chain id for which a client knows neither addresses nor an indexer of its own.
    with anvil("--chain-id", "31337", "--hardfork", "cancun") as rpc_url:
        web3 = Web3(HTTPProvider(rpc_url))
        roles = (ADMIN_DELAY, ADMIN, PAUSER)
        identity = _deploy(web3, "IdentityRegistry", *roles, REGISTRY_ADMIN)
        reputation = _deploy(web3, "ReputationRegistry", identity, *roles)
        validation = _deploy(web3, "ValidationRegistry", identity, *roles)
        yield LiveChain(rpc_url, web3.eth.chain_id, identity, reputation, validation)


def _deploy(web3: Web3, name: str, *arguments: Any) -> str:
    """Deploys a contract of the project from anvil's last account and gives its address."""
    contract_type = ape.project.get_contract(name).contract_type
    assert contract_type.deployment_bytecode is not None
    factory = web3.eth.contract(abi=abi_of(name), bytecode=str(contract_type.deployment_bytecode.bytecode))
    transaction = factory.constructor(*arguments).transact({"from": web3.eth.accounts[-1]})
    receipt = web3.eth.wait_for_transaction_receipt(transaction)
    assert receipt["status"] == 1
    return str(receipt["contractAddress"])


def abi_of(name: str) -> list[dict[str, Any]]:
    """The ABI of a contract of the project, as web3 takes it."""
    abi: list[dict[str, Any]] = ape.project.get_contract(name).contract_type.model_dump(mode="json")["abi"]
    return abi


def anvil_account(index: int) -> LocalAccount:
    """One of anvil's own, funded accounts."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account
