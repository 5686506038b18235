"""Follows a chain: from the deployment's block to the head, through reorganisations, whatever interrupts it.

Blocks, what their events change, and the position in the chain are committed together or not at all. Blocks that are
final are read in ranges; those after them one by one, each with what it takes to take it back.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from registry_api import metrics, store
from registry_api.blocks import Block
from registry_api.bulk import Row
from registry_api.chain import ChainReader
from registry_api.database import do_not_wait_for_the_disk, gather_statistics, told_apart
from registry_api.errors import FatalError
from registry_api.events import ADMINISTRATION, NAMES, name_of
from registry_api.happenings import Happened, ReadAhead, canonical, happened_in
from registry_api.projection import Projection
from registry_api.revisions import Part, changed
from registry_api.rows import Rows
from registry_api.source import Source
from registry_api.store import Change
from registry_api.tables import chains

STATISTICS_EVERY = 60.0
"""Between two looks at how the tables are filled, seconds."""


class Indexer:
    """Brings a database up to the head of a chain, a transaction at a time.

    :param connection: to write with; nobody else writes what comes from this chain
    """

    def __init__(self, connection: Connection, chain: ChainReader, source: Source) -> None:
        self._connection, self._chain, self._source = connection, chain, source
        self._final = ReadAhead(chain, source.registries)
        self._happened: Counter[str] = Counter()
        self._gathered = -STATISTICS_EVERY

    def start(self) -> None:
        """Makes the chain known, or checks that the database is about the same registries.

        :raises FatalError: if it is about others
        """
        with transaction(self._connection):
            row = next((row for _, row in store.find(self._connection, chains, self._source.chain_id, [()])), None)
            if row is None:
                self._begin()
            elif (found := _place_of(row)) != (wanted := _place_of(vars(self._source))):
                raise FatalError(f"chain {self._source.chain_id}: the database is about {found}, not {wanted}")
            paused = store.paused(self._connection, self._source.chain_id)
        # Of what has never happened, too: who watches has to see it begin.
        for name in NAMES:
            metrics.events.labels(str(self._source.chain_id), name)
        self._tell_paused(paused)

    def step(self) -> bool:
        """Takes the next blocks, or takes back those that the chain no longer has.

        :returns: whether there was anything to do
        :raises RetryableError: if chain or database do not answer now; nothing has changed then
        :raises FatalError: if it cannot go on
        """
        worked = self._take(self._chain.head())
        if (now := time.monotonic()) > self._gathered + STATISTICS_EVERY:
            self._gathered = now
            with transaction(self._connection):
                gather_statistics(self._connection)
        return worked

    def _take(self, head: int) -> bool:
        self._happened.clear()
        with transaction(self._connection):
            if taken_back := self._take_back():
                at, worked = None, True
            else:
                at, worked = self._go_on(head)
            is_changed = taken_back or ADMINISTRATION & self._happened.keys()
            paused = store.paused(self._connection, self._source.chain_id) if is_changed else None
        self._tell(head, at, taken_back)
        if paused is not None:
            self._tell_paused(paused)
        return worked

    def _go_on(self, head: int) -> tuple[Row, bool]:
        rows = Rows(self._connection, self._source.chain_id)
        rows.load([(chains, ())])
        at = rows.get(chains)
        final = head - self._source.confirmations + 1
        if final > at["block"]:
            self._take_final(rows, at, final)
            return at, True
        return at, head > at["block"] and self._take_next(rows, at, final)

    def _tell(self, head: int, at: Row | None, taken_back: int) -> None:
        """For who watches, once it is committed.

        :param taken_back: blocks
        """
        chain = str(self._source.chain_id)
        metrics.chain_head.labels(chain).set(head)
        if taken_back:
            metrics.reorganisations.labels(chain).observe(taken_back)
        if at is not None:
            metrics.indexed_block.labels(chain).set(at["block"])
            metrics.indexed_block_time.labels(chain).set(at["block_time"])
        for event, count in self._happened.items():
            metrics.events.labels(chain, event).inc(count)

    def _tell_paused(self, paused: Mapping[str, bool]) -> None:
        for registry in self._source.registries.values():
            metrics.registry_paused.labels(str(self._source.chain_id), registry).set(paused.get(registry, False))

    def _begin(self) -> None:
        before = canonical(self._chain, self._source.start_block - 1) if self._source.start_block else _NOTHING
        row = {
            **{name: getattr(self._source, name) for name in ("chain_id", "name", "start_block", *_REGISTRIES)},
            "block": before.number,
            "block_hash": before.hash,
            "block_time": before.time,
            "final_block": before.number,
            "base_uri": "",
            **dict.fromkeys(("agent_count", "feedback_count", "validation_count"), 0),
        }
        store.write(self._connection, [Change(chains, (), None, row)])
        store.add_block(self._connection, self._source.chain_id, before, [])

    def _take_final(self, rows: Rows, at: Row, final: int) -> None:
        """As many blocks as the node gives logs of at once. They need not be taken back."""
        happened = self._final.take(at["block"] + 1, final)
        last = happened.last
        self._apply(rows, happened)
        _move(at, last, final_block=last.number)
        rows.write()
        store.add_block(self._connection, self._source.chain_id, last, [])
        store.forget_final(self._connection, self._source.chain_id, last.number)

    def _take_next(self, rows: Rows, at: Row, final: int) -> bool:
        """One block; none if the chain has just changed, which the next step sees."""
        block = self._chain.block(at["block"] + 1)
        if block is None or block.parent_hash != at["block_hash"]:
            return False
        self._apply(rows, happened_in(block, self._chain.logs_of(block), self._source.registries))
        _move(at, block, final_block=max(at["final_block"], final))
        store.add_block(self._connection, self._source.chain_id, block, rows.write())
        store.forget_final(self._connection, self._source.chain_id, at["final_block"])
        return True

    def _take_back(self) -> int:
        """Takes back the blocks that are not of the chain any more.

        :returns: how many
        :raises FatalError: if a final one is among them
        """
        recent = store.recent_blocks(self._connection, self._source.chain_id)
        kept = next((block for block in recent if self._is_canonical(block)), None)
        if kept is None:
            raise FatalError(
                f"chain {self._source.chain_id}: block {recent[-1].number} was final, and is another now; the chain was"
                " reorganised more deeply than the confirmations: drop the database and build it anew"
            )
        if kept == recent[0]:
            return 0
        store.take_back(self._connection, self._source.chain_id, kept.number)
        changed(self._connection, self._source.chain_id, Part.EVENTS)
        return recent[0].number - kept.number

    def _apply(self, rows: Rows, happened: Happened) -> None:
        if happened.events:
            Projection(rows).apply(happened.events, happened.times)
            changed(self._connection, self._source.chain_id, Part.EVENTS)
            self._happened.update(name_of(event) for event in happened.events)

    def _is_canonical(self, block: Block) -> bool:
        return block == _NOTHING or self._chain.block(block.number) == block


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """What the block does is committed at its end, or not at all.

    :raises RetryableError: if the database fails for now
    :raises FatalError: if it fails for good
    """
    with told_apart(), connection.begin():
        # What would be lost is still on the chain.
        do_not_wait_for_the_disk(connection)
        yield


_REGISTRIES = ("identity", "reputation", "validation")
_NOTHING = Block(-1, "0x" + "00" * 32, "0x" + "00" * 32, 0)
"""What is before the first block."""


def _place_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in (*_REGISTRIES, "start_block")}


def _move(at: Row, block: Block, *, final_block: int) -> None:
    at.update(block=block.number, block_hash=block.hash, block_time=block.time, final_block=final_block)
