"""The project's own checks, in a fixed order: the quick and telling ones first."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

# A failed test of pytest's summary without its parameters, or the message of a command.
_WITNESS = re.compile(r"^(?:(?:FAILED|ERROR) (?P<test>[\w/.]+::\w+)|Error: (?P<message>.+))", re.MULTILINE)
# The same examples in each run.
_PYTEST = ("pytest", "-q", "-x", "--hypothesis-seed=0", "--hypothesis-profile=verdict", "-p", "no:cacheprovider")
_TIMEOUT = 600.0
_SHOWN = 2_000


class BrokenCheckError(Exception):
    """A check ended in another way than by passing or by noticing something."""


class Check(NamedTuple):
    """A check.

    :ivar name: as the reports call it
    :ivar command: what runs it; it ends with 1 and says what if it notices something
    """

    name: str
    command: tuple[str, ...]

    def run(self, root: Path) -> str | None:
        """What noticed something: a test's id, or the check's message; None if all is well.

        :raises BrokenCheckError: if it could not tell
        """
        done = subprocess.run(self.command, cwd=root, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        output = done.stdout + done.stderr
        if done.returncode == 0:
            return None
        witness = _WITNESS.search(output)
        if done.returncode != 1 or not witness:
            raise BrokenCheckError(f"{self.name} ended with {done.returncode}: {output[-_SHOWN:]}")
        return witness["test"] or witness["message"]


CHECKS = [
    Check("properties", (*_PYTEST, "tests/property")),
    Check("model", (*_PYTEST, "tests/stateful/test_machine.py")),
    Check("attacks", (*_PYTEST, "tests/attack")),
    Check("unit tests", (*_PYTEST, "tests/unit")),
    Check("ABI and logs", (*_PYTEST, "tests/conformance")),
    Check("gas ceilings", ("ape", "run", "gas")),
]
