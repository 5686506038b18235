"""Gives mutants to judges, as many at a time as there are processors."""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection, wait
from typing import cast

from audit.mutation.forks import Run
from audit.mutation.judge import Job, Share, serve
from audit.mutation.mutant import Mutant
from audit.mutation.selection import Killers
from audit.mutation.verdict import Verdict


class BrokenBaselineError(Exception):
    """A test fails on the sources as they are, compiled as mutants are; the argument names it."""


def judge_all(
    mutants: Iterable[Mutant], sources: dict[str, bytes], listed: Collection[str], killers: Killers, workers: int
) -> Iterator[tuple[Mutant, Verdict]]:
    """Judges mutants and yields each with its verdict, in the order in which they are done.

    No further one is begun once the caller stops asking.

    :param listed: the ids of those that are said to be equivalent: only the tests of their own contract see them
    :param killers: what is known about killers; it learns from the verdicts
    :raises BrokenBaselineError: if a test fails without any mutant
    """
    with ExitStack() as stack:
        judges = [stack.enter_context(_judge()) for _ in range(workers)]
        _share_baseline(judges)
        todo = iter(mutants)
        busy: dict[Connection, Mutant] = {}

        def give(judge: Connection) -> None:
            mutant = next(todo, None)
            if mutant is not None:
                source = mutant.apply(sources[mutant.file]).decode()
                judge.send(Job(mutant, source, killers.hints(mutant), thorough=mutant.id not in listed))
                busy[judge] = mutant

        for judge in judges:
            give(judge)
        while busy:
            for judge in cast("list[Connection]", wait(list(busy))):
                mutant, verdict = busy.pop(judge), judge.recv()
                if verdict.test:
                    killers.add(mutant.file, mutant.function, verdict.test)
                yield mutant, verdict
                give(judge)


@contextmanager
def _judge() -> Iterator[Connection]:
    """A judge's process, and the connection to it."""
    # Spawned, not forked: it is to be as if it had been started alone.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _share_baseline(judges: list[Connection]) -> None:
    for number, judge in enumerate(judges):
        judge.send(Share(number, len(judges)))
    runs: list[Run] = [judge.recv() for judge in judges]
    if broken := [run.failed for run in runs if run.failed]:
        raise BrokenBaselineError(f"fails without a mutant: {', '.join(broken)}")
    times = {test: seconds for run in runs for test, seconds in run.times.items()}
    for judge in judges:
        judge.send(times)
