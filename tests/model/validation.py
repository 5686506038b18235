"""The validation registry: requests to have an agent's work checked, and the validators' responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.model.chain import ZERO, ModelRevert
from tests.model.identity import Identity
from tests.model.registry import NO_HASH, Setup, check_size
from tests.model.wired import Wired


@dataclass
class Request:
    """One request.

    :ivar updated: when it was made, or last answered
    """

    validator: str
    agent_id: int
    updated: int
    pending: bool = True
    response: int = 0
    content_hash: bytes = NO_HASH
    tag: str = ""


class Validation(Wired):
    """Requests to have an agent's work checked, and the validators' responses."""

    NAME = "ValidationRegistry"
    INTERFACES = frozenset({"092145c2", "3e9929f4"})
    MAX_RESPONSE = 100

    def __init__(self, identity: Identity, address: str, setup: Setup) -> None:
        super().__init__(identity, address, setup)
        self.requests: dict[bytes, Request] = {}

    def validation_request(self, validator: str, agent_id: int, uri: str, request_hash: bytes, *, sender: str) -> None:
        self._check_running()
        if not self.identity.is_authorized_or_owner(sender, agent_id):
            raise ModelRevert("NotAuthorized", agent_id, sender)
        if validator == ZERO:
            raise ModelRevert("ZeroValidator")
        self._check_independent(agent_id, validator)
        if request_hash in self.requests:
            raise ModelRevert("RequestHashUsed", request_hash)
        check_size("requestURI", uri, self.MAX_URI_SIZE)
        self.requests[request_hash] = Request(validator, agent_id, self.chain.time)
        self._emit("ValidationRequest", validator, agent_id, uri, request_hash)

    def validation_response(
        self, request_hash: bytes, response: int, uri: str, content_hash: bytes, tag: str, *, sender: str
    ) -> None:
        self._check_running()
        request = self._request(request_hash)
        if sender != request.validator:
            raise ModelRevert("NotRequestedValidator", request_hash, sender)
        self._check_independent(request.agent_id, sender)
        if response > self.MAX_RESPONSE:
            raise ModelRevert("ResponseOutOfRange", response, self.MAX_RESPONSE)
        check_size("responseURI", uri, self.MAX_URI_SIZE)
        self._check_tag(tag)
        self._store_tag(tag)
        request.pending, request.updated = False, self.chain.time
        request.response, request.content_hash, request.tag = response, content_hash, tag
        self._emit("ValidationResponse", sender, request.agent_id, request_hash, response, uri, content_hash, tag)

    def get_validation_status(self, request_hash: bytes) -> tuple[str, int, int, bytes, str, int]:
        request = self._request(request_hash)
        verdict = request.response, request.content_hash, request.tag
        return request.validator, request.agent_id, *verdict, request.updated

    def is_pending(self, request_hash: bytes) -> bool:
        return self._request(request_hash).pending

    def get_agent_validations(self, agent_id: int) -> tuple[bytes, ...]:
        return tuple(key for key, request in self.requests.items() if request.agent_id == agent_id)

    def get_agent_validations_page(self, agent_id: int, cursor: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        return self._page(self.get_agent_validations(agent_id), cursor, limit)

    def get_validator_requests(self, validator: str) -> tuple[bytes, ...]:
        return tuple(key for key, request in self.requests.items() if request.validator == validator)

    def get_validator_requests_page(self, validator: str, cursor: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        return self._page(self.get_validator_requests(validator), cursor, limit)

    def get_summary(self, agent_id: int, validators: Sequence[str], tag: str) -> tuple[int, int]:
        count, total = self._total(self.get_agent_validations(agent_id), validators, tag)
        return count, total // count if count else 0

    def get_summary_page(
        self, agent_id: int, validators: Sequence[str], tag: str, cursor: int, limit: int
    ) -> tuple[int, int, int]:
        page, next_cursor = self._page(self.get_agent_validations(agent_id), cursor, limit)
        return *self._total(page, validators, tag), next_cursor

    def _total(self, keys: Sequence[bytes], validators: Sequence[str], tag: str) -> tuple[int, int]:
        """The number of answered requests included, and the sum of their verdicts."""
        verdicts = [
            request.response
            for request in map(self.requests.__getitem__, keys)
            if not request.pending and (not validators or request.validator in validators) and tag in {"", request.tag}
        ]
        return len(verdicts), sum(verdicts)

    def _request(self, request_hash: bytes) -> Request:
        if request_hash not in self.requests:
            raise ModelRevert("RequestNotFound", request_hash)
        return self.requests[request_hash]

    def _check_independent(self, agent_id: int, validator: str) -> None:
        if self.identity.is_affiliated(validator, agent_id):
            raise ModelRevert("SelfValidation", agent_id, validator)
