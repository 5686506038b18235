"""What became of a mutant."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Outcome(enum.StrEnum):
    """How a mutant was judged."""

    INVALID = "invalid"
    """It does not compile."""
    KILLED = "killed"
    """A test failed."""
    TIMEOUT = "timeout"
    """A test ran ten times longer than on the sources and was stopped: it would have failed."""
    SAME_CODE = "same code"
    """The compiler gives the same bytecode as for the sources."""
    SURVIVED = "survived"
    """All tests passed."""


class Verdict(NamedTuple):
    """The outcome for one mutant.

    :ivar test: the test that killed it; "" for none
    """

    outcome: Outcome
    test: str = ""
