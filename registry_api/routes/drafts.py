"""What changes something: unsigned transactions to be signed elsewhere, and links to payments.

No key ever comes here, and nothing is sent to a chain.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from registry_api import drafts as drafting
from registry_api import lists, metrics
from registry_api.answers import JSON
from registry_api.audit import Actor
from registry_api.clients import asked
from registry_api.documents import exact
from registry_api.drafts import MAX_METADATA_KEYS, Draft, DraftError, Feedback
from registry_api.errors import FatalError, RetryableError
from registry_api.inputs import Address, Hash, MetadataValue
from registry_api.links import LinkedError, link
from registry_api.payments import PaymentError, prove_payment
from registry_api.problems import Problem
from registry_api.routes import new_router
from registry_api.routes import responses as shown
from registry_api.routes.parameters import OnChain, documented, query
from registry_api.service import Service
from registry_api.source import Source

router = new_router("transactions")

Text = Annotated[str, Field(max_length=16_384)]


class Body(BaseModel):
    """Of a request."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RegistrationBody(Body):
    """An agent to be registered."""

    sender: Address = Field(description="Who will sign, and own the agent.")
    uri: Text | None = Field(None, description="Of the registration file; without one it is made from the chain.")
    metadata: Annotated[dict[str, MetadataValue], Field(max_length=MAX_METADATA_KEYS)] = Field(
        {}, description="By key: a text, or 0x and bytes in hexadecimal."
    )


class FeedbackBody(Body):
    """Feedback to be given."""

    sender: Address = Field(description="The client, who will sign.")
    value: StrictInt | str = Field(description="In units of 10^-decimals; a text if it is above 2^53.", examples=[95])
    decimals: int = Field(0, description="0 to 18.")
    tag1: Text = ""
    tag2: Text = ""
    endpoint: Text = ""
    uri: Text = ""
    hash: Hash | None = Field(None, description="keccak256 of what the URI leads to.")


class PaymentBody(Body):
    """A payment to be linked."""

    transaction: Hash = Field(description="That pays the agent's wallet.")


@router.post("/agents/register", openapi_extra=documented(OnChain), responses=shown.of_registration)
async def draft_registration(request: Request, body: RegistrationBody) -> Response:
    """The unsigned transaction that registers an agent: checked, and simulated on the chain."""
    service: Service = request.app.state.service
    source = service.source(query(request, OnChain)[1])
    chain = await service.chain(source)
    return await _drafted(
        source, lambda: drafting.draft_registration(chain, source, body.sender, body.uri, body.metadata)
    )


@router.post("/agents/{agent}/feedback", openapi_extra=documented(OnChain), responses=shown.of_feedback)
async def draft_feedback(request: Request, agent: str, body: FeedbackBody) -> Response:
    """The unsigned transaction that gives an agent feedback: checked, and simulated on the chain."""
    service: Service = request.app.state.service
    source, agent_id = service.agent(agent, query(request, OnChain)[1])
    try:
        value = int(body.value)
    except ValueError:
        raise Problem("INVALID_VALUE", f"value: {str(body.value)[:80]!r} is not an integer") from None
    given = Feedback(
        value,
        body.decimals,
        body.tag1,
        body.tag2,
        body.endpoint,
        body.uri,
        bytes.fromhex(body.hash[2:]) if body.hash else drafting.NO_HASH,
    )
    chain = await service.chain(source)
    return await _drafted(source, lambda: drafting.draft_feedback(chain, source, body.sender, agent_id, given))


async def _drafted(source: Source, make: Any) -> Response:
    try:
        draft: Draft = await asyncio.to_thread(make)
    except DraftError as error:
        found = error.error
        contract = None if found is None else {"name": found.name, "arguments": found.arguments}
        raise Problem(error.code, str(error), contract_error=contract) from None
    except (RetryableError, FatalError) as error:
        raise Problem("SERVICE_UNAVAILABLE", f"chain {source.chain_id}: {error}") from error
    data = {
        "transaction": draft.transaction,
        "function": draft.function,
        "arguments": draft.arguments,
        "meaning": draft.meaning,
        "expected": {**draft.expected._asdict(), "value": exact(draft.expected.value)},
        "simulated_at": {"block": draft.block.number, "block_hash": draft.block.hash, "time": draft.block.time},
    }
    return Response(orjson.dumps({"data": data}), media_type=JSON)


def _actor(request: Request) -> Actor:
    by = asked(request.scope)
    return Actor("nobody" if by.key is None else f"key {by.key.id}", by.id, by.address)


_PAYMENT_CODES = {
    "not_found": "PAYMENT_NOT_FOUND",
    "no_transfer_to_wallet": "PAYMENT_NOT_FOUND",
    "pending": "PAYMENT_NOT_CONFIRMED",
    "unconfirmed": "PAYMENT_NOT_CONFIRMED",
    "reverted": "PAYMENT_NOT_CONFIRMED",
}


@router.post(
    "/agents/{agent}/link-payment", openapi_extra=documented(OnChain), status_code=201, responses=shown.of_link
)
async def link_payment(request: Request, agent: str, body: PaymentBody) -> Response:
    """Links a transaction to the agent whose wallet it pays, as the chain proves; once."""
    service: Service = request.app.state.service
    source, agent_id = service.agent(agent, query(request, OnChain)[1])
    head, _ = await service.reader.agent(source.chain_id, agent_id)
    chain = await service.chain(source)
    try:
        proven = await asyncio.to_thread(prove_payment, chain, source, agent_id, body.transaction)
        rows = await asyncio.to_thread(
            partial(
                link, service.writer, source.chain_id, agent_id, proven, now=int(time.time()), actor=_actor(request)
            )
        )
    except PaymentError as error:
        details = {"reason": error.reason, "may_change": error.may_change}
        raise Problem(_PAYMENT_CODES[error.reason], str(error), **details) from None
    except RetryableError as error:
        raise Problem("SERVICE_UNAVAILABLE", f"chain {source.chain_id}: {error}") from error
    except LinkedError as error:
        raise Problem("PAYMENT_ALREADY_LINKED", str(error)) from None
    metrics.payments_linked.labels(str(source.chain_id)).inc(len(rows))
    data = [lists.show_payment(row, head) for row in rows]
    return Response(orjson.dumps({"at": head.to_json(), "data": data}), 201, media_type=JSON)
