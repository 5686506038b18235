"""What random histories choose from: biased to what exists, and to both sides of every limit.

All choices come from one `random.Random`: Hypothesis gives one whose choices it can shrink, a course a seeded one.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from eth_utils.crypto import keccak

from tests.model import ZERO, Consent, Model
from tests.stateful.stage import KEY_HOLDERS, Stage

Item = TypeVar("Item")

TAGS = ("", "", "starred", "week", "Starred", "week ", "\0", "répondu 🚀", "x" * 128, "x" * 129)
URIS = ("", "https://agents.example/1.json", "ipfs://bafy", "data:application/json,{}", "ü" * 40, "a" * 31, "a" * 32)
KEYS = ("", "key", "other key", "agentWallet", "agentwallet", "agentWallet ", "🗝", "k" * 128, "k" * 129)
METADATA = (b"", b"\0", b"value", b"\x80\xff", b"v" * 31, b"v" * 32, b"v" * 100)
MAX_VALUE = 10**38
EDGE_VALUES = (0, 1, -1, MAX_VALUE, -MAX_VALUE, MAX_VALUE + 1, -MAX_VALUE - 1, 2**127 - 1, -(2**127))
EDGE_IDS = (0, 2**64, 2**64 + 1, 2**256 - 1)
EDGE_DELAYS = (0, 86_399, 86_400, 86_401, 2 * 86_400, 5 * 86_400, 9 * 86_400, 2**48 - 1)
WAITS = (1, 1, 12, 12, 60, 299, 300, 301, 86_400, 86_401, 5 * 86_400)
HASHES = tuple(keccak(text=f"request {number}") for number in range(40))
MANY = 51
"""One metadata key more than an agent may have."""


class Draw:
    """Chooses the arguments of the next call, given what the model knows."""

    def __init__(self, random: Random, model: Model, stage: Stage) -> None:
        self.random, self.model, self.stage = random, model, stage

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.random.randrange(len(items))]

    # ---- Accounts

    def caller(self) -> str:
        return self.one_of(self.stage.callers)

    def account(self) -> str:
        return ZERO if self.chance(5) else self.one_of(self.stage.accounts)

    def authorized(self, agent_id: int) -> str:
        """Mostly somebody who may act for an agent."""
        identity = self.model.identity
        if self.chance(15) or agent_id not in identity.agents:
            return self.caller()
        able = [account for account in self.stage.callers if identity.is_authorized_or_owner(account, agent_id)]
        return self.one_of(able or self.stage.callers)

    def owner(self, agent_id: int) -> str:
        """Mostly the owner of an agent."""
        agents = self.model.identity.agents
        return agents[agent_id].owner if agent_id in agents and not self.chance(10) else self.account()

    def holder(self, registry: str, role: bytes) -> str:
        """Mostly an account with a role."""
        holders = sorted(self.model[registry].members.get(role, ()))
        holders = [account for account in holders if account in self.stage.callers]
        return self.one_of(holders) if holders and not self.chance(15) else self.caller()

    def powerful(self) -> str:
        """Mostly an account that somebody approved."""
        identity = self.model.identity
        approved = {operator for _, operator in identity.operators}
        approved |= {agent.approved for agent in identity.agents.values()}
        able = [account for account in self.stage.callers if account in approved]
        return self.one_of(able) if able and not self.chance(30) else self.caller()

    # ---- What exists

    def agent(self) -> int:
        """Mostly an agent that exists."""
        last = self.model.identity.total_agents()
        if last == 0 or self.chance(4):
            return self.one_of((*EDGE_IDS, last + 1))
        return self.random.randrange(last) + 1

    def client(self, agent_id: int) -> str:
        """Mostly a client of an agent."""
        clients = self.model.reputation.get_clients(agent_id)
        return self.one_of(clients) if clients and not self.chance(10) else self.account()

    def index(self, agent_id: int, client: str) -> int:
        """Mostly the index of a feedback."""
        last = self.model.reputation.get_last_index(agent_id, client)
        if last == 0 or self.chance(5):
            return self.one_of((0, last + 1, 2**64 - 1))
        return self.random.randrange(last) + 1

    def request_hash(self) -> bytes:
        """Mostly the key of a request."""
        requests = list(self.model.validation.requests)
        return self.one_of(requests) if requests and not self.chance(10) else self.one_of(HASHES)

    # ---- Contents

    def uri(self) -> str:
        return "u" * (10_240 + self.random.randrange(2)) if self.chance(1) else self.one_of(URIS)

    def endpoint(self) -> str:
        return "e" * (2_048 + self.random.randrange(2)) if self.chance(1) else self.one_of(URIS)

    def tag(self) -> str:
        return self.one_of(TAGS)

    def key(self) -> str:
        return self.one_of(KEYS)

    def metadata(self) -> bytes:
        return b"m" * (10_240 + self.random.randrange(2)) if self.chance(1) else self.one_of(METADATA)

    def content_hash(self) -> bytes:
        return self.one_of((bytes(32), *HASHES[:3]))

    def value(self) -> int:
        return self.one_of(EDGE_VALUES) if self.chance(15) else self.random.randrange(-(10**20), 10**20)

    def decimals(self) -> int:
        return self.one_of((19, 127, 128, 255)) if self.chance(4) else self.random.randrange(19)

    def entries(self) -> list[tuple[str, bytes]]:
        if self.chance(3):
            return [(f"key {number}", b"value") for number in range(MANY - self.random.randrange(3))]
        return [(self.key(), self.metadata()) for _ in range(self.random.randrange(4))]

    # ---- Consents

    def deadline(self, agent_id: int) -> int:
        now = self.model.chain.time
        if self.chance(10):
            last = self.model.identity.last_consent_deadline(agent_id)
            return self.one_of((now - 1, now + 301, last, 2**40 + now, 2**256 - 1))
        return now + self.random.randrange(301)

    def consent(self, agent_id: int, wallet: str, deadline: int) -> Consent | None:
        """Mostly the right one."""
        if self.chance(3):
            return None
        signer = self.stage.signers.get(wallet, wallet)
        if signer not in KEY_HOLDERS:
            signer = self.one_of(KEY_HOLDERS)
        agents = self.model.identity.agents
        owner = agents[agent_id].owner if agent_id in agents else ZERO
        consent = Consent(signer, agent_id, wallet, owner, deadline)
        return consent if self.chance(85) else self._spoiled(consent)

    def _spoiled(self, consent: Consent) -> Consent:
        return self.one_of(
            (
                consent._replace(signer=self.one_of(KEY_HOLDERS)),
                consent._replace(agent_id=1),
                consent._replace(new_wallet=self.account()),
                consent._replace(owner=self.account()),
                consent._replace(deadline=consent.deadline ^ 1),
            )
        )
