"""The contracts and accounts of a random history."""

from __future__ import annotations

from dataclasses import dataclass

from tests.deployment import (
    ADMIN,
    ADMIN_DELAY,
    BUYER,
    CLIENT,
    DEPLOYER,
    OPERATOR,
    OTHER_CLIENT,
    OWNER,
    PAUSER,
    REGISTRIES,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    WALLET,
    Registries,
)
from tests.evm import Actor, Contract
from tests.model import ZERO, Chain, Code, Hook, Model, Setup

ROLES = {
    OWNER: "owner",
    BUYER: "buyer",
    OPERATOR: "operator",
    CLIENT: "client",
    OTHER_CLIENT: "other client",
    VALIDATOR: "validator",
    WALLET: "wallet",
    STRANGER: "stranger",
    ADMIN: "admin",
    PAUSER: "pauser",
    REGISTRY_ADMIN: "registry admin",
}
"""Accounts with a key; what they are called says how they begin, anybody does anything."""
KEY_HOLDERS: tuple[Actor, ...] = tuple(ROLES)
ACCEPT, WRONG_VALUE, REVERT_WITH_ERROR, REVERT_WITHOUT_DATA = range(4)
"""The answers of a UnitReceiver."""


@dataclass(frozen=True)
class Stage:
    """A fresh deployment, and the contracts of other people around it.

    :ivar senders: the contract accounts that pass on calls, by their addresses
    :ivar signers: of contract wallets (ERC-1271), whose consents they approve
    :ivar names: what accounts are called
    :ivar attacker: a receiver that makes a call of its own when it is given a token
    """

    registries: Registries
    senders: dict[str, Contract]
    hooks: dict[str, Hook]
    signers: dict[str, Actor]
    names: dict[str, str]
    attacker: Contract

    @property
    def callers(self) -> tuple[str, ...]:
        """Who can send a call."""
        return *KEY_HOLDERS, *self.senders

    @property
    def accounts(self) -> tuple[str, ...]:
        """Everybody."""
        return *self.callers, *self.signers

    def model(self) -> Model:
        """The model of this deployment as it was made."""
        codes = {account: Code(hook) for account, hook in self.hooks.items()}
        for account, signer in self.signers.items():
            codes[account] = Code(consents_of=signer)
        evm = self.registries.evm
        addresses = {name: self.registries[name].address for name in REGISTRIES}
        setup = Setup(DEPLOYER, ADMIN_DELAY, ADMIN, PAUSER)
        return Model(Chain(evm.time, evm.chain_id, codes), addresses, setup, REGISTRY_ADMIN)


def set_stage(registries: Registries) -> Stage:
    """Adds the other contracts to a fresh deployment."""

    def deploy(name: str, *arguments: object) -> Contract:
        return registries.evm.deploy(name, *arguments, sender=DEPLOYER)

    attacker = deploy("ReentrantReceiver")
    hooks = {
        "accepting contract": (deploy("UnitReceiver", ACCEPT), Hook.ACCEPTS),
        "contract with a wrong hook": (deploy("UnitReceiver", WRONG_VALUE), Hook.ABSENT),
        "refusing contract": (deploy("UnitReceiver", REVERT_WITH_ERROR), Hook.REFUSES),
        "silently refusing contract": (deploy("UnitReceiver", REVERT_WITHOUT_DATA), Hook.ABSENT),
        "contract without a hook": (deploy("UnitAccount"), Hook.ABSENT),
        "attacker": (attacker, Hook.ACCEPTS),
    }
    wallets = {
        "contract wallet of the wallet": (deploy("UnitWallet1271", WALLET, False), WALLET),
        "contract wallet of the stranger": (deploy("UnitWallet1271", STRANGER, True), STRANGER),
    }
    names = {contract.address: name for name, (contract, _) in [*hooks.items(), *wallets.items()]}
    return Stage(
        registries=registries,
        senders={contract.address: contract for contract, _ in hooks.values()},
        hooks={contract.address: hook for contract, hook in hooks.values()},
        signers={contract.address: signer for contract, signer in wallets.values()},
        names={ZERO: "nobody"} | {str(account): role for account, role in ROLES.items()} | names,
        attacker=attacker,
    )
