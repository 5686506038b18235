"""The demo from beginning to end: the chain, the deployment, the read API, the story, the tables."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console

from registries.address_config import path_of
from registries.anvil import free_port, start_anvil
from registries.demo.answers import expect_agreement, print_answers
from registries.demo.deployment import CHAIN, deploy_registries, make_stage
from registries.demo.gateway import ipfs_gateway
from registries.demo.progress import Narrator
from registries.demo.read_api import ReadAPI, start_read_api
from registries.demo.roster import load_examples
from registries.demo.scores import expect_ledger
from registries.demo.steps import STORY
from registries.demo.tables import print_tables
from registries.demo.wallets import ROLES, Wallets

CHAIN_OPTIONS = ("--chain-id", str(CHAIN.id), "--block-time", "1", "--accounts", str(len(ROLES)))
"""Like Base Sepolia, but for its blocks: one a second instead of one in two."""


def perform(console: Console, *, keep: bool) -> None:
    """Gives the demo.

    :param keep: whether chain and read API stay when all went well
    :raises DemoError: if a step does not do what it says
    """
    started = time.monotonic()
    with contextlib.ExitStack() as ending:
        port = free_port()
        chain = start_anvil(*CHAIN_OPTIONS, port=port)
        ending.callback(chain.wait)
        ending.callback(chain.terminate)
        folder = Path(tempfile.mkdtemp(prefix="erc8004-demo-"))
        ending.callback(shutil.rmtree, folder)
        rpc_url = f"http://127.0.0.1:{port}"
        console.print(f"A stand-in for Base Sepolia, chain {CHAIN.id}, runs at {rpc_url}")
        with ipfs_gateway(example.content for example in load_examples()) as gateway:
            api = _play(console, rpc_url, folder, gateway, ending)
        seconds = time.monotonic() - started
        console.print(f"\nAll of this was read back from the chain, or agrees with it. It took {seconds:.0f} seconds.")
        if not keep:
            console.print("KEEP=1 leaves chain and read API running.")
            return
        ending.pop_all()
    console.print(f"Chain and read API run on; end them with: kill {api.process.pid} {chain.pid}")
    console.print(f"The address config is {path_of(CHAIN.id, folder)}", soft_wrap=True)


def _play(console: Console, rpc_url: str, folder: Path, gateway: str, ending: contextlib.ExitStack) -> ReadAPI:
    """Everything up to the tables.

    :param folder: for the address config, and for the API's database
    :param ending: takes how to end the API
    """
    wallets = Wallets()
    with Narrator(console, len(STORY) + 3) as narrator:
        with narrator.step("Deploying the registries"):
            config = deploy_registries(rpc_url, wallets, folder, progress=narrator.note)
            stage = make_stage(rpc_url, wallets, config)
        with narrator.step("Starting the read API and its indexer"):
            api = start_read_api(rpc_url, folder, gateway)
            ending.callback(api.end)
            narrator.note(f"on SQLite, at {api.url}: from now on, it follows the chain")
        for title, happen in STORY:
            with narrator.step(title):
                for happening in happen(stage):
                    narrator.note(happening)
        with narrator.step("Asking the read API"):
            api.catch_up(stage.chain.web3.eth.block_number)
            narrator.note(expect_agreement(stage, api))
    expect_ledger(stage)
    print_tables(console, stage)
    print_answers(console, stage, api)
    return api
