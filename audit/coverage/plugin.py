"""A pytest plugin: the tests run on the build with probes, and what they reached is written down.

`pytest -p audit.coverage.plugin`, in one process, with `COVERAGE_MARKS` naming the file to write: how many chains
reached each probe, by the probe's number. Only the in-process EVM is touched; what runs on anvil has Ape's build as
ever.
"""

from __future__ import annotations

import functools
import json
import os
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pyrevm
import pytest

import tests.evm
from audit.coverage.build import coverage_build
from audit.coverage.deployment import deploy_instead
from audit.coverage.probes import Instrumented, instrument, reached


class MarkCollector:
    """Reads the marks of each chain once it is done with."""

    def __init__(self, instrumented: Instrumented) -> None:
        self.marks: Counter[int] = Counter()
        self._codes = instrumented.creation_codes
        self._chains: list[weakref.finalize[Any, Any]] = []

    def install(self) -> None:
        """From now on, contracts are deployed with probes and each new chain is read in the end."""
        patch = pytest.MonkeyPatch()
        deploy_instead(self._codes)
        start = tests.evm.EVM.__init__

        @functools.wraps(start)
        def start_and_watch(evm: tests.evm.EVM, **options: Any) -> None:
            start(evm, **options)
            self._chains.append(weakref.finalize(evm, self._read, evm.raw))

        patch.setattr(tests.evm.EVM, "__init__", start_and_watch)

    def finish(self) -> None:
        """Reads the chains that somebody still holds."""
        for chain in self._chains:
            chain()

    def _read(self, raw: pyrevm.EVM) -> None:
        self.marks.update(reached(raw.db_accounts))


def pytest_configure(config: pytest.Config) -> None:
    """Puts the build with probes in the place of the project's."""
    collector = MarkCollector(instrument(coverage_build()))
    collector.install()
    config.stash[_COLLECTOR] = collector


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes what the tests reached."""
    collector = session.config.stash[_COLLECTOR]
    collector.finish()
    Path(os.environ["COVERAGE_MARKS"]).write_text(json.dumps(dict(sorted(collector.marks.items()))), encoding="utf-8")


_COLLECTOR = pytest.StashKey[MarkCollector]()
