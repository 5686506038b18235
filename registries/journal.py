"""The journal of an account's transactions on a chain: each is written down before it is sent.

So none is ever sent twice. One file a chain beside the address configs, which is removed when all is done. It has
nothing secret in it: a signed transaction is what the whole network is going to see.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registries.errors import DeploymentError
from registries.fees import Fees
from registries.files import replace_file


@dataclass(frozen=True)
class Entry:
    """One transaction.

    :ivar task: what it is for: the address that it gives code to, for one
    :ivar hash: its hash, in hexadecimal
    :ivar signed: the transaction itself, in hexadecimal
    :ivar time: when it was signed, seconds of Unix time
    """

    task: str
    nonce: int
    hash: str
    signed: str
    max_fee: int
    priority_fee: int
    time: float

    @property
    def fees(self) -> Fees:
        """What it offers."""
        return Fees(self.max_fee, self.priority_fee)


class Journal:
    """The journal of one chain; `open_journal` gives one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = _read(path)

    def of(self, task: str) -> list[Entry]:
        """The transactions of a step, the oldest first."""
        return [entry for entry in self._entries if entry.task == task]

    def add(self, entry: Entry) -> None:
        """Writes a transaction down; it is on the disk afterwards."""
        self._write([*self._entries, entry])

    def forget(self, task: str) -> None:
        """Strikes out the transactions of a step: each has been mined, without success."""
        self._write([entry for entry in self._entries if entry.task != task])

    def close(self) -> None:
        """Removes the journal: the deployment is finished."""
        self._path.unlink(missing_ok=True)

    def _write(self, entries: list[Entry]) -> None:
        replace_file(self._path, json.dumps([asdict(entry) for entry in entries], indent=1) + "\n")
        self._entries = entries


def _read(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return [Entry(**row) for row in rows]
    except (OSError, TypeError, ValueError) as error:
        raise DeploymentError(
            f"{path}: cannot be read: {error}; remove it once none of the account's transactions is waiting"
        ) from error


@contextlib.contextmanager
def open_journal(folder: Path, chain_id: int) -> Iterator[Journal]:
    """The journal of a chain, for one process at a time.

    :raises DeploymentError: if another process deploys on this chain, or the journal cannot be read
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / f".{chain_id}.lock"
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DeploymentError(f"{lock}: another process is deploying on chain {chain_id}") from None
        yield Journal(folder / f"{chain_id}.journal.json")
