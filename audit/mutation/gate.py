"""What fails a campaign: a mutant that survives without a reason, and a reason without a mutant that survives."""

from __future__ import annotations

from collections.abc import Mapping

from audit.mutation.equivalents import Description, stale
from audit.mutation.generation import Generation
from audit.mutation.mutant import Mutant
from audit.mutation.verdict import Outcome, Verdict


def problems(
    generation: Generation, verdicts: Mapping[str, Verdict], reasons: Mapping[Description, str], *, whole: bool
) -> list[str]:
    """What is wrong, a line each; empty if the tests notice every fault.

    :param verdicts: by the mutant's id
    :param whole: whether there is a verdict on every mutant; if not, nothing is said about the others
    """
    # Two mutants have one description if their line is twice in a function: it is enough that one survives.
    survived: dict[Description, bool] = {}
    found = []
    for mutant in generation.mutants:
        if (verdict := verdicts.get(mutant.id)) is None:
            continue
        description = Description.of(mutant, generation.sources[mutant.file])
        # Whether the compiler finds out by itself that it is the same code may change with every other line.
        alive = verdict.outcome in {Outcome.SURVIVED, Outcome.SAME_CODE}
        survived[description] = alive or survived.get(description, False)
        if verdict.outcome is Outcome.SURVIVED and description not in reasons:
            found.append(describe(mutant, verdict, generation))
    listed = reasons if whole else {key: reason for key, reason in reasons.items() if key in survived}
    return found + [f"listed as equivalent, but {rule}: {item}" for item, rule in stale(listed, survived)]


def describe(mutant: Mutant, verdict: Verdict, generation: Generation) -> str:
    """A mutant and its verdict in one line."""
    source = generation.sources[mutant.file]
    original, mutated = mutant.change(source)
    where = f"{mutant.file}:{mutant.line(source)} {mutant.operator} {mutant.function}"
    killer = f" by {verdict.test}" if verdict.test else ""
    return f"{verdict.outcome}{killer}: {where}: {original} -> {mutated}"
