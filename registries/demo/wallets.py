"""Who acts in the demo: anvil's own accounts, one for each role."""

from __future__ import annotations

from eth_account import Account
from eth_account.signers.local import LocalAccount

from registries.anvil import MNEMONIC

OWNERS = ("owner A", "owner B", "owner C")
CLIENTS = ("client 1", "client 2", "client 3", "client 4")
ROLES = (
    "deployer",
    "admin",
    "pauser",
    "registry admin",
    *OWNERS,
    *CLIENTS,
    "critic",
    "validator",
    "pay wallet",
    "treasury",
    "buyer",
)


class Wallets:
    """The accounts by role, and the roles by address."""

    def __init__(self) -> None:
        Account.enable_unaudited_hdwallet_features()
        self._accounts: dict[str, LocalAccount] = {
            role: Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
            for index, role in enumerate(ROLES)
        }
        self._roles: dict[str, str] = {account.address: role for role, account in self._accounts.items()}

    def __getitem__(self, role: str) -> LocalAccount:
        return self._accounts[role]

    def name(self, address: str) -> str:
        """The role behind an address, with the start of the address."""
        return f"{self._roles.get(address, 'unknown')} {address[:6]}…{address[-4:]}"

    def at(self, address: str) -> LocalAccount:
        """The account of an address."""
        return self._accounts[self._roles[address]]
