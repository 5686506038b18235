"""A rehearsal: the plan carried out on a fork of the chain, or on a local stand-in of it, where nothing is at stake.

The addresses do not depend on who pays, so no account has to sign: a key is made up, and given what the deployer has.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.deployer import Order, Progress, carry_out, prepare
from registries.rpc import connect, url_of
from registries.signers import KeySigner
from registries.transactions import Pace

PACE = Pace(poll=0.05, resend=2.0, patience=120.0)


def rehearse(order: Order, progress: Progress = lambda _step: None) -> AddressConfig:
    """Carries the plan out on a fork of the order's chain, and gives the config that would be written.

    :raises DeploymentError: if it cannot be carried out, or the registries would not be as they should be
    :raises AnvilError: if the fork cannot be started
    """
    with _fork(order) as web3, tempfile.TemporaryDirectory() as folder:
        signer = KeySigner(Account.create())
        balance = order.web3.eth.get_balance(Web3.to_checksum_address(order.deployer))
        web3.provider.make_request(RPCEndpoint("anvil_setBalance"), [signer.address, hex(balance)])
        rehearsed = replace(order, web3=web3, deployer=signer.address, folder=Path(folder))
        return carry_out(rehearsed, prepare(rehearsed), signer, pace=PACE, progress=progress)


@contextlib.contextmanager
def _fork(order: Order) -> Iterator[Web3]:
    """A copy of the chain as it is now, which takes transactions of its own."""
    options = ("--fork-url", url_of(order.web3), "--chain-id", str(order.chain.id), "--block-time", "1")
    with anvil(*options) as url:
        yield connect(order.chain, url)
