"""Lists about an agent: its feedback, clients, responses, validations, history, metadata and payments.

Each is read in the order of an index, from where the page before it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, RowMapping, Select, Table, bindparam, select, tuple_

from registry_api.documents import exact
from registry_api.exact import decimal, plain
from registry_api.head import Head
from registry_api.inputs import Address, Tag
from registry_api.pages import Cursor, from_cursor, to_cursor
from registry_api.problems import Problem
from registry_api.reading import with_head
from registry_api.tables import (
    agent_metadata,
    agents,
    clients,
    feedback,
    history,
    payments,
    responses,
    validations,
)

MAX_PAGE = 100


class Order(StrEnum):
    """Of the chain."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Page(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    order: Order = Field(Order.DESCENDING, description="desc is the newest first.")
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = Field(50, description="How many at most.")
    cursor: Cursor | None = Field(None, description="Where the page before ended.")


class FeedbackPage(Page):
    """Which feedback of an agent."""

    client: Address | None = Field(None, description="Who gave it.")
    tag1: Tag | None = Field(None, description="Exactly this tag1; it may be empty.")
    tag2: Tag | None = Field(None, description="Exactly this tag2; it may be empty.")
    revoked: bool | None = Field(None, description="Whether it is revoked.")
    current_owner: bool | None = Field(None, description="Whether it was given since the present owner has the agent.")


class ClientPage(Page):
    """Which clients of an agent."""


class ResponsePage(Page):
    """Which responses to an agent's feedback."""

    client: Address | None = Field(None, description="Whose feedback it is about.")
    feedback_index: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(None, description="With client: which one.")
    responder: Address | None = Field(None, description="Who responded.")

    @field_validator("feedback_index")
    @classmethod
    def _complete(cls, value: int | None, field: ValidationInfo) -> int | None:
        # A client that is itself refused is not there.
        if value is not None and field.data.get("client", "") is None:
            raise PydanticCustomError("incomplete", "is given with client only")
        return value


class ValidationPage(Page):
    """Which validations of an agent."""

    validator: Address | None = Field(None, description="Who was asked.")
    tag: Tag | None = Field(None, description="The tag of the latest answer.")
    answered: bool | None = Field(None, description="Whether there is an answer.")


class HistoryPage(Page):
    """Which changes of an agent."""

    kind: Literal["registration", "transfer", "approval", "uri", "metadata", "wallet"] | None = Field(
        None, description="What changed."
    )


class MetadataPage(Page):
    """Which metadata of an agent, by their last change."""


class PaymentPage(Page):
    """Which payments to an agent."""


@dataclass(frozen=True)
class Listing:
    """A list about an agent.

    :ivar order: columns that tell its rows apart, in an index after chain and agent
    :ivar kinds: of these, in cursors
    :ivar filters: the condition of each parameter; of a flag, what is true if it is
    """

    table: Table
    order: tuple[str, ...]
    kinds: tuple[type, ...]
    filters: Mapping[str, Callable[[], ColumnElement[bool]]]
    show: Callable[[RowMapping, Head], dict[str, Any]]
    always: Callable[[], ColumnElement[bool]] | None = None

    def position_of(self, row: RowMapping) -> list[Any]:
        """Where a page ends."""
        return [row[name] for name in self.order]


def render(listing: Listing, page: Page, head: Head, rows: Sequence[RowMapping]) -> tuple[bytes, str | None]:
    """A page as JSON, and the cursor of the next one; None if it is the last.

    :param rows: one more than the page has, if there are
    """
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    cursor = to_cursor(page.order.value, *listing.position_of(shown[-1])) if more else None
    return orjson.dumps([listing.show(row, head) for row in shown]), cursor


def parameters_of(listing: Listing, page: Page, chain_id: int, agent_id: int) -> dict[str, Any]:
    """What a statement is executed with.

    :raises Problem: INVALID_CURSOR
    """
    given = {name: value for name in listing.filters if (value := getattr(page, name)) is not None}
    found = {"chain": chain_id, "agent": agent_id, "limit": page.limit + 1, **given}
    if page.cursor is not None:
        order, *after = from_cursor(page.cursor, (str, *listing.kinds))
        if order != page.order.value:
            raise Problem("INVALID_CURSOR", f"cursor: it is of the order {order!r}, not {page.order.value!r}")
        found |= {f"after_{name}": one for name, one in zip(listing.order, after, strict=True)}
    return found


@lru_cache(maxsize=500)
def statement(name: str, given: frozenset[str], flags: frozenset[tuple[str, bool]], order: Order) -> Select[Any]:
    """The rows of a page, one more than the limit.

    :param given: its parameters
    :param flags: those of them that are true or false
    """
    listing = LISTINGS[name]
    table, columns = listing.table, [listing.table.c[one] for one in listing.order]
    query = select(table).where(table.c.chain_id == bindparam("chain"), table.c.agent_id == bindparam("agent"))
    values = dict(flags)
    for filter_, condition in listing.filters.items():
        if filter_ in given:
            query = query.where(condition() if values.get(filter_, True) else ~condition())
    if listing.always is not None:
        query = query.where(listing.always())
    if f"after_{listing.order[0]}" in given:
        here, there = tuple_(*columns), tuple_(*(bindparam(f"after_{one}") for one in listing.order))
        query = query.where(here > there if order is Order.ASCENDING else here < there)
    query = query.order_by(*(_directed(column, order) for column in columns))
    page = query.limit(bindparam("limit")).subquery("page")
    shown = [page.c[one.name] for one in table.columns if one.name != "chain_id"]
    return with_head(page, *shown, order=[_directed(page.c[one], order) for one in listing.order])


def _directed(column: Any, order: Order) -> Any:
    return column.asc() if order is Order.ASCENDING else column.desc()


# WHAT IS SHOWN


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()


def in_unit(value: int, decimals: int) -> str:
    """A fixed-point number as a text, all of its digits."""
    return plain(decimal(value, decimals))


def show_feedback(row: RowMapping, head: Head) -> dict[str, Any]:
    """A feedback."""
    return {
        "agent_id": exact(row["agent_id"]),
        "client": row["client"],
        "feedback_index": exact(row["feedback_index"]),
        "value": str(row["value"]),
        "decimals": row["decimals"],
        "score": in_unit(row["value"], row["decimals"]),
        "tag1": row["tag1"],
        "tag2": row["tag2"],
        "endpoint": row["endpoint"],
        "uri": row["uri"],
        "hash": _hex(row["hash"]),
        "ownership_epoch": row["ownership_epoch"],
        "revoked": row["revoked_time"] is not None,
        "revoked_time": row["revoked_time"],
        "responses": row["response_count"],
        "given": {"block": row["given_block"], "time": row["time"], "transaction": row["transaction"]},
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _show_client(row: RowMapping, head: Head) -> dict[str, Any]:
    return {
        "client": row["client"],
        "feedback": {"count": row["feedback_count"], "revoked": row["revoked_count"]},
        "first_time": row["first_time"],
        "last_time": row["last_time"],
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _show_response(row: RowMapping, head: Head) -> dict[str, Any]:
    return {
        "client": row["client"],
        "feedback_index": exact(row["feedback_index"]),
        "responder": row["responder"],
        "uri": row["uri"],
        "hash": _hex(row["hash"]),
        "time": row["time"],
        "transaction": row["transaction"],
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _show_validation(row: RowMapping, head: Head) -> dict[str, Any]:
    answered = row["answer_count"] > 0
    return {
        "request_hash": _hex(row["request_hash"]),
        "validator": row["validator"],
        "request": {
            "uri": row["request_uri"],
            "block": row["request_block"],
            "time": row["request_time"],
            "transaction": row["request_transaction"],
        },
        "answer": {
            "response": row["response"],
            "uri": row["response_uri"],
            "hash": _hex(row["response_hash"]),
            "tag": row["tag"],
            "time": row["response_time"],
            "transaction": row["response_transaction"],
        }
        if answered
        else None,
        "answers": row["answer_count"],
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _show_history(row: RowMapping, head: Head) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "change": orjson.loads(row["change"]),
        "time": row["time"],
        "transaction": row["transaction"],
        "block": row["block"],
        "log_index": row["log_index"],
        "final": row["block"] <= head.final_block,
    }


def _show_metadata(row: RowMapping, head: Head) -> dict[str, Any]:
    return {
        "key": row["key"],
        "value": _hex(row["value"]),
        "text": _text(row["value"]),
        "time": row["time"],
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def show_payment(row: RowMapping | Mapping[str, Any], head: Head) -> dict[str, Any]:
    """A payment."""
    return {
        "agent_id": exact(row["agent_id"]),
        "transaction": row["transaction"],
        "log_index": row["position"] if row["position"] >= 0 else None,
        "token": row["token"],
        "payer": row["payer"],
        "recipient": row["recipient"],
        "amount": str(row["amount"]),
        "time": row["time"],
        "linked_time": row["linked_time"],
        "block": row["block"],
        "final": row["block"] <= head.final_block,
    }


def _epoch_of_agent() -> Any:
    return (
        select(agents.c.ownership_epoch)
        .where(agents.c.chain_id == bindparam("chain"), agents.c.agent_id == bindparam("agent"))
        .scalar_subquery()
    )


LISTINGS = {
    "feedback": Listing(
        feedback,
        ("given_block", "log_index"),
        (int, int),
        {
            "client": lambda: feedback.c.client == bindparam("client"),
            "tag1": lambda: feedback.c.tag1 == bindparam("tag1"),
            "tag2": lambda: feedback.c.tag2 == bindparam("tag2"),
            "revoked": lambda: feedback.c.revoked_time.is_not(None),
            "current_owner": lambda: feedback.c.ownership_epoch == _epoch_of_agent(),
        },
        show_feedback,
    ),
    "clients": Listing(clients, ("first_block", "first_log_index"), (int, int), {}, _show_client),
    "responses": Listing(
        responses,
        ("block", "log_index"),
        (int, int),
        {
            "client": lambda: responses.c.client == bindparam("client"),
            "feedback_index": lambda: responses.c.feedback_index == bindparam("feedback_index"),
            "responder": lambda: responses.c.responder == bindparam("responder"),
        },
        _show_response,
    ),
    "validations": Listing(
        validations,
        ("request_block", "log_index"),
        (int, int),
        {
            "validator": lambda: validations.c.validator == bindparam("validator"),
            "tag": lambda: validations.c.tag == bindparam("tag"),
            "answered": lambda: validations.c.answer_count > 0,
        },
        _show_validation,
    ),
    "history": Listing(
        history,
        ("block", "log_index"),
        (int, int),
        {"kind": lambda: history.c.kind == bindparam("kind")},
        _show_history,
    ),
    "metadata": Listing(
        agent_metadata,
        # A key may be longer than a cursor.
        ("block", "key_digest"),
        (int, bytes),
        {},
        _show_metadata,
        always=lambda: agent_metadata.c.value != b"",
    ),
    "payments": Listing(payments, ("block", "position"), (int, int), {}, show_payment),
}
