"""Holds the database against the contracts: every difference between a row and what the contract says at that block."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, RowMapping, Table, select

from registry_api.chain import Read, StateReader
from registry_api.documents import token_uri
from registry_api.source import Source
from registry_api.tables import agent_metadata, agents, chains, clients, feedback, operators, opt_outs, validations

ZERO_ADDRESS = "0x" + "00" * 20
AT_ONCE = 200
"""Reads in one request."""

_T = TypeVar("_T")


class Difference(NamedTuple):
    """A read that gives something else."""

    read: Read
    found: Any

    def __str__(self) -> str:
        registry, function, arguments, expected = self.read
        words = ", ".join(map(repr, arguments))
        return f"{registry}.{function}({words}): the chain says {self.found!r}, the database {expected!r}"


def differences(
    connection: Connection, source: Source, state: StateReader, *, sample: int | None = None
) -> Iterator[Difference]:
    """Compares what the database has with reads of the contracts.

    :param state: at the block that the database is at
    :param sample: about how many rows of each table, drawn at random; all of them if None
    """
    tables = _Tables(connection, source.chain_id, sample)
    [chain] = tables.rows(chains)
    for chunk in _chunks(_reads(tables, source, chain)):
        for read, found in zip(chunk, state.read(chunk), strict=True):
            if found != read.expected:
                yield Difference(read, found)


class _Tables(NamedTuple):
    """The rows of a chain, all of them or some."""

    connection: Connection
    chain_id: int
    sample: int | None

    def rows(self, table: Table) -> Iterator[RowMapping]:
        # Streamed: there may be millions.
        options = {"yield_per": 1_000}
        query = select(table).where(table.c.chain_id == self.chain_id)
        found = self.connection.execute(query, execution_options=options).mappings()
        return iter(found) if self.sample is None else iter(_drawn(found, self.sample))

    def refusing(self) -> set[str]:
        """Who has opted out."""
        query = select(opt_outs.c.account).where(opt_outs.c.chain_id == self.chain_id, opt_outs.c.opted_out)
        return set(self.connection.scalars(query))


def _reads(tables: _Tables, source: Source, chain: RowMapping) -> Iterator[Read]:
    refusing = tables.refusing()
    for row in tables.rows(agents):
        yield from _reads_of_agent(row, chain["base_uri"], refusing)
    for row in tables.rows(agent_metadata):
        # A key with bytes that no text has is not kept as it was.
        if "\\x" not in row["key"]:
            yield Read("identity", "getMetadata", (row["agent_id"], row["key"]), row["value"])
    for row in tables.rows(operators):
        able = row["approved"] and row["operator"] not in refusing
        yield Read("identity", "isApprovedForAll", (row["owner"], row["operator"]), able)
    for row in tables.rows(clients):
        yield Read("reputation", "getLastIndex", (row["agent_id"], row["client"]), row["feedback_count"])
    for row in tables.rows(feedback):
        told = (row["value"], row["decimals"], row["tag1"], row["tag2"], row["revoked_time"] is not None)
        key = (row["agent_id"], row["client"], row["feedback_index"])
        yield Read("reputation", "readFeedback", key, told)
        yield Read("reputation", "getResponseCount", (*key, []), row["response_count"])
    for row in tables.rows(validations):
        answer = (row["response"] or 0, row["response_hash"] or bytes(32), row["tag"] or "")
        status = (row["validator"], row["agent_id"], *answer, row["response_time"] or row["request_time"])
        yield Read("validation", "getValidationStatus", (row["request_hash"],), status)
    if not source.is_standard:
        yield from _reads_of_ours(tables, chain)


def _reads_of_agent(row: RowMapping, base_uri: str, refusing: set[str]) -> Iterator[Read]:
    agent_id = row["agent_id"]
    approved = None if row["approved"] in refusing else row["approved"]
    yield Read("identity", "ownerOf", (agent_id,), row["owner"])
    yield Read("identity", "getAgentWallet", (agent_id,), row["wallet"] or ZERO_ADDRESS)
    yield Read("identity", "getApproved", (agent_id,), approved or ZERO_ADDRESS)
    yield Read("identity", "tokenURI", (agent_id,), token_uri(row["own_uri"], base_uri, agent_id))


def _reads_of_ours(tables: _Tables, chain: RowMapping) -> Iterator[Read]:
    """Those that the standard does not have."""
    yield Read("identity", "totalAgents", (), chain["agent_count"])
    yield Read("identity", "baseURI", (), chain["base_uri"])
    for row in tables.rows(opt_outs):
        yield Read("identity", "operatorOptOut", (row["account"],), row["opted_out"])
    for row in tables.rows(agents):
        yield Read("identity", "ownershipEpoch", (row["agent_id"],), row["ownership_epoch"])
        yield Read("reputation", "getClientCount", (row["agent_id"],), row["client_count"])


def _drawn(items: Iterable[_T], size: int) -> list[_T]:
    """A sample in which every item is as likely, of a stream."""
    drawn: list[_T] = []
    for number, item in enumerate(items):
        if number < size:
            drawn.append(item)
        elif (place := random.randrange(number + 1)) < size:  # noqa: S311  # no secret
            drawn[place] = item
    return drawn


def _chunks(reads: Iterable[Read]) -> Iterator[list[Read]]:
    chunk: list[Read] = []
    for read in reads:
        chunk.append(read)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
