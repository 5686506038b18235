"""A pytest plugin: the tests of the in-process EVM run on anvil, and its traces say what they executed.

`pytest -p audit.coverage.anvil_plugin`, in one process, with `COVERAGE_TRACES` naming the file to write.
"""

from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path

import pyrevm
import pytest

from audit.coverage.anvil_evm import OPTIONS, AnvilChain, AnvilEVM
from audit.coverage.build import coverage_build
from audit.coverage.deployment import deploy_instead
from registries.anvil import anvil

_CHAIN = pytest.StashKey[AnvilChain]()
_STACK = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Puts anvil in the place of the in-process EVM."""
    build = coverage_build()
    stack = config.stash[_STACK] = contextlib.ExitStack()
    chain = config.stash[_CHAIN] = AnvilChain(stack.enter_context(anvil(*OPTIONS)), build)
    codes = {code_id.contract: code.object for code_id, code in build.codes.items() if code_id.creation}
    patch = pytest.MonkeyPatch()
    deploy_instead(codes)
    patch.setattr(pyrevm, "EVM", functools.partial(AnvilEVM, chain))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps one case of each test: the others take the same way through the code, or the in-process EVM has them."""
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(item.nodeid.partition("[")[0], item)
    config.hook.pytest_deselected(items=[item for item in items if item not in first.values()])
    items[:] = first.values()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes what the tests executed, and ends the chain."""
    executed = session.config.stash[_CHAIN].executed
    Path(os.environ["COVERAGE_TRACES"]).write_text(executed.to_json(), encoding="utf-8")
    session.config.stash[_STACK].close()
