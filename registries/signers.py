"""Who signs a deployment's transactions: an account of Ape's, or a key that is made up for a rehearsal."""

from __future__ import annotations

from typing import Any, Protocol

from ape.api import AccountAPI
from ape_ethereum.transactions import DynamicFeeTransaction
from eth_account.signers.local import LocalAccount
from web3.types import TxParams

from registries.errors import DeploymentError


class Signer(Protocol):
    """Signs transactions of one account."""

    @property
    def address(self) -> str:
        """The account's, checksummed."""

    def sign(self, transaction: TxParams) -> bytes:
        """The signed transaction.

        :raises DeploymentError: if it is not signed
        """


class ApeSigner:
    """An account of Ape's: a keyfile, a hardware wallet, a test account."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """See {Signer}."""
        return str(self._account.address)

    def sign(self, transaction: TxParams) -> bytes:
        """See {Signer}."""
        unsigned = DynamicFeeTransaction.model_validate({**transaction, "from": self.address})
        signed = self._account.sign_transaction(unsigned)
        if signed is None:
            raise DeploymentError(f"account: {self.address} did not sign")
        return bytes(signed.serialize_transaction())


class KeySigner:
    """A key in memory: for rehearsals, where nothing is at stake."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """See {Signer}."""
        return str(self._account.address)

    def sign(self, transaction: TxParams) -> bytes:
        """See {Signer}."""
        plain: Any = transaction
        return bytes(self._account.sign_transaction(plain).raw_transaction)
