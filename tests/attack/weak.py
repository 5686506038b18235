"""The deliberately weak registries on which each attack is shown to be able to succeed."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.deployment import DEPLOYER, Registries
from tests.evm import EVM, Contract


@dataclass(frozen=True)
class WeakRegistries(Registries):
    """An identity and a reputation registry with the known weaknesses; there is no validation registry."""

    validation: Contract = field(init=False)


def deploy_weak_registries(evm: EVM) -> WeakRegistries:
    identity = evm.deploy("WeakIdentityRegistry", sender=DEPLOYER)
    reputation = evm.deploy("WeakReputationRegistry", identity.address, sender=DEPLOYER)
    return WeakRegistries(evm, identity, reputation)
