"""The reputation registry: feedback of clients to agents, and responses to it."""

# ruff: noqa: PLR0917 (as many arguments as the standard's functions have)

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.model.chain import ZERO, ModelRevert
from tests.model.identity import Identity
from tests.model.registry import Setup, check_size
from tests.model.wired import Wired

INT128 = range(-(2**127), 2**127)


@dataclass
class Feedback:
    """One feedback.

    :ivar value: in units of 10^-decimals
    :ivar responses: how often each account responded
    """

    index: int
    value: int
    decimals: int
    tag1: str
    tag2: str
    time: int
    revoked: bool = False
    responses: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> Fraction:
        return Fraction(self.value, 10**self.decimals)

    def matches(self, tag1: str, tag2: str) -> bool:
        """Whether it has these tags, empty ones meaning any."""
        return tag1 in {"", self.tag1} and tag2 in {"", self.tag2}

    def view(self) -> tuple[Any, ...]:
        """As the ABI's FeedbackView."""
        responses = self.responses.total()
        return self.index, self.value, self.decimals, self.revoked, self.time, responses, self.tag1, self.tag2


@dataclass
class Ledger:
    """What one client gave to one agent.

    :ivar decimals: the highest since the client last had nothing live
    """

    entries: list[Feedback] = field(default_factory=list)
    decimals: int = 0

    @property
    def live(self) -> list[Feedback]:
        return [entry for entry in self.entries if not entry.revoked]


class Reputation(Wired):
    """Feedback of clients to agents, and responses to it."""

    NAME = "ReputationRegistry"
    INTERFACES = frozenset({"ad80c02a", "fe392dfa"})
    MAX_DECIMALS = 18
    MAX_ABSOLUTE_VALUE = 10**38
    MAX_FEEDBACK_PER_CLIENT = 2_000_000
    MAX_ENDPOINT_SIZE = 2_048

    def __init__(self, identity: Identity, address: str, setup: Setup) -> None:
        super().__init__(identity, address, setup)
        self.ledgers: dict[int, dict[str, Ledger]] = {}

    # ---- Feedback

    def give_feedback(
        self,
        agent_id: int,
        value: int,
        decimals: int,
        tag1: str,
        tag2: str,
        endpoint: str,
        uri: str,
        content_hash: bytes,
        *,
        sender: str,
    ) -> None:
        self._check_running()
        if self.identity.is_affiliated(sender, agent_id):
            raise ModelRevert("SelfFeedback", agent_id, sender)
        if decimals > self.MAX_DECIMALS:
            raise ModelRevert("DecimalsOutOfRange", decimals, self.MAX_DECIMALS)
        if abs(value) > self.MAX_ABSOLUTE_VALUE:
            raise ModelRevert("ValueOutOfRange", value, self.MAX_ABSOLUTE_VALUE)
        check_size("endpoint", endpoint, self.MAX_ENDPOINT_SIZE)
        check_size("feedbackURI", uri, self.MAX_URI_SIZE)
        index = self.get_last_index(agent_id, sender) + 1
        if index > self.MAX_FEEDBACK_PER_CLIENT:
            raise ModelRevert("FeedbackLimitReached", agent_id, sender, self.MAX_FEEDBACK_PER_CLIENT)
        self._check_tag(tag1)
        self._check_tag(tag2)

        self._store_tag(tag1)
        self._store_tag(tag2)
        ledger = self.ledgers.setdefault(agent_id, {}).setdefault(sender, Ledger())
        ledger.entries.append(Feedback(index, value, decimals, tag1, tag2, self.chain.time))
        ledger.decimals = max(ledger.decimals, decimals)
        self._emit(
            "NewFeedback",
            agent_id,
            sender,
            index,
            value,
            decimals,
            tag1,
            tag1,
            tag2,
            endpoint,
            uri,
            content_hash,
        )

    def revoke_feedback(self, agent_id: int, index: int, *, sender: str) -> None:
        self._check_not_entered()
        entry = self._feedback(agent_id, sender, index)
        if entry.revoked:
            raise ModelRevert("FeedbackAlreadyRevoked", agent_id, sender, index)
        entry.revoked = True
        ledger = self._ledger(agent_id, sender)
        if not ledger.live:
            ledger.decimals = 0
        self._emit("FeedbackRevoked", agent_id, sender, index)

    def read_feedback(self, agent_id: int, client: str, index: int) -> tuple[int, int, str, str, bool]:
        entry = self._feedback(agent_id, client, index)
        return entry.value, entry.decimals, entry.tag1, entry.tag2, entry.revoked

    def get_feedback(self, agent_id: int, client: str, index: int) -> tuple[Any, ...]:
        return self._feedback(agent_id, client, index).view()

    def get_feedback_page(
        self, agent_id: int, client: str, cursor: int, limit: int
    ) -> tuple[tuple[tuple[Any, ...], ...], int]:
        page, next_cursor = self._page(self._ledger(agent_id, client).entries, cursor, limit)
        return tuple(entry.view() for entry in page), next_cursor

    def read_all_feedback(
        self,
        agent_id: int,
        clients: Sequence[str],
        tag1: str,
        tag2: str,
        include_revoked: bool,
    ) -> tuple[tuple[Any, ...], ...]:
        rows = [
            (client, entry.index, entry.value, entry.decimals, entry.tag1, entry.tag2, entry.revoked)
            for client in distinct(clients or self.get_clients(agent_id))
            for entry in self._ledger(agent_id, client).entries
            if entry.matches(tag1, tag2) and (include_revoked or not entry.revoked)
        ]
        return tuple(zip(*rows, strict=True)) if rows else ((),) * 7

    def get_last_index(self, agent_id: int, client: str) -> int:
        return len(self._ledger(agent_id, client).entries)

    def get_clients(self, agent_id: int) -> tuple[str, ...]:
        return tuple(self.ledgers.get(agent_id, ()))

    def get_client_count(self, agent_id: int) -> int:
        return len(self.get_clients(agent_id))

    def get_clients_page(self, agent_id: int, cursor: int, limit: int) -> tuple[tuple[str, ...], int]:
        return self._page(self.get_clients(agent_id), cursor, limit)

    def _ledger(self, agent_id: int, client: str) -> Ledger:
        return self.ledgers.get(agent_id, {}).get(client, Ledger())

    def _feedback(self, agent_id: int, client: str, index: int) -> Feedback:
        entries = self._ledger(agent_id, client).entries
        if not 1 <= index <= len(entries):
            raise ModelRevert("FeedbackNotFound", agent_id, client, index)
        return entries[index - 1]

    # ---- Responses

    def append_response(
        self, agent_id: int, client: str, index: int, uri: str, content_hash: bytes, *, sender: str
    ) -> None:
        self._check_running()
        entry = self._feedback(agent_id, client, index)
        if not uri:
            raise ModelRevert("EmptyResponseURI")
        check_size("responseURI", uri, self.MAX_URI_SIZE)
        entry.responses[sender] += 1
        self._emit("ResponseAppended", agent_id, client, index, sender, uri, content_hash)

    def get_response_count(self, agent_id: int, client: str, index: int, responders: Sequence[str]) -> int:
        clients = self.get_clients(agent_id) if client == ZERO else (client,)
        entries = [entry for one in clients for entry in self._ledger(agent_id, one).entries]
        if client != ZERO and index:
            entries = [entry for entry in entries if entry.index == index]
        return count_responses(entries, responders)

    def get_response_count_page(
        self, agent_id: int, client: str, responders: Sequence[str], cursor: int, limit: int
    ) -> tuple[int, int]:
        page, next_cursor = self._page(self._ledger(agent_id, client).entries, cursor, limit)
        return count_responses(page, responders), next_cursor

    # ---- Summaries

    def get_summary(self, agent_id: int, clients: Sequence[str], tag1: str, tag2: str) -> tuple[int, int, int]:
        if not clients:
            raise ModelRevert("EmptyClientList")
        ledgers = [self._ledger(agent_id, client) for client in distinct(clients)]
        included = [entry for ledger in ledgers for entry in ledger.live if entry.matches(tag1, tag2)]
        if not included:
            return 0, 0, 0
        tagged = tag1 or tag2
        decimals = max(entry.decimals for entry in included) if tagged else max(one.decimals for one in ledgers)
        average = sum(entry.number for entry in included) / len(included)
        while (value := math.trunc(average * 10**decimals)) not in INT128:
            decimals -= 1
        return len(included), value, decimals

    def get_summary_page(
        self, agent_id: int, client: str, tag1: str, tag2: str, cursor: int, limit: int
    ) -> tuple[int, int, int, int]:
        page, next_cursor = self._page(self._ledger(agent_id, client).entries, cursor, limit)
        included = [entry for entry in page if not entry.revoked and entry.matches(tag1, tag2)]
        decimals = max((entry.decimals for entry in included), default=0)
        return len(included), self._sum(included), decimals, next_cursor

    def get_client_totals(self, agent_id: int, client: str) -> tuple[int, int, int, int]:
        ledger = self._ledger(agent_id, client)
        return len(ledger.entries), len(ledger.live), self._sum(ledger.live), ledger.decimals

    def _sum(self, entries: Sequence[Feedback]) -> int:
        """In units of 10^-18, exact: no value has more decimals."""
        return int(sum(entry.number for entry in entries) * 10**self.MAX_DECIMALS)


def distinct(items: Sequence[str]) -> list[str]:
    """Each once, in the order of the first time."""
    return list(dict.fromkeys(items))


def count_responses(entries: Sequence[Feedback], responders: Sequence[str]) -> int:
    """Those of these responders, of everybody if none are given."""
    if not responders:
        return sum(entry.responses.total() for entry in entries)
    return sum(entry.responses[responder] for entry in entries for responder in distinct(responders))
