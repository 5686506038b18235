"""The account that signs."""

from __future__ import annotations

import ape
from ape.api import AccountAPI

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
