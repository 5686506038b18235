"""The three registries as tests use them, and the actors around them."""

from __future__ import annotations

from dataclasses import dataclass

from registries.consent import consent_message, sign_consent
from tests.evm import EVM, Actor, Contract

REGISTRIES = ("IdentityRegistry", "ReputationRegistry", "ValidationRegistry")
ADMIN_DELAY = 86_400
PAGE_LIMIT = 500

DEPLOYER = Actor.of("deployer")
ADMIN = Actor.of("admin")
PAUSER = Actor.of("pauser")
REGISTRY_ADMIN = Actor.of("registry admin")
OWNER = Actor.of("agent owner")
OPERATOR = Actor.of("operator")
CLIENT = Actor.of("client")
OTHER_CLIENT = Actor.of("other client")
VALIDATOR = Actor.of("validator")
WALLET = Actor.of("wallet")
BUYER = Actor.of("buyer")
STRANGER = Actor.of("stranger")


@dataclass(frozen=True)
class Registries:
    """A deployment."""

    evm: EVM
    identity: Contract
    reputation: Contract
    validation: Contract

    def __getitem__(self, name: str) -> Contract:
        """A registry by the name of its contract."""
        return dict(zip(REGISTRIES, self.all, strict=True))[name]

    @property
    def all(self) -> tuple[Contract, Contract, Contract]:
        """The three, in the order of `REGISTRIES`."""
        return self.identity, self.reputation, self.validation

    def register(self, owner: str = OWNER, uri: str = "") -> int:
        """Registers an agent and gives its id."""
        agent_id: int = self.identity.register(uri, sender=owner).value
        return agent_id

    def give_feedback(
        self, agent_id: int, client: str = CLIENT, value: int = 87, decimals: int = 0, *, tag1: str = "", tag2: str = ""
    ) -> int:
        """Gives feedback and returns its index."""
        self.reputation.giveFeedback(agent_id, value, decimals, tag1, tag2, "", "", bytes(32), sender=client)
        index: int = self.reputation.getLastIndex(agent_id, client)
        return index

    def consent(self, agent_id: int, wallet: Actor, *, deadline: int, owner: str | None = None) -> bytes:
        """A wallet's signature for an agent of its present owner."""
        message = consent_message(
            chain_id=self.evm.chain_id,
            registry=self.identity.address,
            agent_id=agent_id,
            new_wallet=wallet,
            owner=owner or self.identity.ownerOf(agent_id),
            deadline=deadline,
        )
        return sign_consent(wallet.key, message)

    def set_wallet(self, agent_id: int, wallet: Actor = WALLET, *, seconds: int = 60) -> None:
        """Sets an agent's wallet with a consent that ends this many seconds from now."""
        deadline = self.evm.time + seconds
        signature = self.consent(agent_id, wallet, deadline=deadline)
        owner = self.identity.ownerOf(agent_id)
        self.identity.setAgentWallet(agent_id, wallet, deadline, signature, sender=owner)


def deploy_registries(evm: EVM) -> Registries:
    """Deploys the three registries, each role with an account of its own."""
    identity = evm.deploy("IdentityRegistry", ADMIN_DELAY, ADMIN, PAUSER, REGISTRY_ADMIN, sender=DEPLOYER)
    wiring = (identity.address, ADMIN_DELAY, ADMIN, PAUSER)
    reputation = evm.deploy("ReputationRegistry", *wiring, sender=DEPLOYER)
    validation = evm.deploy("ValidationRegistry", *wiring, sender=DEPLOYER)
    return Registries(evm, identity, reputation, validation)
