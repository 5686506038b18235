"""The demo from beginning to end: the chain, the deployment, the story, the tables."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from registries.address_config import path_of
from registries.anvil import free_port, start_anvil
from registries.demo.deployment import CHAIN, deploy_registries, make_stage
from registries.demo.progress import Narrator
from registries.demo.scores import expect_ledger
from registries.demo.steps import STORY
from registries.demo.tables import print_tables
from registries.demo.wallets import ROLES, Wallets

CHAIN_OPTIONS = ("--chain-id", str(CHAIN.id), "--block-time", "1", "--accounts", str(len(ROLES)))
"""Like Base Sepolia, but for its blocks: one a second instead of one in two."""

KEPT_FOLDER = Path(".build") / "demo"
"""Where the address config of a chain that is left running goes. Git ignores it."""


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
        console.print(f"A stand-in for Base Sepolia, chain {CHAIN.id}, runs at {rpc_url}")
        with _config_folder(keep=keep) as folder:
            _play(console, rpc_url, folder)
        console.print(f"\nAll of this was read back from the chain. It took {time.monotonic() - started:.0f} seconds.")
        kept = keep
    finally:
        if not kept:
            process.terminate()
            process.wait()
    if kept:
        console.print(f"The chain runs on at {rpc_url}; end it with: kill {process.pid}")
        console.print(f"The address config is {path_of(CHAIN.id, KEPT_FOLDER)}")


def _play(console: Console, rpc_url: str, folder: Path) -> None:
    wallets = Wallets()
    with Narrator(console, len(STORY) + 1) as narrator:
        with narrator.step("Deploying the registries"):
            config = deploy_registries(rpc_url, wallets, folder, progress=narrator.note)
            stage = make_stage(rpc_url, wallets, config)
        for title, happen in STORY:
            with narrator.step(title):
                for happening in happen(stage):
                    narrator.note(happening)
    expect_ledger(stage)
    print_tables(console, stage)


@contextlib.contextmanager
def _config_folder(*, keep: bool) -> Iterator[Path]:
    """Where the address config goes: away with the chain, unless that stays."""
    if keep:
        yield KEPT_FOLDER
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
