"""What each event changes: the registries' state, built from their logs alone.

The order of logs is trusted no more than the chain does. An owner comes from Transfer only, never from Registered. A
registration announces the wallet that the agent had when it was minted, and registries that call the receiver in
between announce it late (attack V1): that announcement says nothing new. A URI is an agent's own once MetadataUpdate
(ERC-4906) has said so; without, Registered tells the empty URI of an agent that has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import Table

from registry_api.abi import checksummed
from registry_api.bulk import Key, Row
from registry_api.errors import FatalError
from registry_api.events import (
    Administration,
    AgentURICleared,
    Approval,
    ApprovalForAll,
    BaseURIUpdated,
    Event,
    FeedbackRevoked,
    MetadataSet,
    MetadataUpdate,
    NewFeedback,
    OperatorOptOutSet,
    Registered,
    ResponseAppended,
    Transfer,
    URIUpdated,
    ValidationRequest,
    ValidationResponse,
)
from registry_api.rows import Rows
from registry_api.tables import (
    administration,
    agent_metadata,
    agents,
    chains,
    clients,
    digest,
    feedback,
    history,
    operators,
    opt_outs,
    ratings,
    responses,
    validations,
)

ZERO_ADDRESS = "0x" + "00" * 20
WALLET_KEY = "agentWallet"


class Projection:
    """Applies events to rows, in the order of the chain."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        # Only within a transaction: URIs that were announced, and agents whose wallet has yet to be.
        self._announced: set[tuple[str, int]] = set()
        self._registered: set[tuple[str, int]] = set()

    def apply(self, events: Sequence[Event], times: Mapping[int, int]) -> None:
        """Applies the events of whole blocks.

        :param times: of each block with events, seconds since the epoch
        :raises FatalError: if an event tells of something that is not known
        """
        self._load(events)
        for event in events:
            self._HANDLERS[type(event)](self, event, times[event.block])
        self._announced.clear()
        self._registered.clear()

    def _load(self, events: Sequence[Event]) -> None:
        self._rows.load([(chains, ()), *(key(event) for event in events for key in _TOUCHED.get(type(event), ()))])
        # Which totals a revocation lowers is told by the feedback alone.
        revoked = (event for event in events if isinstance(event, FeedbackRevoked))
        entries = (self._rows.find(feedback, event.agent_id, event.client, event.feedback_index) for event in revoked)
        self._rows.load((ratings, (entry["agent_id"], entry["scale"])) for entry in entries if entry is not None)

    # IDENTITY

    def _on_transfer(self, event: Transfer, time: int) -> None:
        if event.sender == ZERO_ADDRESS:
            self._register(event, time)
            return
        agent = self._agent(event, time)
        agent["approved"] = None
        if event.recipient != event.sender:
            agent["owner"] = event.recipient
            agent["wallet"] = None
            agent["ownership_epoch"] += 1
        self._record(event, time, "transfer", sender=event.sender, recipient=event.recipient)

    def _register(self, event: Transfer, time: int) -> None:
        if self._rows.find(agents, event.agent_id) is not None:
            raise FatalError(f"agent {event.agent_id}: minted again in {event.transaction}")
        self._rows.add(
            agents,
            event.agent_id,
            owner=event.recipient,
            approved=None,
            wallet=event.recipient,
            own_uri=None,
            uri_digest=None,
            ownership_epoch=0,
            registered_block=event.block,
            registered_time=time,
            registered_transaction=event.transaction,
            updated_time=time,
            block=event.block,
            feedback_count=0,
            revoked_count=0,
            client_count=0,
            response_count=0,
            validation_count=0,
            answered_count=0,
            last_feedback_time=None,
        )
        self._chain["agent_count"] += 1
        self._record(event, time, "registration", owner=event.recipient)

    def _on_approval(self, event: Approval, time: int) -> None:
        approved = None if event.approved == ZERO_ADDRESS else event.approved
        self._agent(event, time)["approved"] = approved
        self._record(event, time, "approval", approved=approved)

    def _on_approval_for_all(self, event: ApprovalForAll, _time: int) -> None:
        self._put(operators, event.owner, event.operator, approved=event.approved, block=event.block)

    def _on_opt_out(self, event: OperatorOptOutSet, _time: int) -> None:
        self._put(opt_outs, event.account, opted_out=event.opted_out, block=event.block)

    def _on_metadata_update(self, event: MetadataUpdate, _time: int) -> None:
        self._announced.add((event.transaction, event.agent_id))

    def _on_registered(self, event: Registered, time: int) -> None:
        self._registered.add((event.transaction, event.agent_id))
        self._take_uri(event, time)

    def _on_uri_updated(self, event: URIUpdated, time: int) -> None:
        self._take_uri(event, time)

    def _take_uri(self, event: Registered | URIUpdated, time: int) -> None:
        agent = self._agent(event, time)
        announcement = (event.transaction, event.agent_id)
        if announcement in self._announced:
            self._announced.remove(announcement)
            agent["own_uri"], agent["uri_digest"] = event.uri, digest(event.uri) if event.uri else None
            self._record(event, time, "uri", uri=event.uri)

    def _on_uri_cleared(self, event: AgentURICleared, time: int) -> None:
        self._agent(event, time).update(own_uri=None, uri_digest=None)
        self._record(event, time, "uri", uri=None)

    def _on_base_uri(self, event: BaseURIUpdated, time: int) -> None:
        self._chain["base_uri"] = event.base_uri
        self._administer(event, time, "identity", "BaseURIUpdated", {"baseURI": event.base_uri})

    def _on_metadata_set(self, event: MetadataSet, time: int) -> None:
        agent = self._agent(event, time)
        if event.key == WALLET_KEY:
            self._on_wallet_set(event, time, agent)
            return
        row = self._put(
            agent_metadata, event.agent_id, digest(event.key), key=event.key, value=event.value, block=event.block
        )
        row.update(value_digest=digest(event.value.hex()), time=time)
        self._record(event, time, "metadata", key=event.key, value=event.value.hex())

    def _on_wallet_set(self, event: MetadataSet, time: int, agent: Row) -> None:
        registration = (event.transaction, event.agent_id)
        if registration in self._registered:
            self._registered.remove(registration)
            return
        agent["wallet"] = checksummed(event.value) if event.value else None
        self._record(event, time, "wallet", wallet=agent["wallet"])

    # ADMINISTRATION

    def _on_administration(self, event: Administration, time: int) -> None:
        self._administer(event, time, event.registry, event.name, event.details)

    def _administer(  # a row's columns
        self, event: Event, time: int, registry: str, name: str, details: dict[str, Any]
    ) -> None:
        place = (event.block, event.index)
        self._rows.add(
            administration,
            *place,
            registry=registry,
            event=name,
            details=json.dumps(details),
            transaction=event.transaction,
            time=time,
        )

    # REPUTATION

    def _on_new_feedback(self, event: NewFeedback, time: int) -> None:
        agent = self._rows.get(agents, event.agent_id)
        client = self._rows.find(clients, event.agent_id, event.client)
        if client is None:
            agent["client_count"] += 1
            client = self._rows.add(
                clients,
                event.agent_id,
                event.client,
                feedback_count=0,
                revoked_count=0,
                first_block=event.block,
                first_log_index=event.index,
                first_time=time,
            )
        client.update(feedback_count=client["feedback_count"] + 1, last_time=time, block=event.block)
        agent["feedback_count"] += 1
        agent["last_feedback_time"] = time
        agent["block"] = event.block
        self._chain["feedback_count"] += 1
        scale = _scale(event.tag1, event.tag2, event.decimals)
        self._rows.add(
            feedback,
            event.agent_id,
            event.client,
            event.feedback_index,
            value=event.value,
            decimals=event.decimals,
            tag1=event.tag1,
            tag2=event.tag2,
            scale=scale,
            endpoint=event.endpoint,
            uri=event.uri,
            hash=event.hash,
            ownership_epoch=agent["ownership_epoch"],
            given_block=event.block,
            log_index=event.index,
            time=time,
            transaction=event.transaction,
            revoked_time=None,
            response_count=0,
            block=event.block,
        )
        if self._rows.find(ratings, event.agent_id, scale) is None:
            self._rows.add(
                ratings,
                event.agent_id,
                scale,
                tag1=event.tag1,
                tag1_digest=digest(event.tag1),
                tag2=event.tag2,
                decimals=event.decimals,
                count=0,
                sum=0,
            )
        self._rate(event, scale, 1, event.value)

    def _on_revoked(self, event: FeedbackRevoked, time: int) -> None:
        entry = self._rows.get(feedback, event.agent_id, event.client, event.feedback_index)
        if entry["revoked_time"] is not None:
            raise FatalError(f"feedback {event.agent_id, event.client, event.feedback_index}: revoked again")
        entry.update(revoked_time=time, block=event.block)
        for row in (self._rows.get(agents, event.agent_id), self._rows.get(clients, event.agent_id, event.client)):
            row["revoked_count"] += 1
            row["block"] = event.block
        self._rate(event, entry["scale"], -1, -entry["value"])

    def _rate(self, event: NewFeedback | FeedbackRevoked, scale: bytes, count: int, value: int) -> None:
        rating = self._rows.get(ratings, event.agent_id, scale)
        rating["count"] += count
        rating["sum"] += value
        # One division of integers is rounded once.
        rating["average"] = rating["sum"] / (rating["count"] * 10 ** rating["decimals"]) if rating["count"] else None
        rating["block"] = event.block

    def _on_response(self, event: ResponseAppended, time: int) -> None:
        for row in (
            self._rows.get(agents, event.agent_id),
            self._rows.get(feedback, event.agent_id, event.client, event.feedback_index),
        ):
            row["response_count"] += 1
            row["block"] = event.block
        self._rows.add(
            responses,
            event.agent_id,
            event.client,
            event.feedback_index,
            event.block,
            event.index,
            time=time,
            transaction=event.transaction,
            responder=event.responder,
            uri=event.uri,
            hash=event.hash,
        )

    # VALIDATION

    def _on_request(self, event: ValidationRequest, time: int) -> None:
        agent = self._rows.get(agents, event.agent_id)
        agent["validation_count"] += 1
        agent["block"] = event.block
        self._chain["validation_count"] += 1
        self._rows.add(
            validations,
            event.request_hash,
            agent_id=event.agent_id,
            validator=event.validator,
            request_uri=event.uri,
            request_block=event.block,
            log_index=event.index,
            request_time=time,
            request_transaction=event.transaction,
            response=None,
            response_uri=None,
            response_hash=None,
            tag=None,
            response_time=None,
            response_transaction=None,
            answer_count=0,
            block=event.block,
        )

    def _on_answer(self, event: ValidationResponse, time: int) -> None:
        request = self._rows.get(validations, event.request_hash)
        if not request["answer_count"]:
            agent = self._rows.get(agents, event.agent_id)
            agent["answered_count"] += 1
            agent["block"] = event.block
        request.update(
            response=event.response,
            response_uri=event.uri,
            response_hash=event.hash,
            tag=event.tag,
            response_time=time,
            response_transaction=event.transaction,
            answer_count=request["answer_count"] + 1,
            block=event.block,
        )

    # Of the class: an object that has its own methods in a dict lives, with all its rows, until the collector comes.
    _HANDLERS: ClassVar[dict[type[Event], Callable[[Projection, Any, int], None]]] = {
        Transfer: _on_transfer,
        Approval: _on_approval,
        ApprovalForAll: _on_approval_for_all,
        OperatorOptOutSet: _on_opt_out,
        Registered: _on_registered,
        MetadataUpdate: _on_metadata_update,
        URIUpdated: _on_uri_updated,
        AgentURICleared: _on_uri_cleared,
        BaseURIUpdated: _on_base_uri,
        Administration: _on_administration,
        MetadataSet: _on_metadata_set,
        NewFeedback: _on_new_feedback,
        FeedbackRevoked: _on_revoked,
        ResponseAppended: _on_response,
        ValidationRequest: _on_request,
        ValidationResponse: _on_answer,
    }

    # ROWS

    @property
    def _chain(self) -> Row:
        return self._rows.get(chains)

    def _agent(
        self, event: Transfer | Approval | Registered | URIUpdated | AgentURICleared | MetadataSet, time: int
    ) -> Row:
        """The agent, which is being changed."""
        agent = self._rows.get(agents, event.agent_id)
        agent["updated_time"], agent["block"] = time, event.block
        return agent

    def _put(self, table: Table, *key: Any, **values: Any) -> Row:
        """A row with these values, new or not."""
        row = self._rows.find(table, *key)
        if row is None:
            return self._rows.add(table, *key, **values)
        row.update(values)
        return row

    def _record(self, event: Any, time: int, kind: str, **change: Any) -> None:
        """Adds to an agent's history."""
        self._rows.add(
            history,
            event.agent_id,
            event.block,
            event.index,
            time=time,
            transaction=event.transaction,
            kind=kind,
            change=json.dumps(change),
        )


def _agent_key(event: Any) -> tuple[Table, Key]:
    return agents, (event.agent_id,)


def _client_key(event: NewFeedback | FeedbackRevoked) -> tuple[Table, Key]:
    return clients, (event.agent_id, event.client)


def _feedback_key(event: FeedbackRevoked | ResponseAppended) -> tuple[Table, Key]:
    return feedback, (event.agent_id, event.client, event.feedback_index)


def _rating_key(event: NewFeedback) -> tuple[Table, Key]:
    return ratings, (event.agent_id, _scale(event.tag1, event.tag2, event.decimals))


_TOUCHED: dict[type[Event], tuple[Callable[[Any], tuple[Table, Key]], ...]] = {
    Transfer: (_agent_key,),
    Approval: (_agent_key,),
    ApprovalForAll: (lambda event: (operators, (event.owner, event.operator)),),
    OperatorOptOutSet: (lambda event: (opt_outs, (event.account,)),),
    Registered: (_agent_key,),
    URIUpdated: (_agent_key,),
    AgentURICleared: (_agent_key,),
    MetadataSet: (_agent_key, lambda event: (agent_metadata, (event.agent_id, digest(event.key)))),
    NewFeedback: (_agent_key, _client_key, _rating_key),
    FeedbackRevoked: (_agent_key, _client_key, _feedback_key),
    ResponseAppended: (_agent_key, _feedback_key),
    ValidationRequest: (_agent_key,),
    ValidationResponse: (_agent_key, lambda event: (validations, (event.request_hash,))),
}
"""The rows that an event reads before it changes them."""


# Tags repeat.
@lru_cache(maxsize=256)
def _scale(tag1: str, tag2: str, decimals: int) -> bytes:
    return digest(tag1, tag2, decimals)
