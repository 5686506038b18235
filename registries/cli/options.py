"""Options of several commands, and how errors reach a person."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from ape.exceptions import ApeException
from eth_utils.currency import to_wei
from web3.exceptions import Web3Exception

from registries.address_config import FOLDER, AddressConfigError
from registries.anvil import AnvilError
from registries.chains import CHAINS, LOCAL, Chain, chain_of
from registries.errors import DeploymentError


class _Network(click.ParamType):
    name = "network"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Chain:
        if isinstance(value, Chain):
            return value
        try:
            return chain_of(value)
        except DeploymentError as error:
            self.fail(str(error).removeprefix("network: "), param, ctx)


class Gwei(click.ParamType):
    """An amount in gwei; gives wei."""

    name = "gwei"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See click."""
        try:
            wei = int(to_wei(value, "gwei"))
        except (ArithmeticError, TypeError, ValueError):
            self.fail(f"{value!r} is not a number of gwei", param, ctx)
        if wei < 0:
            self.fail(f"{value!r} is below zero", param, ctx)
        return wei


def network_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--network, as a {Chain}."""
    option = click.option(
        "--network",
        "chain",
        type=_Network(),
        default=LOCAL.name,
        show_default=True,
        help=f"{', '.join(CHAINS)}, or the id of any other chain, whose RPC is RPC_URL.",
    )
    return option(command)


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--folder, where the address configs are."""
    option = click.option(
        "--folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=FOLDER,
        show_default=True,
        help="Where the address configs are.",
    )
    return option(command)


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Shows what goes wrong as one message instead of a traceback."""
    try:
        yield
    except (DeploymentError, AddressConfigError, AnvilError, ApeException, Web3Exception) as error:
        raise click.ClickException(str(error)) from error
