"""What an indexer believes of feedback and validations that sees nothing but logs, held against the registries' reads.

Times are those of the blocks, which no log carries: they are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from tests.deployment import Registries
from tests.evm import Contract, Log

IGNORED = frozenset(
    {
        "Paused",
        "Unpaused",
        "RoleGranted",
        "RoleRevoked",
        "DefaultAdminTransferScheduled",
        "DefaultAdminTransferCanceled",
        "DefaultAdminDelayChangeScheduled",
        "DefaultAdminDelayChangeCanceled",
    }
)
"""What says nothing about ratings. Any other log has to be understood."""


@dataclass
class FeedbackRecord:
    """One feedback."""

    value: int
    decimals: int
    tag1: str
    tag2: str
    revoked: bool = False
    responses: Counter[str] = field(default_factory=Counter)


@dataclass
class RequestRecord:
    """One request; answered: verdict, hash of the evidence, tag."""

    validator: str
    agent_id: int
    answer: tuple[int, bytes, str] | None = None


class RatingReplay:
    """The state of both registries after some logs, those of other contracts among them left out."""

    def __init__(self, registries: Registries, logs: Iterable[Log]) -> None:
        self.feedback: dict[tuple[int, str, int], FeedbackRecord] = {}
        self.requests: dict[bytes, RequestRecord] = {}
        contracts = {one.address: one for one in (registries.reputation, registries.validation)}
        for log in logs:
            if log.address in contracts:
                name, values = contracts[log.address].read_log(log)
                if name not in IGNORED:
                    getattr(self, f"_on_{name}")(values)

    def _on_NewFeedback(self, log: Mapping[str, Any]) -> None:  # noqa: N802
        assert log["indexedTag1"] == keccak(text=log["tag1"])
        key = (log["agentId"], log["clientAddress"], log["feedbackIndex"])
        assert key not in self.feedback
        self.feedback[key] = FeedbackRecord(log["value"], log["valueDecimals"], log["tag1"], log["tag2"])

    def _on_FeedbackRevoked(self, log: Mapping[str, Any]) -> None:  # noqa: N802
        self.feedback[log["agentId"], log["clientAddress"], log["feedbackIndex"]].revoked = True

    def _on_ResponseAppended(self, log: Mapping[str, Any]) -> None:  # noqa: N802
        self.feedback[log["agentId"], log["clientAddress"], log["feedbackIndex"]].responses[log["responder"]] += 1

    def _on_ValidationRequest(self, log: Mapping[str, Any]) -> None:  # noqa: N802
        assert log["requestHash"] not in self.requests
        self.requests[log["requestHash"]] = RequestRecord(log["validatorAddress"], log["agentId"])

    def _on_ValidationResponse(self, log: Mapping[str, Any]) -> None:  # noqa: N802
        request = self.requests[log["requestHash"]]
        assert (request.validator, request.agent_id) == (log["validatorAddress"], log["agentId"])
        request.answer = log["response"], log["responseHash"], log["tag"]


def _feedback_reads(reputation: Contract, replay: RatingReplay) -> Iterator[tuple[str, Any, Any]]:
    last: Counter[tuple[int, str]] = Counter()
    clients: dict[int, list[str]] = {}
    for (agent_id, client, index), entry in replay.feedback.items():
        last[agent_id, client] = max(last[agent_id, client], index)
        if client not in clients.setdefault(agent_id, []):
            clients[agent_id].append(client)
        told = (entry.value, entry.decimals, entry.tag1, entry.tag2, entry.revoked)
        yield f"readFeedback{agent_id, client, index}", reputation.readFeedback(agent_id, client, index), told
        for responder, count in entry.responses.items():
            arguments = (agent_id, client, index, [responder])
            yield f"getResponseCount{arguments}", reputation.getResponseCount(*arguments), count
    for pair, index in last.items():
        yield f"getLastIndex{pair}", reputation.getLastIndex(*pair), index
    for agent_id, listed in clients.items():
        yield f"getClients({agent_id})", reputation.getClients(agent_id), tuple(listed)


def _validation_reads(validation: Contract, replay: RatingReplay) -> Iterator[tuple[str, Any, Any]]:
    by_agent: dict[int, list[bytes]] = {}
    by_validator: dict[str, list[bytes]] = {}
    for key, request in replay.requests.items():
        by_agent.setdefault(request.agent_id, []).append(key)
        by_validator.setdefault(request.validator, []).append(key)
        status = (request.validator, request.agent_id, *(request.answer or (0, bytes(32), "")))
        yield f"getValidationStatus({key.hex()})", validation.getValidationStatus(key)[:-1], status
        yield f"isPending({key.hex()})", validation.isPending(key), request.answer is None
    for agent_id, keys in by_agent.items():
        yield f"getAgentValidations({agent_id})", validation.getAgentValidations(agent_id), tuple(keys)
    for validator, keys in by_validator.items():
        yield f"getValidatorRequests({validator})", validation.getValidatorRequests(validator), tuple(keys)


def disagreements(registries: Registries) -> dict[str, tuple[Any, Any]]:
    """Where the reads and the replay of all logs differ: the read, what it says, what the logs say."""
    replay = RatingReplay(registries, registries.evm.logs)
    reads = [*_feedback_reads(registries.reputation, replay), *_validation_reads(registries.validation, replay)]
    return {read: (state, logged) for read, state, logged in reads if state != logged}
