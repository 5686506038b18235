"""The ghost ledger: what the calls that succeeded must have left behind, drawn from their arguments alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from tests.stateful.witness import IDENTITY, Deed, Event

Pair = tuple[int, str]
"""An agent and one of its clients."""


@dataclass
class Given:
    """One feedback."""

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


@dataclass
class Asked:
    """One request for validation; answers: verdict, hash, tag and time of each."""

    validator: str
    agent_id: int
    time: int
    answers: list[tuple[int, bytes, str, int]] = field(default_factory=list)


class Ghost:
    """What is expected after some deeds."""

    def __init__(self, deeds: Iterable[Deed]) -> None:
        self.deeds = list(deeds)
        self.metadata: dict[int, dict[str, bytes]] = {}
        self.own_uris: dict[int, str] = {}
        self.base_uri = ""
        self.feedback: dict[Pair, list[Given]] = {}
        self.requests: dict[bytes, Asked] = {}
        for deed in self.deeds:
            note = getattr(self, f"_{deed.function}", None)
            if note is not None:
                note(deed)

    def of(self, function: str) -> list[Deed]:
        return [deed for deed in self.deeds if deed.function == function]

    def events(self, registry: str, name: str) -> Iterator[tuple[Deed, Event]]:
        for deed in self.deeds:
            for event in deed.events:
                if (event.registry, event.name) == (registry, name):
                    yield deed, event

    def live(self, pair: Pair) -> list[Given]:
        return [given for given in self.feedback.get(pair, ()) if not given.revoked]

    def clients(self, agent_id: int) -> list[str]:
        return [client for agent, client in self.feedback if agent == agent_id]

    def _register(self, deed: Deed) -> None:
        agent_id = next(event.values["agentId"] for event in deed.events if event.name == "Registered")
        uri, entries = (*deed.arguments, "", ())[:2] if deed.arguments else ("", ())
        self.own_uris[agent_id] = uri
        self.metadata[agent_id] = {}
        for key, value in entries:
            self._write(agent_id, key, value)

    def _write(self, agent_id: int, key: str, value: bytes) -> None:
        if value:
            self.metadata[agent_id][key] = value
        else:
            self.metadata[agent_id].pop(key, None)

    def _setMetadata(self, deed: Deed) -> None:  # noqa: N802
        agent_id, key, value = deed.arguments
        self._write(agent_id, key, value)

    def _setAgentURI(self, deed: Deed) -> None:  # noqa: N802
        self.own_uris[deed.arguments[0]] = deed.arguments[1]

    def _setBaseURI(self, deed: Deed) -> None:  # noqa: N802
        self.base_uri = deed.arguments[0]

    def _giveFeedback(self, deed: Deed) -> None:  # noqa: N802
        agent_id, value, decimals, tag1, tag2, *_ = deed.arguments
        given = Given(value, decimals, tag1, tag2, deed.time)
        self.feedback.setdefault((agent_id, deed.sender), []).append(given)

    def _revokeFeedback(self, deed: Deed) -> None:  # noqa: N802
        agent_id, index = deed.arguments
        self.feedback[agent_id, deed.sender][index - 1].revoked = True

    def _appendResponse(self, deed: Deed) -> None:  # noqa: N802
        agent_id, client, index, *_ = deed.arguments
        self.feedback[agent_id, client][index - 1].responses[deed.sender] += 1

    def _validationRequest(self, deed: Deed) -> None:  # noqa: N802
        validator, agent_id, _, request_hash = deed.arguments
        self.requests[request_hash] = Asked(validator, agent_id, deed.time)

    def _validationResponse(self, deed: Deed) -> None:  # noqa: N802
        request_hash, verdict, _, content_hash, tag = deed.arguments
        self.requests[request_hash].answers.append((verdict, content_hash, tag, deed.time))

    def transfers(self, agent_id: int) -> list[Event]:
        return [event for _, event in self.events(IDENTITY, "Transfer") if event.values["tokenId"] == agent_id]
