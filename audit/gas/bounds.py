"""The lower bound of everything that the workload measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from audit.gas.forced import DEPLOYMENTS, KNOWN_TAG, NEW_TAG, TRANSACTIONS, VIEWS
from audit.gas.lower_bound import (
    Bound,
    BoundError,
    Forced,
    bound_of_deployment,
    bound_of_execution,
    bound_of_transaction,
    total,
)
from audit.gas.workload import Measurement

TOGETHER = "three registries together"
ON_TOP = "first use of a tag of up to 31 B, on top"


def lower_bounds(measured: Iterable[Measurement]) -> pd.DataFrame:
    """The bound of each measurement in its parts, and what it counts in words.

    Columns: function, scenario, bound (gas), its parts (see {Bound}), and forced.

    :raises BoundError: if a scenario has no entry in {audit.gas.forced}, or costs less than its bound
    """
    rows = []
    deployments: list[Bound] = []
    for measurement in measured:
        bound, words = _bound(measurement, deployments)
        if measurement.cost.gas < bound.gas:
            raise BoundError(
                f"{measurement.function} ({measurement.scenario}) costs {measurement.cost.gas:,} gas, "
                f"below what is said to be its bound, {bound.gas:,}"
            )
        names = {"function": measurement.function, "scenario": measurement.scenario}
        rows.append({**names, "bound": bound.gas, **bound._asdict(), "forced": words})
    return pd.DataFrame(rows)


def _bound(measurement: Measurement, deployments: list[Bound]) -> tuple[Bound, str]:
    """A bound, and what it counts in words; collects those of deployments, for their sum."""
    key = (measurement.function, measurement.scenario)
    if measurement.scenario == TOGETHER:
        return total(deployments), "the sum of the three"
    if measurement.scenario == ON_TOP:
        parts = zip(bound_of_execution(NEW_TAG), bound_of_execution(KNOWN_TAG), strict=True)
        return Bound(*(new - known for new, known in parts)), f"{in_words(NEW_TAG)}; instead of: {in_words(KNOWN_TAG)}"
    table = {"transaction": TRANSACTIONS, "view": VIEWS, "deployment": DEPLOYMENTS}[measurement.kind]
    if key not in table:
        raise BoundError(
            f"{measurement.function} ({measurement.scenario}) is measured, but nothing says what is forced"
        )
    forced = table[key]
    if measurement.kind == "view":
        return bound_of_execution(forced), in_words(forced)
    if measurement.kind == "transaction":
        return bound_of_transaction(measurement.cost, forced), in_words(forced)
    deployments.append(bound_of_deployment(measurement.cost, forced))
    return deployments[-1], in_words(forced)


def in_words(forced: Forced) -> str:
    """What is forced, for a reader: the slots by what they hold, the calls and the logs."""
    parts = [
        ("reads", forced.reads),
        ("creates", forced.creates),
        ("changes", forced.changes),
        ("clears", forced.clears),
        ("calls", ("identity registry",) * forced.cold_accounts),
        ("recovers", ("signature",) * forced.signatures),
        ("logs", forced.events),
    ]
    return "; ".join(f"{verb}: {_listed(things)}" for verb, things in parts if things)


def _listed(things: tuple[str, ...]) -> str:
    return ", ".join(thing if count == 1 else f"{count:,} x {thing}" for thing, count in Counter(things).items())
