"""Gives mutants to judges, as many at a time as there are processors."""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection, wait
from typing import NamedTuple, cast

from audit.mutation.judge import BrokenBaselineError, Job, serve
from audit.mutation.mutant import Mutant
from audit.mutation.selection import SELECTED, Killers
from audit.mutation.verdict import Verdict


class Campaign(NamedTuple):
    """What judges need beside the mutants.

    :ivar sources: the files as they are
    :ivar listed: the ids of those that are said to be equivalent: fewer tests see them
    :ivar killers: what is known about killers; it learns from the verdicts
    :ivar workers: how many judges work at a time
    :ivar tests: files and folders of the tests, below the project
    """

    sources: Mapping[str, bytes]
    listed: Collection[str]
    killers: Killers
    workers: int
    tests: Sequence[str] = SELECTED


def judge_all(mutants: Iterable[Mutant], campaign: Campaign) -> Iterator[tuple[Mutant, Verdict]]:
    """Judges mutants and yields each with its verdict, in the order in which they are done.

    No further one is begun once the caller stops asking.

    :raises BrokenBaselineError: if a test fails without any mutant
    """
    with ExitStack() as stack:
        judges = [stack.enter_context(_judge(campaign.tests)) for _ in range(campaign.workers)]
        todo = iter(mutants)
        busy: dict[Connection, Mutant] = {}

        def give(judge: Connection) -> None:
            mutant = next(todo, None)
            if mutant is not None:
                source = mutant.apply(campaign.sources[mutant.file]).decode()
                thorough = mutant.id not in campaign.listed
                judge.send(Job(mutant, source, campaign.killers.hints(mutant), thorough))
                busy[judge] = mutant

        for judge in judges:
            give(judge)
        while busy:
            for judge in cast("list[Connection]", wait(list(busy))):
                mutant, verdict = busy.pop(judge), judge.recv()
                if isinstance(verdict, BrokenBaselineError):
                    raise verdict
                if verdict.test:
                    campaign.killers.add(mutant.file, mutant.function, verdict.test)
                yield mutant, verdict
                give(judge)


@contextmanager
def _judge(tests: Sequence[str]) -> Iterator[Connection]:
    """A judge's process, and the connection to it."""
    # Spawned, not forked: it is to be as if it had been started alone.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, tests), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()
