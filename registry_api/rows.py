"""The rows that a few events touch, in memory: loaded in bulk, changed one by one, written in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table

from registry_api import store
from registry_api.bulk import Key, Row
from registry_api.errors import FatalError
from registry_api.store import Change, key_names


class Rows:
    """Rows of one chain. A row is a dict that may be changed in place; what it was is kept, to tell what changed."""

    def __init__(self, connection: Connection, chain_id: int) -> None:
        self._connection, self._chain_id = connection, chain_id
        self._now: dict[Table, dict[Key, Row]] = defaultdict(dict)
        self._before: dict[Table, dict[Key, Row | None]] = defaultdict(dict)

    def load(self, wanted: Iterable[tuple[Table, Key]]) -> None:
        """Reads those rows that are not here yet, with a query for each table."""
        missing: dict[Table, set[Key]] = defaultdict(set)
        for table, key in wanted:
            if key not in self._before[table]:
                missing[table].add(key)
        for table, keys in missing.items():
            self._before[table].update(dict.fromkeys(keys))
            for key, row in store.find(self._connection, table, self._chain_id, keys):
                self._before[table][key] = row
                self._now[table][key] = row.copy()

    def find(self, table: Table, *key: Any) -> Row | None:
        """A row that was loaded or added; None if there is none."""
        return self._now[table].get(key)

    def get(self, table: Table, *key: Any) -> Row:
        """A row that has to be there.

        :raises FatalError: if it is not
        """
        row = self.find(table, *key)
        if row is None:
            raise FatalError(
                f"chain {self._chain_id}: an event refers to {table.name} {key}, which no event before it made"
            )
        return row

    def add(self, table: Table, *key: Any, **values: Any) -> Row:
        """A new row."""
        row = {"chain_id": self._chain_id, **dict(zip(key_names(table), key, strict=True)), **values}
        self._now[table][key] = row
        return row

    def write(self) -> list[Change]:
        """Writes what has changed, and gives it. Whoever goes on begins with other rows."""
        changes = [
            Change(table, key, before, row)
            for table, rows in self._now.items()
            for key, row in rows.items()
            if (before := self._before[table].get(key)) != row
        ]
        store.write(self._connection, changes)
        return changes
