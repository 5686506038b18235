"""`python -m audit.stateful`: plays random histories from seeds, in parallel, and writes reports/audit/stateful.json.

The same figures come out whatever the number of processes: histories are counted in the order of their seeds, up to the
first with which there are enough calls.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from itertools import count

from rich.console import Console

from audit.stateful.report import write_report
from tests.stateful.course import play_history
from tests.stateful.machine import in_process_stage
from tests.stateful.tally import Tally


def main() -> int:
    """Plays, reports, and gives 1 if a history failed."""
    options = _options()
    console = Console(stderr=True)
    total, last_seed = Tally(), options.first_seed
    with multiprocessing.Pool(options.workers) as pool, console.status("Starting") as status:
        for seed, result in pool.imap(_play, ((seed, options.steps) for seed in count(options.first_seed))):
            if isinstance(result, str):
                console.print(result, markup=False, highlight=False)
                return 1
            total.add(result)
            last_seed = seed
            calls = sum(total.calls.values())
            status.update(f"{calls:,} calls, {sum(total.reads.values()):,} reads in {seed:,} histories")
            if calls >= options.calls:
                break
        pool.terminate()
    write_report(total, range(options.first_seed, last_seed + 1), options.steps)
    return 0


def _play(task: tuple[int, int]) -> tuple[int, Tally | str]:
    """One history: its seed, and what was done, or why it failed."""
    seed, steps = task
    tally = Tally()
    try:
        play_history(in_process_stage(), seed, steps, tally)
    except AssertionError as failure:
        return seed, str(failure)
    return seed, tally


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m audit.stateful", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="state-changing calls to make at least")
    parser.add_argument("--first-seed", type=int, default=1, help="seed of the first history; the others count from it")
    parser.add_argument("--steps", type=int, default=500, help="steps of each history")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes that play")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
