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
from audit.mutation.campaign import Campaign, judge_all
from audit.mutation.compiler import Compiler
from audit.mutation.equivalents import Description
from audit.mutation.gate import describe, problems
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
    return _campaign(generation, arguments.only, only_survivors=arguments.survivors, workers=arguments.workers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m audit.mutation", description="Plants faults and runs the tests.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="is the committed report that of the present sources?")
    what.add_argument("--sample", type=int, metavar="N", help="judge N random mutants, without a report")
    what.add_argument("--survivors", action="store_true", help="judge again only what survived before")
    parser.add_argument("--only", default="", metavar="PREFIX", help="judge only files whose path begins so, no report")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the sample")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="judges at a time")
    return parser.parse_args()


def _check(generation: Generation) -> int:
    if not report.PATH.exists():
        return _fail([f"there is no {report.PATH.name}"])
    reasons = equivalents.read()
    committed = json.loads(report.PATH.read_text(encoding="utf-8"))
    found = report.staleness(committed, generation)
    found += [f"survived: {row['id']}" for row in committed["survived"]]
    described = {Description.of(mutant, generation.sources[mutant.file]): True for mutant in generation.mutants}
    found += [f"listed as equivalent, but {rule}: {item}" for item, rule in equivalents.stale(reasons, described)]
    return _fail(found) if found else 0


def _sample(generation: Generation, size: int, seed: int, workers: int) -> int:
    """Judges random mutants until so many of them compiled."""
    print(f"A sample of {size} of {len(generation.mutants)} mutants, seed {seed}")
    order = random.Random(seed).sample(generation.mutants, len(generation.mutants))  # noqa: S311  # not a secret
    reasons = equivalents.read()
    verdicts: dict[str, Verdict] = {}
    compiled = 0
    for mutant, verdict in _judge(order, generation, reasons, workers):
        verdicts[mutant.id] = verdict
        print(describe(mutant, verdict, generation), flush=True)
        compiled += verdict.outcome is not Outcome.INVALID
        if compiled >= size:
            break
    return _conclude(generation, verdicts, reasons, whole=False)


def _campaign(generation: Generation, prefix: str, *, only_survivors: bool, workers: int) -> int:
    """Judges all mutants of some files that the cache does not know, and writes the report if they are of all files."""
    cache = Cache()
    reasons = equivalents.read()
    known = cache.verdicts if only_survivors else cache.fresh()
    if only_survivors:
        known = {name: verdict for name, verdict in known.items() if verdict.outcome is not Outcome.SURVIVED}
    wanted = [mutant for mutant in generation.mutants if mutant.file.startswith(prefix)]
    todo = [mutant for mutant in wanted if mutant.id not in known]
    random.Random(0).shuffle(todo)  # noqa: S311  # so that the expected end is right
    print(f"{len(wanted)} mutants, {len(todo)} to judge")
    begin = latest = time.monotonic()
    counts: Counter[str] = Counter()
    for mutant, verdict in _judge(todo, generation, reasons, workers) if todo else ():
        now = time.monotonic()
        cache.add(mutant.id, verdict, now - latest)
        latest = now
        counts[verdict.outcome.value] += 1
        done = counts.total()
        if done % _PROGRESS == 0:
            left = (now - begin) / done * (len(todo) - done)
            print(f"{done} of {len(todo)}, {now - begin:.0f} s, {left:.0f} s to go: {dict(counts)}", flush=True)
    verdicts = {mutant.id: cache.verdicts[mutant.id] for mutant in wanted}
    if prefix:
        return _conclude(generation, verdicts, reasons, whole=False)
    effort = report.Effort(round(sum(cache.seconds[name] for name in verdicts)), workers)
    report.write(report.build(generation, verdicts, reasons, effort))
    return _conclude(generation, verdicts, reasons, whole=True)


def _judge(
    mutants: Iterable[Mutant], generation: Generation, reasons: Mapping[Description, str], workers: int
) -> Iterable[tuple[Mutant, Verdict]]:
    sources = generation.sources
    listed = {mutant.id for mutant in generation.mutants if Description.of(mutant, sources[mutant.file]) in reasons}
    return judge_all(mutants, Campaign(sources, listed, report.read_killers(), workers))


def _conclude(
    generation: Generation, verdicts: Mapping[str, Verdict], reasons: Mapping[Description, str], *, whole: bool
) -> int:
    outcomes = Counter(verdict.outcome.value for verdict in verdicts.values())
    print(", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))
    found = problems(generation, verdicts, reasons, whole=whole)
    return _fail(found) if found else 0


def _fail(found: list[str]) -> int:
    print(f"{len(found)} problems:", *found, sep="\n  ", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
