"""The demo's deployment: the deployer that other networks get too, on the stand-in for Base Sepolia."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import ape
from ape.logging import LogLevel, logger

from registries.address_config import AddressConfig, Roles
from registries.build import CONTRACT_NAMES, trusted_build
from registries.chains import CHAINS
from registries.demo.chain import Chain
from registries.demo.stage import Stage
from registries.demo.wallets import Wallets
from registries.deployer import Order, carry_out, prepare
from registries.rpc import connect
from registries.signers import ApeSigner
from registries.transactions import Pace

CHAIN = CHAINS["base:sepolia"]
PACE = Pace(poll=0.1)


def deploy_registries(rpc_url: str, wallets: Wallets, folder: Path, progress: Callable[[str], None]) -> AddressConfig:
    """Deploys the registries, each power with an account of its own, and writes the address config to the folder."""
    roles = Roles(
        admin=wallets["admin"].address,
        pausers=(wallets["pauser"].address,),
        registry_admin=wallets["registry admin"].address,
    )
    # Ape's first test account is anvil's first: our deployer.
    signer = ApeSigner(ape.accounts.test_accounts[0])
    with _quiet():
        order = Order(connect(CHAIN, rpc_url), CHAIN, trusted_build(), roles, signer.address, folder=folder)
        return carry_out(order, prepare(order), signer, pace=PACE, progress=progress)


def make_stage(rpc_url: str, wallets: Wallets, config: AddressConfig) -> Stage:
    """The demo's world around a deployment."""
    types = {name: ape.project.get_contract(contract).contract_type for name, contract in CONTRACT_NAMES.items()}
    chain = Chain(rpc_url, types.values())
    contracts = {
        name: chain.web3.eth.contract(
            chain.web3.to_checksum_address(registry.address), abi=types[name].model_dump(mode="json")["abi"]
        )
        for name, registry in config.registries.items()
    }
    for name, registry in config.registries.items():
        receipt = chain.web3.eth.get_transaction_receipt(chain.web3.to_bytes(hexstr=registry.transaction))  # type: ignore[arg-type]
        chain.gas_used[f"deployment: {name}"].append(receipt["gasUsed"])
    return Stage(chain, contracts["identity"], contracts["reputation"], contracts["validation"], wallets)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what Ape says on the way: its log, and its bars, which fill a plain log with lines."""
    with logger.at_level(LogLevel.ERROR), contextlib.redirect_stderr(io.StringIO()):
        yield
