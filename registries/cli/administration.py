"""What the commands of role holders share: the calls are shown, and then sent by an account or exported for a Safe."""

from __future__ import annotations

import dataclasses
import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from web3 import Web3

from registries.address_config import AddressConfig
from registries.administration import Administration, Call
from registries.build import trusted_build
from registries.chains import Chain, rpc_url_of
from registries.cli.accounts import load_account
from registries.cli.options import Gwei, folder_option, network_option, readable
from registries.cli.output import CONSOLE, table
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.files import replace_file
from registries.journal import open_journal
from registries.preflight import check_address
from registries.rpc import connect, readable_errors
from registries.safe import batch
from registries.signers import ApeSigner
from registries.transactions import Transactions


@dataclass(frozen=True)
class Executor:
    """Who carries calls out, and how: the options of such a command.

    :ivar alias: of Ape's account that sends them
    :ivar safe: the Safe that they are exported for instead
    :ivar export: where to
    """

    chain: Chain
    folder: Path
    alias: str | None
    safe: str | None
    export: Path | None
    max_fee: int | None
    yes: bool

    def perform(self, title: str, calls_of: Callable[[Administration, str], list[Call]]) -> None:
        """Shows the calls that are not done yet, and has them carried out.

        :param calls_of: given the administration and the address of whoever carries them out
        """
        with readable():
            batch_file = self._batch_file()
            signer = None if batch_file else ApeSigner(load_account(self.alias, self.chain))
            sender = signer.address if signer else str(self.safe)
            config = AddressConfig.read(self.chain.id, self.folder)
            url = rpc_url_of(self.chain)
            web3 = connect(self.chain, url)
            with readable_errors(url):
                calls = calls_of(Administration(web3, config, trusted_build()), sender)
                left = [call for call in calls if not call.is_done(web3)]
                _print_calls(f"{title} on {self.chain.name}, by {sender}", calls, left)
                if left and batch_file:
                    self._export(title, left, sender, batch_file)
                elif left and signer:
                    self._send(web3, left, signer)

    def _batch_file(self) -> Path | None:
        """Where the calls go instead of the chain.

        :raises DeploymentError: if there is a Safe without a file, or a file without a Safe
        """
        if (self.safe is None) != (self.export is None):
            raise DeploymentError("safe: --safe, the Safe's address, and --export, the file for it, go together")
        if self.safe is not None:
            check_address("safe", self.safe)
        return self.export

    def _send(self, web3: Web3, calls: list[Call], signer: ApeSigner) -> None:
        if not self.yes and self.chain.is_public:
            click.confirm("Send?", abort=True)
        with signer.unlocked(), open_journal(self.folder, self.chain.id) as journal:
            fees = FeePolicy(self.max_fee)
            transactions = Transactions(web3, self.chain, signer, journal, fees, notify=CONSOLE.print)
            for call in calls:
                transactions.ensure(call)
            journal.close()
        CONSOLE.print("Done")

    def _export(self, title: str, calls: list[Call], safe: str, path: Path) -> None:
        content = batch(
            calls,
            chain_id=self.chain.id,
            name=title,
            description=f"{title} of the ERC-8004 registries on {self.chain.name}",
            safe=safe,
            time=int(time.time()),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(content, indent=2) + "\n")
        CONSOLE.print(f"Written to {path}: import it in the Safe's transaction builder")


def _print_calls(title: str, calls: list[Call], left: list[Call]) -> None:
    result = table(title, "Call", "State")
    for call in calls:
        result.add_row(call.name, "to do" if call in left else "done")
    CONSOLE.print(result)


_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--account", "alias", envvar="ACCOUNT", help="Who sends: an alias of Ape's. [env: ACCOUNT]"),
    click.option("--safe", help="The Safe that sends, instead of an account."),
    click.option("--export", type=click.Path(dir_okay=False, path_type=Path), help="The batch file for the Safe."),
    click.option("--max-fee", type=Gwei(), help="Never offer more for a unit of gas, in gwei."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    folder_option,
    network_option,
)


def executor_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of an {Executor}, which the command gets as `executor`."""

    @functools.wraps(command)
    def with_executor(**options: Any) -> Any:
        own = {field.name: options.pop(field.name) for field in dataclasses.fields(Executor)}
        return command(executor=Executor(**own), **options)

    result: Callable[..., Any] = with_executor
    for option in _OPTIONS:
        result = option(result)
    return result
