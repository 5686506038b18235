"""What the demo says while it works: a bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

PLAIN_WIDTH = 120
"""Columns of the output where there is no terminal to ask."""

INDENT = " " * 8


def make_console() -> Console:
    """The console, wide enough for the tables in a log file too."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


class Narrator:
    """Tells the steps of the demo as they happen."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console, self._steps, self._done = console, steps, 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Tells that a step begins, and how long it took when the block ends."""
        started = time.monotonic()
        self._done += 1
        self._progress.update(self._task, description=title)
        self._console.print(Text(f"[{self._done:2}/{self._steps}] {title}", style="bold"))
        yield
        self._console.print(Text(f"{INDENT}{time.monotonic() - started:.1f} s", style="dim"))
        self._progress.update(self._task, completed=self._done)

    def note(self, happening: str) -> None:
        """Tells one thing that has happened in the step."""
        self._console.print(Text(f"{INDENT}{happening}"), soft_wrap=True)
