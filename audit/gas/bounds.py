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
from audit.gas.workload import NEW_TAG_ON_TOP, TOGETHER, Measurement


def lower_bounds(measured: Iterable[Measurement]) -> pd.DataFrame:
    """The bound of each measurement in its parts, and what it counts in words.

    Columns: function, scenario, bound (gas), its parts (see {Bound}), and forced.

    :raises BoundError: if a scenario has no entry in {audit.gas.forced}, or costs less than its bound
    """
    rows = []
    deployments: list[Bound] = []
    for measurement in measured:
        function, scenario = measurement.function, measurement.scenario
        if scenario == TOGETHER:
            bound, words = total(deployments), "the sum of the three"
        elif scenario == NEW_TAG_ON_TOP:
            parts = zip(bound_of_execution(NEW_TAG), bound_of_execution(KNOWN_TAG), strict=True)
            bound = Bound(*(new - known for new, known in parts))
            words = f"{in_words(NEW_TAG)}; instead of: {in_words(KNOWN_TAG)}"
        else:
            forced = _forced(measurement)
            bound, words = _bound(measurement, forced), in_words(forced)
        if measurement.kind == "deployment":
            deployments.append(bound)
        if measurement.cost.gas < bound.gas:
            raise BoundError(
                f"{function} ({scenario}) costs {measurement.cost.gas:,} gas, "
                f"below what is said to be its bound, {bound.gas:,}"
            )
        named = {"function": function, "scenario": scenario}
        rows.append({**named, "bound": bound.gas, **bound._asdict(), "forced": words})
    return pd.DataFrame(rows)


def _forced(measurement: Measurement) -> Forced:
    table = {"transaction": TRANSACTIONS, "view": VIEWS, "deployment": DEPLOYMENTS}[measurement.kind]
    forced = table.get((measurement.function, measurement.scenario))
    if forced is None:
        raise BoundError(
            f"{measurement.function} ({measurement.scenario}) is measured, but nothing says what is forced"
        )
    return forced


def _bound(measurement: Measurement, forced: Forced) -> Bound:
    if measurement.kind == "view":
        return bound_of_execution(forced)
    if measurement.kind == "deployment":
        return bound_of_deployment(measurement.cost, forced)
    return bound_of_transaction(measurement.cost, forced)


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
