"""`python -m audit.mutation`: see --help, and docs/auditing.md."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping

from audit.mutation import equivalents, report
from audit.mutation.cache import Cache
from audit.mutation.campaign import judge_all
from audit.mutation.compiler import Compiler
from audit.mutation.equivalents import Description
from audit.mutation.generation import Generation, generate
from audit.mutation.mutant import Mutant
from audit.mutation.verdict import Outcome, Verdict

_PROGRESS = 50
"""A line is printed after so many verdicts."""


def main() -> int:
    """Runs what the command line says; gives the exit status."""
    arguments = _arguments()
    with Compiler() as compiler:
        generation = generate(compiler)
    if arguments.check:
        return _check(generation)
    if arguments.sample:
        return _sample(generation, arguments.sample, arguments.seed, arguments.workers)
    return _campaign(generation, only_survivors=arguments.survivors, workers=arguments.workers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m audit.mutation", description="Plants faults and runs the tests.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="is the committed report that of the present sources?")
    what.add_argument("--sample", type=int, metavar="N", help="judge N random mutants, without a report")
    what.add_argument("--survivors", action="store_true", help="judge again only what survived before")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the sample")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="judges at a time")
    return parser.parse_args()


def _check(generation: Generation) -> int:
    if not report.PATH.exists():
        return _fail([f"there is no {report.PATH.name}"])
    committed = json.loads(report.PATH.read_text(encoding="utf-8"))
    problems = report.staleness(committed, generation)
    problems += [f"survived: {row['id']}" for row in committed["survived"]]
    described = {Description.of(mutant, generation.sources[mutant.file]): True for mutant in generation.mutants}
    problems += [f"{rule}: {listed}" for listed, rule in equivalents.stale(equivalents.read(), described)]
    return _fail(problems) if problems else 0


def _sample(generation: Generation, size: int, seed: int, workers: int) -> int:
    """Judges random mutants until so many of them compiled."""
    print(f"A sample of {size} of {len(generation.mutants)} mutants, seed {seed}")
    order = random.Random(seed).sample(generation.mutants, len(generation.mutants))  # noqa: S311  # not a secret
    reasons = equivalents.read()
    verdicts: dict[str, Verdict] = {}
    compiled = 0
    for mutant, verdict in _judge(order, generation, reasons, workers):
        verdicts[mutant.id] = verdict
        print(_describe(mutant, verdict, generation))
        compiled += verdict.outcome is not Outcome.INVALID
        if compiled >= size:
            break
    return _conclude(generation, verdicts, reasons, whole=False)


def _campaign(generation: Generation, *, only_survivors: bool, workers: int) -> int:
    """Judges all mutants that the cache does not know, and writes the report."""
    cache = Cache()
    reasons = equivalents.read()
    known = cache.verdicts if only_survivors else cache.fresh()
    if only_survivors:
        known = {name: verdict for name, verdict in known.items() if verdict.outcome is not Outcome.SURVIVED}
    todo = [mutant for mutant in generation.mutants if mutant.id not in known]
    random.Random(0).shuffle(todo)  # noqa: S311  # so that the expected end is right
    print(f"{len(generation.mutants)} mutants, {len(todo)} to judge")
    begin = time.monotonic()
    counts: Counter[str] = Counter()
    for mutant, verdict in _judge(todo, generation, reasons, workers) if todo else ():
        cache.add(mutant.id, verdict)
        counts[verdict.outcome] += 1
        if counts.total() % _PROGRESS == 0:
            seconds = time.monotonic() - begin
            left = seconds / counts.total() * (len(todo) - counts.total())
            print(f"{counts.total()} of {len(todo)}, {seconds:.0f} s, {left:.0f} s to go: {dict(counts)}", flush=True)
    verdicts = {mutant.id: cache.verdicts[mutant.id] for mutant in generation.mutants}
    effort = report.Effort(round(time.monotonic() - begin), workers)
    report.write(report.build(generation, verdicts, reasons, effort))
    return _conclude(generation, verdicts, reasons, whole=True)


def _judge(
    mutants: Iterable[Mutant], generation: Generation, reasons: Mapping[Description, str], workers: int
) -> Iterable[tuple[Mutant, Verdict]]:
    sources = generation.sources
    listed = {mutant.id for mutant in generation.mutants if Description.of(mutant, sources[mutant.file]) in reasons}
    return judge_all(mutants, sources, listed, report.read_killers(), workers)


def _conclude(
    generation: Generation, verdicts: Mapping[str, Verdict], reasons: Mapping[Description, str], *, whole: bool
) -> int:
    """Whether every mutant was killed or is equivalent, and every listed one really survived."""
    survived = {}
    problems = []
    for mutant in generation.mutants:
        description = Description.of(mutant, generation.sources[mutant.file])
        if verdict := verdicts.get(mutant.id):
            survived[description] = verdict.outcome is Outcome.SURVIVED
            if survived[description] and description not in reasons:
                problems.append(_describe(mutant, verdict, generation))
    judged = reasons if whole else {key: reason for key, reason in reasons.items() if key in survived}
    problems += [f"{rule}, but listed as equivalent: {listed}" for listed, rule in equivalents.stale(judged, survived)]
    outcomes = Counter(verdict.outcome.value for verdict in verdicts.values())
    print(", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))
    return _fail(problems) if problems else 0


def _describe(mutant: Mutant, verdict: Verdict, generation: Generation) -> str:
    source = generation.sources[mutant.file]
    change = mutant.change(source)
    where = f"{mutant.file}:{mutant.line(source)} {mutant.operator} {mutant.function}"
    return f"{verdict.outcome}: {where}: {change.original} -> {change.mutated}" + (
        verdict.test and f"  by {verdict.test}"
    )


def _fail(problems: list[str]) -> int:
    print(f"{len(problems)} problems:", *problems, sep="\n  ", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
