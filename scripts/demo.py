"""`ape run demo`: the registries and their read API at work on a local stand-in for Base Sepolia.

KEEP=1 leaves chain and read API running.
"""

from __future__ import annotations

import os
import signal
import sys

import click

from registries.address_config import AddressConfigError
from registries.anvil import AnvilError
from registries.demo.chain import DemoError
from registries.demo.performance import perform
from registries.demo.progress import make_console
from registries.errors import DeploymentError


@click.command()
def cli() -> None:
    """Deploy, register, rate, and show what came of it."""
    # Ended from outside, what it started still has to be ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        perform(make_console(), keep=os.environ.get("KEEP") == "1")
    except (DemoError, DeploymentError, AddressConfigError, AnvilError) as error:
        raise click.ClickException(str(error)) from error
