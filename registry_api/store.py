"""The indexer's SQL: rows in bulk, and the blocks that may still be taken back."""

from __future__ import annotations

import functools
import json
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, LargeBinary, Table, bindparam, delete, insert, select

from registry_api import bulk, documents
from registry_api.blocks import Block
from registry_api.bulk import Key, Row
from registry_api.facets import of_state
from registry_api.tables import (
    administration,
    agent_feedback,
    agents,
    blocks,
    facets,
    files,
    metadata,
    queue,
    ratings,
    undo,
)


class Change(NamedTuple):
    """A row before and after; None where there is none."""

    table: Table
    key: Key
    before: Row | None
    after: Row | None


@functools.cache
def key_names(table: Table) -> tuple[str, ...]:
    """The columns that tell rows of one chain apart."""
    return tuple(column.name for column in table.primary_key if column.name != "chain_id")


# ROWS


def find(connection: Connection, table: Table, chain_id: int, keys: Collection[Key]) -> Iterator[tuple[Key, Row]]:
    """Those rows of a chain that are there, by their keys."""
    names = key_names(table)
    for row in bulk.find(connection, table, names, keys, {"chain_id": chain_id}):
        yield tuple([row[name] for name in names]), row


def write(connection: Connection, changes: Collection[Change]) -> None:
    """Writes rows as they are after their changes, what follows from them, and what is to be done because of them."""
    added, changed, removed = (defaultdict[Table, list[Row]](list) for _ in range(3))
    every = [*changes, *_follow([change for change in changes if change.table is agents])]
    for change in every:
        if change.before is None:
            added[change.table].append(change.after or {})
        elif change.after is None:
            removed[change.table].append(change.before)
        else:
            changed[change.table].append(change.after)
    for table in {change.table: None for change in every}:
        if rows := removed[table]:
            bulk.remove(connection, table, rows)
        if rows := added[table]:
            bulk.add(connection, table, rows)
        if rows := changed[table]:
            bulk.change(connection, table, rows)
    if work := {(kind, change.key[0]): change for change in changes if (kind := _work_of(change))}:
        # First of all: who keeps a file has its entry in the queue locked.
        bulk.put(connection, queue, [_entry(kind, change) for (kind, _), change in work.items()])
        _forget_files(connection, [change for (kind, _), change in work.items() if kind == "file"])


def _follow(changes: Iterable[Change]) -> Iterator[Change]:
    """Makes the documents of agents; what follows from the agents in another table."""
    for change in changes:
        if change.after is not None:
            change.after["document"] = documents.agent(change.after)
        before, after = (
            row and {column.name: row[column.name] for column in agent_feedback.columns}
            for row in (change.before, change.after)
        )
        if before != after:
            yield Change(agent_feedback, change.key, before, after)


def _forget_files(connection: Connection, changes: Collection[Change]) -> None:
    """What was said at another URI is no more: only that the file is yet to be fetched, if there is one."""
    if known := [change.before for change in changes if change.before is not None]:
        rows = [{"of_chain": row["chain_id"], "of_agent": row["agent_id"]} for row in known]
        for table in (files, facets):
            of_agent = table.c.chain_id == bindparam("of_chain"), table.c.agent_id == bindparam("of_agent")
            connection.execute(delete(table).where(*of_agent), rows)
    not_fetched = of_state("not_fetched")
    if new := [
        {"chain_id": row["chain_id"], "facet": not_fetched, "agent_id": row["agent_id"]}
        for change in changes
        if (row := change.after) is not None and row["uri_digest"] is not None
    ]:
        bulk.add(connection, facets, new)


def _work_of(change: Change) -> str | None:
    """What has to be made anew because of a change."""
    before, after = change.before or {}, change.after or {}
    if change.table is agents and before.get("uri_digest") != after.get("uri_digest"):
        return "file"
    return "score" if change.table is ratings else None


def _entry(kind: str, change: Change) -> Row:
    row: Row = change.after or change.before or {}
    ticket = random.getrandbits(62)
    # Behind what is due already: who changes all the time holds up nobody.
    due = {"ticket": ticket, "due_time": int(time.time()), "failures": 0}
    return {"chain_id": row["chain_id"], "kind": kind, "agent_id": row["agent_id"], **due}


def paused(connection: Connection, chain_id: int) -> dict[str, bool]:
    """Whether each registry is paused; those that never were are left out."""
    query = select(administration.c.registry, administration.c.event).where(
        administration.c.chain_id == chain_id, administration.c.event.in_(("Paused", "Unpaused"))
    )
    latest = connection.execute(query.order_by(administration.c.block, administration.c.log_index))
    return {registry: event == "Paused" for registry, event in latest}


# BLOCKS THAT ARE NOT FINAL


def add_block(connection: Connection, chain_id: int, block: Block, changes: Sequence[Change]) -> None:
    """Notes a block, and what rows were before it changed them."""
    row = {"chain_id": chain_id, "block": block.number, "hash": block.hash}
    connection.execute(insert(blocks), [{**row, "parent_hash": block.parent_hash, "time": block.time}])
    if changes:
        connection.execute(
            insert(undo),
            [
                {
                    "chain_id": chain_id,
                    "block": block.number,
                    "position": position,
                    "table_name": table.name,
                    "key": _to_json(dict(zip(key_names(table), key, strict=True))),
                    "before": None if before is None else _to_json(before),
                }
                for position, (table, key, before, _) in enumerate(changes)
            ],
        )


def recent_blocks(connection: Connection, chain_id: int) -> list[Block]:
    """The blocks that are not final, and the last one that is, the newest first."""
    query = select(blocks.c.block, blocks.c.hash, blocks.c.parent_hash, blocks.c.time)
    query = query.where(blocks.c.chain_id == chain_id).order_by(blocks.c.block.desc())
    return [Block(*row) for row in connection.execute(query)]


def forget_final(connection: Connection, chain_id: int, final_block: int) -> None:
    """Forgets how to take back blocks up to this one, and all of them but it."""
    connection.execute(delete(undo).where(undo.c.chain_id == chain_id, undo.c.block <= final_block))
    connection.execute(delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.block < final_block))


def take_back(connection: Connection, chain_id: int, block: int) -> None:
    """Makes every row what it was after this block."""
    query = select(undo.c.table_name, undo.c.key, undo.c.before).where(
        undo.c.chain_id == chain_id, undo.c.block > block
    )
    first: dict[tuple[Table, Key], Row | None] = {}
    for table_name, key, before in connection.execute(query.order_by(undo.c.block, undo.c.position)):
        table = metadata.tables[table_name]
        place = table, tuple(_from_json(table, key).values())
        # What it was before the first of the blocks.
        first.setdefault(place, None if before is None else _from_json(table, before))
    by_table: dict[Table, list[Key]] = defaultdict(list)
    for table, key in first:
        by_table[table].append(key)
    changes = [
        Change(table, key, row, first[table, key])
        for table, keys in by_table.items()
        for key, row in find(connection, table, chain_id, keys)
    ]
    write(connection, changes)
    connection.execute(delete(undo).where(undo.c.chain_id == chain_id, undo.c.block > block))
    connection.execute(delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.block > block))


def _to_json(row: Row) -> str:
    """A row as a text, exactly; binary values in hexadecimal."""
    return json.dumps({name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()})


def _from_json(table: Table, text: str) -> Row:
    return {
        name: bytes.fromhex(value) if value is not None and isinstance(table.c[name].type, LargeBinary) else value
        for name, value in json.loads(text).items()
    }
