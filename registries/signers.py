"""Who signs a deployment's transactions: an account of Ape's, or a key that is made up for a rehearsal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Protocol

from ape.api import AccountAPI
from ape.logging import LogLevel, logger
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

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Lets a keyfile account sign without a question for each transaction, as long as the block lasts.

        Its passphrase is asked for, or read from DEPLOYER_PASSPHRASE.
        """
        if not hasattr(self._account, "set_autosign"):  # a test account, or a hardware wallet, which asks by itself
            yield
            return
        # Ape warns that the account signs everything now: what it is to sign was just shown.
        with logger.at_level(LogLevel.ERROR):
            self._account.set_autosign(True, passphrase=os.environ.get("DEPLOYER_PASSPHRASE"))
        try:
            yield
        finally:
            self._account.set_autosign(False)

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
