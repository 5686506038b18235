"""Measured gas beside its budget: as a table on the terminal, as CSV and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from audit.gas.workload import Measurement
from registries.address_config import Compiler

CODE_SIZE_LIMIT = 24_576
"""The largest runtime code of a contract, bytes (EIP-170)."""

_KEY = ["kind", "function", "scenario"]


class BudgetError(ValueError):
    """The budget does not name exactly what the workload measures."""


def read_budget(path: Path) -> pd.DataFrame:
    """Ceilings, and the reference's figures where it has the same scenario.

    Columns: kind, function, scenario, ceiling (gas), reference (gas through its proxies), reference_direct (gas
    without a proxy, compiled as ours).
    """
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])


def compare(measured: Iterable[Measurement], budget: pd.DataFrame) -> pd.DataFrame:
    """One row a measurement with its ceiling, and what is left of it.

    :raises BudgetError: if a measurement has no ceiling, or a ceiling no measurement
    """
    table = pd.DataFrame(measured).merge(budget, on=_KEY, how="outer", indicator=True, sort=False)
    if not (unmatched := table[table["_merge"] != "both"]).empty:
        names = ", ".join(f"{row.function} ({row.scenario})" for row in unmatched.itertuples())
        raise BudgetError(f"measured without a ceiling, or a ceiling that is not measured: {names}")
    order = {tuple(row[:3]): number for number, row in enumerate(budget[_KEY].itertuples(index=False))}
    table["order"] = [order[key] for key in table[_KEY].itertuples(index=False, name=None)]
    table = table.sort_values("order").drop(columns=["_merge", "order"]).reset_index(drop=True)
    table["left"] = table["ceiling"] - table["gas"]
    table["of_reference"] = (table["gas"] / table["reference"]).round(2)
    return table


def print_report(console: Console, table: pd.DataFrame, sizes: dict[str, int]) -> None:
    """Prints the table and the code sizes."""
    view = Table(title="Gas: measured, ceiling, and the reference implementation")
    for column in ("Call", "Scenario"):
        view.add_column(column, no_wrap=True)
    for column in ("Gas", "Ceiling", "Left", "Reference", "Without proxy", "Ratio"):
        view.add_column(column, justify="right", no_wrap=True)
    for row in table.to_dict("records"):
        style = "red" if row["left"] < 0 else ""
        view.add_row(row["function"], row["scenario"], *_figures(row), style=style)
    console.print(view)
    for name, size in sizes.items():
        console.print(f"{name}: {size:,} B of runtime code, at most {CODE_SIZE_LIMIT:,}")


def write_report(folder: Path, table: pd.DataFrame, sizes: dict[str, int], compiler: Compiler) -> None:
    """Writes gas.csv and gas.md."""
    table.astype({"reference": "Int64", "reference_direct": "Int64"}).to_csv(folder / "gas.csv", index=False)
    header = ["Call", "Scenario", "Gas", "Ceiling", "Left", "Reference", "Without proxy", "Ratio"]
    lines = [
        "# Gas",
        "",
        "Made by `make gas`: transactions by their receipts on anvil, views by execution gas. *Reference* is the",
        "official implementation through its proxies as deployed; *without proxy* is the same contracts called",
        "directly and compiled with our compiler; *ratio* is ours to the former. Sources: `gas-budget.json`.",
        "",
        f"Compiler: solc {compiler.version}, {compiler.evm_version}, {compiler.optimizer_runs} runs, "
        f"IR pipeline {'on' if compiler.via_ir else 'off'}. "
        + ", ".join(f"{name}: {size:,} B" for name, size in sizes.items())
        + f" of runtime code (limit {CODE_SIZE_LIMIT:,} B).",
        "",
        "| " + " | ".join(header) + " |",
        "|---|---|" + "---:|" * 6,
        *(
            f"| `{row['function']}` | {row['scenario']} | " + " | ".join(_figures(row)) + " |"
            for row in table.to_dict("records")
        ),
        "",
    ]
    (folder / "gas.md").write_text("\n".join(lines), encoding="utf-8")


def _figures(row: dict[Any, Any]) -> list[str]:
    plain = [f"{int(row[column]):,}" for column in ("gas", "ceiling", "left")]
    reference = [
        "-" if pd.isna(row[column]) else f"{int(row[column]):,}" for column in ("reference", "reference_direct")
    ]
    return [*plain, *reference, "-" if pd.isna(row["of_reference"]) else f"{row['of_reference']:.2f}"]
