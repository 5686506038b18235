"""A real chain with a fresh deployment, for clients that speak JSON-RPC."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import ape
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from registries.anvil import MNEMONIC, anvil
from tests.deployment import ADMIN, ADMIN_DELAY, PAUSER, REGISTRY_ADMIN

AGENT_FILES = Path(__file__).parents[2] / "examples" / "agents"


@dataclass(frozen=True)
class LiveChain:
    """What a client is told of a deployment."""

    rpc_url: str
    chain_id: int
    identity: str
    reputation: str
    validation: str


@pytest.fixture(scope="module")
def chain() -> Iterator[LiveChain]:
    # A chain id for which a client knows neither addresses nor an indexer of its own.
    with anvil("--chain-id", "31337", "--hardfork", "cancun") as rpc_url:
        web3 = Web3(HTTPProvider(rpc_url))
        roles = (ADMIN_DELAY, ADMIN, PAUSER)
        identity = deploy(web3, "IdentityRegistry", *roles, REGISTRY_ADMIN)
        reputation = deploy(web3, "ReputationRegistry", identity, *roles)
        validation = deploy(web3, "ValidationRegistry", identity, *roles)
        yield LiveChain(rpc_url, web3.eth.chain_id, identity, reputation, validation)


def deploy(web3: Web3, name: str, *arguments: Any) -> str:
    """Deploys a contract of the project from anvil's last account and gives its address."""
    contract_type = ape.project.get_contract(name).contract_type
    code = str(contract_type.deployment_bytecode.bytecode)
    factory = web3.eth.contract(abi=contract_type.model_dump(mode="json")["abi"], bytecode=code)
    transaction = factory.constructor(*arguments).transact({"from": web3.eth.accounts[-1]})
    receipt = web3.eth.wait_for_transaction_receipt(transaction)
    assert receipt["status"] == 1
    return str(receipt["contractAddress"])


def anvil_account(index: int) -> LocalAccount:
    """One of anvil's own, funded accounts."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the base class
        pass


@pytest.fixture(scope="module")
def agent_files() -> Iterator[str]:
    """Serves the example registration files over HTTP and gives the URL of their folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(AGENT_FILES)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
