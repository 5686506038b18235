"""Programs that tests need and that are no packages of Python or Node."""

from __future__ import annotations

import os
import shutil

import pytest


def installed(*names: str) -> str:
    """The path of the first of these programs that is there; the test is skipped where none is, but never in CI."""
    # Servers are where only root looks.
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    if found := next(filter(None, (shutil.which(name, path=path) for name in names)), None):
        return found
    message = f"{' or '.join(names)}: not installed; `make test` would install it as root"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
