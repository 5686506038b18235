"""Measured gas held against its ceilings, the reference implementation's figures and the lower bounds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from audit.gas.workload import Measurement

KEY = ["function", "scenario"]
"""The columns that name a measurement."""


class BudgetError(ValueError):
    """The budget or the reference does not name exactly what the workload measures."""


def read_budget(path: Path) -> pd.DataFrame:
    """The ceilings. Columns: kind, function, scenario, ceiling (gas)."""
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])


def read_reference(path: Path) -> pd.DataFrame:
    """The reference's figures by the scenarios of ours that they are held against.

    Columns: function, scenario, reference (gas through its proxies), reference_direct (gas without a proxy, compiled
    with our compiler; missing for deployments).
    """
    figures = pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])
    figures = figures.explode("compared_with", ignore_index=True)
    figures[KEY] = figures.pop("compared_with").to_list()
    sums = figures.groupby(KEY, sort=False)[["gas", "gas_direct"]].sum(min_count=1).reset_index()
    return sums.rename(columns={"gas": "reference", "gas_direct": "reference_direct"})


def compare(
    measured: Iterable[Measurement], bounds: pd.DataFrame, budget: pd.DataFrame, reference: pd.DataFrame
) -> pd.DataFrame:
    """One row a measurement, in the budget's order.

    Columns: kind, function, scenario, gas, ceiling, left (of the ceiling, gas), reference, reference_direct,
    of_reference (ours to `reference`), bound (gas), of_bound (ours to the bound).

    :param bounds: as {audit.gas.bounds.lower_bounds} gives them
    :raises BudgetError: if a measurement has no ceiling, or a ceiling or a figure of the reference no measurement
    """
    gas = pd.DataFrame([{"function": m.function, "scenario": m.scenario, "gas": m.cost.gas} for m in measured])
    _check_named(budget, gas, "ceilings and measurements differ")
    _check_named(reference, gas.merge(reference[KEY]), "the reference's figures are held against nothing")
    table = (
        budget.merge(gas, on=KEY)
        .merge(reference, on=KEY, how="left")
        .merge(bounds[[*KEY, "bound"]], on=KEY)
        .astype({"reference": "Int64", "reference_direct": "Int64"})
    )
    table["left"] = table["ceiling"] - table["gas"]
    table["of_reference"] = (table["gas"] / table["reference"]).astype("Float64").round(2)
    table["of_bound"] = (table["gas"] / table["bound"]).round(3)
    columns = ["kind", *KEY, "gas", "ceiling", "left", "reference", "reference_direct", "of_reference"]
    return table[[*columns, "bound", "of_bound"]]


def over_ceiling(table: pd.DataFrame) -> list[str]:
    """What exceeds its ceiling, in words."""
    return [
        f"{row['function']} ({row['scenario']}): {row['gas']:,} gas, at most {row['ceiling']:,}"
        for row in table[table["gas"] > table["ceiling"]].to_dict("records")
    ]


def _check_named(wanted: pd.DataFrame, found: pd.DataFrame, problem: str) -> None:
    names = [set(frame[KEY].itertuples(index=False, name=None)) for frame in (wanted, found)]
    if different := sorted(names[0] ^ names[1]):
        raise BudgetError(f"{problem}: {', '.join(f'{function} ({scenario})' for function, scenario in different)}")
