"""A stand-in for a public chain, and what a deployer does on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from registries.address_config import AddressConfig
from registries.build import Build
from registries.chains import Chain, chain_of
from registries.deployer import Order, carry_out, prepare
from registries.fees import FeePolicy
from registries.rpc import connect
from registries.signers import KeySigner
from registries.transactions import Pace
from tests.deploy.examples import ROLES
from tests.deployment import DEPLOYER

PACE = Pace(poll=0.01, resend=0.5, patience=20.0)
SIGNER = KeySigner(Account.from_key(DEPLOYER.key))
FUNDS = 10**18


def request(url: str, method: str, *parameters: Any) -> Any:
    """What a node answers."""
    answer = Web3(HTTPProvider(url)).provider.make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def fund(url: str, account: str = DEPLOYER, wei: int = FUNDS) -> str:
    """Gives an account a balance."""
    request(url, "anvil_setBalance", str(account), hex(wei))
    return url


def send_as(url: str, sender: str, to: str, data: str) -> None:
    """A transaction of an account whose key nobody needs; returns when it is in a block.

    :param data: in hexadecimal
    """
    fund(url, sender)
    request(url, "anvil_impersonateAccount", str(sender))
    digest = request(url, "eth_sendTransaction", {"from": str(sender), "to": to, "data": data})
    # The node answers before that.
    receipt = Web3(HTTPProvider(url)).eth.wait_for_transaction_receipt(digest, poll_latency=0.01)
    assert receipt["status"] == 1


@contextmanager
def undone(url: str) -> Iterator[str]:
    """What the block does to a chain is undone at its end."""
    snapshot = request(url, "evm_snapshot")
    try:
        yield url
    finally:
        request(url, "evm_revert", snapshot)


@contextmanager
def blocks(url: str, interval: float = 0.03) -> Iterator[None]:
    """A new block every so many seconds, as on a real chain."""
    ended = threading.Event()

    def mine() -> None:
        while not ended.wait(interval):
            request(url, "evm_mine")

    thread = threading.Thread(target=mine)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def chain_for(chain_id: int, **changes: Any) -> Chain:
    """A chain on which one confirmation is enough."""
    return replace(chain_of(str(chain_id)), **{"confirmations": 1, **changes})


def order_for(
    url: str, build: Build, folder: Path, chain: Chain | None = None, *, timeout: float = 10.0, **changes: Any
) -> Order:
    """What a deployer asks for.

    :param timeout: of one request, seconds
    """
    chain = chain or chain_for(84532)
    web3 = connect(chain, url, backoff=0.01, timeout=timeout)
    order = Order(web3, chain, build, ROLES, str(DEPLOYER), FeePolicy(), folder)
    return replace(order, **changes)


def deploy(order: Order, **options: Any) -> AddressConfig:
    """All of a deployment."""
    return carry_out(order, prepare(order), SIGNER, **{"pace": PACE, **options})


def nonce_of(url: str, account: str = DEPLOYER) -> int:
    """How many transactions an account has sent."""
    return int(request(url, "eth_getTransactionCount", str(account), "latest"), 16)
