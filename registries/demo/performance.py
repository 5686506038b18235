"""The demo from beginning to end: the chain, the deployment, the story, the tables."""

from __future__ import annotations

import time

import ape
from ethpm_types import ContractType
from rich.console import Console
from web3.contract import Contract

from registries.anvil import free_port, start_anvil
from registries.demo.chain import Chain
from registries.demo.progress import Narrator
from registries.demo.scores import expect_ledger
from registries.demo.stage import Stage
from registries.demo.steps import STORY
from registries.demo.tables import print_tables
from registries.demo.wallets import ROLES, Wallets

CHAIN_OPTIONS = ("--chain-id", "84532", "--block-time", "1", "--accounts", str(len(ROLES)))
"""Like Base Sepolia, apart from its blocks: one a second instead of one in two."""

NAMES = ("IdentityRegistry", "ReputationRegistry", "ValidationRegistry")


def perform(console: Console, *, keep: bool) -> None:
    """Gives the demo.

    :param keep: whether the chain stays when all went well
    :raises DemoError: if a step does not do what it says
    """
    started = time.monotonic()
    port = free_port()
    process = start_anvil(*CHAIN_OPTIONS, port=port)
    kept = False
    try:
        rpc_url = f"http://127.0.0.1:{port}"
        console.print(f"A stand-in for Base Sepolia (chain 84532) answers at {rpc_url}")
        stage = make_stage(rpc_url)
        with Narrator(console, len(STORY)) as narrator:
            for title, step in STORY:
                narrator.tell(title, step(stage))
        expect_ledger(stage)
        print_tables(console, stage)
        console.print(f"\nAll of this was read back from the chain, {time.monotonic() - started:.0f} s.")
        kept = keep
    finally:
        if not kept:
            process.terminate()
            process.wait()
    if kept:
        console.print(f"The chain goes on at {rpc_url}; end it with: kill {process.pid}")


def make_stage(rpc_url: str) -> Stage:
    """Deploys the registries."""
    types = [ape.project.get_contract(name).contract_type for name in NAMES]
    chain, wallets = Chain(rpc_url, types), Wallets()
    admin, pauser = wallets["admin"].address, wallets["pauser"].address
    identity = deploy(chain, wallets, types[0], 86400, admin, pauser, wallets["registry admin"].address)
    reputation = deploy(chain, wallets, types[1], identity.address, 86400, admin, pauser)
    validation = deploy(chain, wallets, types[2], identity.address, 86400, admin, pauser)
    return Stage(chain, identity, reputation, validation, wallets)


def deploy(chain: Chain, wallets: Wallets, kind: ContractType, *args: object) -> Contract:
    abi = kind.model_dump(mode="json")["abi"]
    factory = chain.web3.eth.contract(abi=abi, bytecode=kind.deployment_bytecode.bytecode)
    tx = factory.constructor(*args).transact({"from": wallets["deployer"].address})
    receipt = chain.web3.eth.wait_for_transaction_receipt(tx)
    return chain.web3.eth.contract(receipt["contractAddress"], abi=abi)
