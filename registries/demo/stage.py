"""What the steps of the demo share: the chain, the registries, the accounts, and what has been done so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from registries.consent import consent_message, sign_consent
from registries.demo.chain import Chain
from registries.demo.ratings import Rating
from registries.demo.roster import Example
from registries.demo.wallets import Wallets

CONSENT_PERIOD = 120
"""How long a wallet's consent holds in the demo, seconds; the registry allows 300."""


@dataclass(frozen=True)
class Agent:
    """A registered example."""

    id: int
    example: Example


@dataclass(frozen=True)
class Given:
    """A feedback that was given."""

    rating: Rating
    agent_id: int
    client: str
    index: int
    is_revoked: bool = False


@dataclass
class Stage:
    """The demo's world."""

    chain: Chain
    identity: Contract
    reputation: Contract
    validation: Contract
    wallets: Wallets
    agents: dict[str, Agent] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)

    @property
    def registry_id(self) -> str:
        """The identity registry's name among all chains, as a registration file carries it."""
        return f"eip155:{self.chain.chain_id}:{self.identity.address}"

    def name(self, agent: Agent) -> str:
        """An agent in a sentence."""
        return f"{agent.example.file['name']} (agent {agent.id})"

    def owner_of(self, agent_id: int) -> str:
        """The owner's address."""
        address: str = self.identity.functions.ownerOf(agent_id).call()
        return address

    def wallet_of(self, agent_id: int) -> str:
        """The wallet's address."""
        address: str = self.identity.functions.getAgentWallet(agent_id).call()
        return address

    def account_of_owner(self, agent: Agent) -> LocalAccount:
        """The account that owns an agent."""
        return self.wallets.at(self.owner_of(agent.id))

    def consent(self, agent: Agent, wallet: LocalAccount) -> tuple[int, bytes]:
        """A wallet's consent to take an agent's payments: its deadline and the signature."""
        deadline = self.chain.now() + CONSENT_PERIOD
        message = consent_message(
            chain_id=self.chain.chain_id,
            registry=self.identity.address,
            agent_id=agent.id,
            new_wallet=wallet.address,
            owner=self.owner_of(agent.id),
            deadline=deadline,
        )
        return deadline, sign_consent(wallet.key, message)

    def find_given(self, agent: str, client: str, tag1: str) -> Given:
        """The feedback of a client to an agent with a tag."""
        return next(
            given
            for given in self.given
            if (given.rating.agent, given.rating.client, given.rating.tag1) == (agent, client, tag1)
        )

    def mark_revoked(self, revoked: Given) -> None:
        """Notes that a feedback was taken back."""
        self.given[self.given.index(revoked)] = dataclasses.replace(revoked, is_revoked=True)


def distinct(addresses: Iterable[str]) -> list[str]:
    """Addresses in their order, each once."""
    return list(dict.fromkeys(addresses))
