"""Searches for agents: which parameters there are, and the statement of each combination of them.

Whatever is combined, an index leads to the rows: of owners, wallets, operators, metadata and ratings, or of facets for
what registration files say. The database chooses which of them to begin with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)

from registry_api import facets
from registry_api.inputs import Address, MetadataKey, MetadataValue, Tag
from registry_api.pages import Cursor, from_cursor
from registry_api.problems import Problem
from registry_api.reading import AGENT_COLUMNS, files_of, with_head
from registry_api.score import Level
from registry_api.tables import (
    agent_feedback,
    agent_metadata,
    agents,
    chains,
    digest,
    files,
    operators,
    opt_outs,
    ratings,
    scores,
)
from registry_api.tables import facets as facet_rows

MAX_PAGE = 100
MAX_COUNT = 10_000
"""Exact up to here."""
MAX_WORDS = 16
"""Different ones in a search: each is a join, and SQLite has at most 64 of them in a statement."""


class Sort(StrEnum):
    """What a list is ordered by; with a minus, the highest first. Among equals, by agent_id in the same direction."""

    AGENT_ID = "agent_id"
    AGENT_ID_DOWN = "-agent_id"
    REGISTERED = "registered"
    REGISTERED_DOWN = "-registered"
    UPDATED = "updated"
    UPDATED_DOWN = "-updated"
    FEEDBACK = "feedback"
    FEEDBACK_DOWN = "-feedback"


class FileState(StrEnum):
    """What became of a registration file; docs/api.md explains each."""

    VALID = "valid"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    NOT_FETCHED = "not_fetched"
    GENERATED = "generated"
    NONE = "none"


_COLUMNS = {
    "agent_id": agents.c.agent_id,
    "registered": agents.c.registered_time,
    "updated": agents.c.updated_time,
    "feedback": agent_feedback.c.feedback_count,
}


def _has_words(text: str) -> str:
    if not 1 <= len(facets.words(text)) <= MAX_WORDS:
        raise PydanticCustomError("words", f"has 1 to {MAX_WORDS} different words")
    return text


Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_has_words)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Names = Annotated[list[Name], Field(max_length=8)]


class Search(BaseModel):
    """Which agents, in which order. Everything that is given has to be true of an agent."""

    model_config = ConfigDict(extra="forbid")

    owner: Address | None = Field(None, description="Who owns the agent.")
    operator: Address | None = Field(None, description="Who is approved for the agent, or for all of its owner's.")
    wallet: Address | None = Field(None, description="The agent's wallet.")
    text: Words | None = Field(
        None, description="Words, all of them in the name or the description, whatever their case."
    )
    service: Names = Field([], description="A kind of service: A2A, MCP, OASF, web, ENS, DID, email, or another.")
    skill: Names = Field([], description="A skill that an OASF service names.")
    domain: Names = Field([], description="A domain that an OASF service names.")
    trust: Names = Field([], description="A way to be trusted that the file names, such as reputation.")
    active: bool | None = Field(None, description="What the file says; agents whose file does not are left out.")
    x402: bool | None = Field(None, description="Whether the file says that x402 payments are supported.")
    file: FileState | None = Field(None, description="What became of the registration file.")
    metadata_key: MetadataKey | None = Field(None, description="Has metadata of this key that is not empty.")
    metadata_value: MetadataValue | None = Field(
        None, description="With metadata_key: has this value; a text, or 0x and bytes in hexadecimal."
    )
    tag: Tag | None = Field(None, description="Has feedback with this tag1.")
    tag2: Tag | None = Field(None, description="With tag: and with this tag2.")
    min_score: float | None = Field(None, allow_inf_nan=False, description="With tag: its average is at least this.")
    min_count: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(
        None, description="With tag: there are at least so many."
    )
    trust_level: Annotated[list[Level], Field(max_length=len(Level))] = Field(
        [], description="Of feedback with tag, else with `starred`: one of these levels, as last computed."
    )
    registered_after: datetime | None = Field(None, description="At or after this time: Unix seconds or ISO 8601.")
    registered_before: datetime | None = Field(None, description="Before this time.")
    updated_after: datetime | None = Field(None, description="The agent itself changed at or after this time.")
    updated_before: datetime | None = Field(None, description="The agent itself changed last before this time.")
    has_feedback: bool | None = Field(None, description="Whether it was ever given feedback.")
    has_validation: bool | None = Field(None, description="Whether a validation was ever requested.")
    sort: Sort = Field(Sort.AGENT_ID, description=(Sort.__doc__ or "").strip())
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = Field(50, description="How many at most.")
    cursor: Cursor | None = Field(None, description="Where the page before ended.")
    count: bool = Field(default=False, description=f"Whether to count all that are found: exactly up to {MAX_COUNT:,}.")

    @field_validator("metadata_value", "tag2", "min_score", "min_count")
    @classmethod
    def _complete(cls, value: Any, field: ValidationInfo) -> Any:
        other = "metadata_key" if field.field_name == "metadata_value" else "tag"
        # One that is itself refused is not there.
        if value is not None and field.data.get(other, "") is None:
            raise PydanticCustomError("incomplete", f"is given with {other} only")
        return value

    def position_of(self, row: Any) -> list[Any]:
        """Where a page ends: for the cursor."""
        return [self.sort.value, row["sorted_by"], row["agent_id"]]


class Shape(NamedTuple):
    """Searches of one shape have one statement, with other parameters.

    :ivar given: the statement's parameters
    """

    given: frozenset[str]
    has_feedback: bool | None
    has_validation: bool | None
    file: FileState | None
    sort: Sort

    @property
    def facets(self) -> list[str]:
        """The parameters that are facets."""
        return sorted(name for name in self.given if name.startswith("facet_"))


def shape_of(search: Search, parameters: Mapping[str, Any]) -> Shape:
    """The shape of a search."""
    return Shape(frozenset(parameters), search.has_feedback, search.has_validation, search.file, search.sort)


def parameters_of(search: Search, chain_id: int) -> dict[str, Any]:
    """What a statement is executed with.

    :raises Problem: INVALID_CURSOR
    """
    given = {name: value for name in _AS_GIVEN if (value := getattr(search, name)) is not None}
    times = {name: _seconds(time) for name in _TIMES if (time := getattr(search, name)) is not None}
    said = {f"facet_{number}": one for number, one in enumerate(_facets(search))}
    found = {"chain": chain_id, "limit": search.limit + 1, **given, **times, **said, **dict(_digests(search))}
    if search.trust_level:
        found["trust_level"] = [level.value for level in search.trust_level]
    if search.cursor is not None:
        sort, found["after"], found["after_id"] = from_cursor(search.cursor, (str, int, int))
        if sort != search.sort.value:
            raise Problem("INVALID_CURSOR", f"cursor: it is of the order {sort!r}, not {search.sort.value!r}")
    return found


def _seconds(time: datetime) -> int:
    """The first whole second at or after a time; one without a zone is in UTC."""
    return math.ceil((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


_AS_GIVEN = ("owner", "operator", "wallet", "tag2", "min_score", "min_count")
_TIMES = ("registered_after", "registered_before", "updated_after", "updated_before")


def _digests(search: Search) -> Iterator[tuple[str, bytes]]:
    if search.metadata_key is not None:
        yield "metadata_key", digest(search.metadata_key)
    if search.metadata_value is not None:
        yield "metadata_value", digest(search.metadata_value.hex())
    if search.tag is not None or search.trust_level:
        yield "tag", digest("starred" if search.tag is None else search.tag)


def _facets(search: Search) -> list[int]:
    found = [
        facets.facet(kind, name) for kind in ("service", "skill", "domain", "trust") for name in getattr(search, kind)
    ]
    if search.text is not None:
        found += [facets.facet("word", word) for word in facets.words(search.text)]
    for kind in ("active", "x402"):
        if (value := getattr(search, kind)) is not None:
            found.append(facets.flag(kind, value))
    if search.file in _FACETS:
        found.append(facets.of_state(search.file.value))
    return list(dict.fromkeys(found))


_FACETS = {FileState.VALID, FileState.INVALID, FileState.UNREACHABLE, FileState.NOT_FETCHED}


@lru_cache(maxsize=2_000)
def page_statement(shape: Shape) -> Select[Any]:
    """The agents of a page, one more than the limit, with the head and their files."""
    column = _column(shape)
    down = shape.sort.value.startswith("-")
    query = _found(shape).add_columns(agents.c.chain_id, *AGENT_COLUMNS, column.label("sorted_by"))
    query = query.where(*_after(shape, column, down=down))
    page = (
        query.order_by(*_order(column, column.table.c.agent_id, down=down)).limit(bindparam("limit")).subquery("page")
    )
    columns = [page.c[one.name] for one in AGENT_COLUMNS]
    return with_head(
        page,
        *columns,
        page.c.sorted_by,
        files.c.document.label("file"),
        order=_order(page.c.sorted_by, page.c.agent_id, down=down),
        joins=[files_of(page)],
    )


def _column(shape: Shape) -> Any:
    """What agents are ordered by."""
    # A facet has the same ids, but SQLite does not conclude that it has them in the same order, and would sort them.
    if _is_by_id(shape) and shape.facets:
        return _said(shape.facets[0]).c.agent_id
    return _COLUMNS[shape.sort.value.removeprefix("-")]


def _is_by_id(shape: Shape) -> bool:
    return shape.sort in {Sort.AGENT_ID, Sort.AGENT_ID_DOWN}


@lru_cache(maxsize=2_000)
def count_statement(shape: Shape) -> Select[Any]:
    """How many agents a search finds, whatever the page; `MAX_COUNT` and one for more."""
    found = _found(shape).add_columns(agents.c.agent_id).limit(MAX_COUNT + 1).subquery()
    return select(func.count().label("count")).select_from(found)


def _after(shape: Shape, column: Any, *, down: bool) -> Iterator[ColumnElement[bool]]:
    """What is true of the agents after the last page."""
    if "after" not in shape.given:
        return
    if not _is_by_id(shape):
        here, there = tuple_(column, column.table.c.agent_id), tuple_(bindparam("after"), bindparam("after_id"))
        yield here < there if down else here > there
        return
    counted = [agent_feedback] if _counts_feedback(shape) else []
    for one in (agents, *counted, *(_said(name) for name in shape.facets)):
        yield from _beyond(shape, one.c.agent_id)


def _beyond(shape: Shape, agent_id: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    """What is true of the ids after the last page, in the order of ids.

    Of each table that has them: no database concludes it, and each would be read from its beginning.
    """
    if "after" in shape.given and _is_by_id(shape):
        after: ColumnElement[int] = bindparam("after_id")
        yield agent_id < after if shape.sort is Sort.AGENT_ID_DOWN else agent_id > after


def _order(column: Any, agent_id: Any, *, down: bool) -> list[Any]:
    columns = [column] if column is agent_id else [column, agent_id]
    return [one.desc() if down else one.asc() for one in columns]


def _found(shape: Shape) -> Select[Any]:
    """All agents that a search finds, without columns."""
    here = agents.c.chain_id == bindparam("chain")
    query = select().select_from(agents).where(here, *_conditions(shape))
    if _counts_feedback(shape):
        same = and_(agent_feedback.c.chain_id == bindparam("chain"), agent_feedback.c.agent_id == agents.c.agent_id)
        query = query.join(agent_feedback, same)
    for name in shape.facets:
        said = _said(name)
        condition = and_(said.c.chain_id == bindparam("chain"), said.c.facet == bindparam(name))
        query = query.join(said, and_(condition, said.c.agent_id == agents.c.agent_id))
    return query


def _counts_feedback(shape: Shape) -> bool:
    return shape.has_feedback is not None or shape.sort in {Sort.FEEDBACK, Sort.FEEDBACK_DOWN}


@cache
def _said(name: str) -> FromClause:
    """The rows of a facet."""
    return facet_rows.alias(f"said_{name}")


def _conditions(shape: Shape) -> Iterator[ColumnElement[bool]]:
    given = shape.given
    if "owner" in given:
        yield agents.c.owner == bindparam("owner")
    if "wallet" in given:
        yield agents.c.wallet == bindparam("wallet")
    if "operator" in given:
        yield agents.c.agent_id.in_(_operated())
    for name, column in (("registered", agents.c.registered_time), ("updated", agents.c.updated_time)):
        if f"{name}_after" in given:
            yield column >= bindparam(f"{name}_after")
        if f"{name}_before" in given:
            yield column < bindparam(f"{name}_before")
    yield from _activity(shape)
    if "metadata_key" in given:
        yield _has_metadata(shape)
    if "tag" in given:
        yield _is_rated(shape)
    yield from _file_conditions(shape)


def _activity(shape: Shape) -> Iterator[ColumnElement[bool]]:
    # These conditions are those of the indexes of some agents.
    for wanted, count in (
        (shape.has_feedback, agent_feedback.c.feedback_count),
        (shape.has_validation, agents.c.validation_count),
    ):
        if wanted is not None:
            yield count > 0 if wanted else count == 0


def _operated() -> Any:
    """The agents of an operator that has not opted out."""
    operator: ColumnElement[str] = bindparam("operator")
    chain: ColumnElement[int] = bindparam("chain")
    refuses = exists().where(opt_outs.c.chain_id == chain, opt_outs.c.account == operator, opt_outs.c.opted_out)
    owned = agents.alias("owned")
    by_owner = (
        select(owned.c.agent_id)
        .join(operators, and_(operators.c.chain_id == owned.c.chain_id, operators.c.owner == owned.c.owner))
        .where(owned.c.chain_id == chain, operators.c.operator == operator, operators.c.approved, ~refuses)
    )
    approved = agents.alias("approved")
    alone = select(approved.c.agent_id).where(approved.c.chain_id == chain, approved.c.approved == operator, ~refuses)
    return union(by_owner, alone)


def _has_metadata(shape: Shape) -> ColumnElement[bool]:
    one, given = agent_metadata, shape.given
    conditions = [
        one.c.chain_id == bindparam("chain"),
        *_beyond(shape, one.c.agent_id),
        one.c.key_digest == bindparam("metadata_key"),
        # One that is empty was cleared.
        one.c.value_digest != literal(digest("")),
    ]
    if "metadata_value" in given:
        conditions.append(one.c.value_digest == bindparam("metadata_value"))
    # Not whether there is one, of each agent: SQLite would ask all of them.
    return agents.c.agent_id.in_(select(one.c.agent_id).where(*conditions))


def _is_rated(shape: Shape) -> ColumnElement[bool]:
    """Whether all that is asked is true of one group of the agent's feedback."""
    given = shape.given
    conditions = [
        ratings.c.chain_id == bindparam("chain"),
        ratings.c.agent_id == agents.c.agent_id,
        *_beyond(shape, ratings.c.agent_id),
        ratings.c.tag1_digest == bindparam("tag"),
        ratings.c.count >= (bindparam("min_count") if "min_count" in given else 1),
    ]
    if "tag2" in given:
        conditions.append(ratings.c.tag2 == bindparam("tag2"))
    if "min_score" in given:
        conditions.append(ratings.c.average >= bindparam("min_score"))
    if "trust_level" in given:
        conditions += [
            scores.c.chain_id == bindparam("chain"),
            scores.c.agent_id == agents.c.agent_id,
            *_beyond(shape, scores.c.agent_id),
            scores.c.scale == ratings.c.scale,
            scores.c.tag1_digest == bindparam("tag"),
            scores.c.level.in_(bindparam("trust_level", expanding=True)),
        ]
    return exists().where(*conditions)


def _file_conditions(shape: Shape) -> Iterator[ColumnElement[bool]]:
    """Of the states that are no facets: they depend on the registry's base URI."""
    has_base = exists().where(chains.c.chain_id == bindparam("chain"), chains.c.base_uri != "")
    # The first condition is that of an index of some agents.
    if shape.file is FileState.GENERATED:
        yield and_(agents.c.uri_digest.is_(None), agents.c.own_uri.is_(None), has_base)
    elif shape.file is FileState.NONE:
        yield and_(agents.c.uri_digest.is_(None), or_(agents.c.own_uri == "", ~has_base))
