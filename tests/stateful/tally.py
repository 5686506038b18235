"""How much was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What was done so far.

    :ivar calls: by registry and function, and by error ("" for none)
    :ivar reads: by registry and function
    :ivar checks: by invariant
    """

    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reads: Counter[tuple[str, str]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    logs: int = 0
    examples: int = 0

    def add(self, other: Tally) -> None:
        """Counts what was done elsewhere, too."""
        self.calls += other.calls
        self.reads += other.reads
        self.checks += other.checks
        self.logs += other.logs
        self.examples += other.examples
