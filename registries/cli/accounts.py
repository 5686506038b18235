"""The account that signs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import ape
from ape.api import AccountAPI
from ape.logging import LogLevel, logger

from registries.chains import Chain
from registries.errors import DeploymentError


def load_account(alias: str | None, chain: Chain) -> AccountAPI:
    """Ape's account with this alias; on a local chain its first test account if there is none.

    :raises DeploymentError: if there is no such account, or none is named on a public chain
    """
    if alias is not None:
        try:
            return ape.accounts.load(alias)
        except KeyError:
            raise DeploymentError(f"account: Ape has none with the alias {alias!r}; see `ape accounts list`") from None
    if chain.is_public:
        raise DeploymentError(f"account: --account or DEPLOYER is required on {chain.name}")
    return ape.accounts.test_accounts[0]


@contextlib.contextmanager
def unlocked(account: AccountAPI) -> Iterator[None]:
    """Lets a keyfile account sign without a question for each transaction, as long as the block lasts."""
    if not hasattr(account, "set_autosign"):  # a test account, or a hardware wallet, which asks by itself
        yield
        return
    # Ape warns that the account signs everything now: what it is to sign was just shown.
    with logger.at_level(LogLevel.ERROR):
        account.set_autosign(True, passphrase=os.environ.get("DEPLOYER_PASSPHRASE"))
    try:
        yield
    finally:
        account.set_autosign(False)
