"""The gas report: on the terminal, as CSV, as Markdown, as a chart, and as JSON for the dossier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from audit.gas.bar_chart import bar_chart
from audit.gas.difference import figures
from registries.address_config import Compiler

CODE_SIZE_LIMIT = 24_576
"""The largest runtime code of a contract, bytes (EIP-170)."""

_COLUMNS = ("Gas", "Ceiling", "Left", "Reference", "Without proxy", "Ratio", "Bound", "Of bound")


def print_report(console: Console, table: pd.DataFrame, sizes: Mapping[str, int]) -> None:
    """Prints the table and the code sizes."""
    view = Table(title="Gas: measured, ceiling, the reference implementation, and the lower bound")
    for column in ("Call", "Scenario"):
        view.add_column(column, no_wrap=True)
    for column in _COLUMNS:
        view.add_column(column, justify="right", no_wrap=True)
    for row in table.to_dict("records"):
        view.add_row(row["function"], row["scenario"], *_figures(row), style="red" if row["left"] < 0 else "")
    console.print(view)
    for name, size in sizes.items():
        console.print(f"{name}: {size:,} B of runtime code, at most {CODE_SIZE_LIMIT:,}")


def print_differences(console: Console, changes: pd.DataFrame, revision: str) -> None:
    """Prints what {audit.gas.difference.differences} found."""
    if changes.empty:
        console.print(f"No figure differs from those of {revision}.")
        return
    view = Table(title=f"Against {revision}")
    for column in ("Call", "Scenario"):
        view.add_column(column, no_wrap=True)
    for column in ("Old", "New", "Change", "%"):
        view.add_column(column, justify="right", no_wrap=True)
    for row in changes.to_dict("records"):
        view.add_row(row["function"], row["scenario"], *figures(row))
    console.print(view)


def write_report(
    folder: Path, table: pd.DataFrame, bounds: pd.DataFrame, sizes: Mapping[str, int], compiler: Compiler
) -> None:
    """Writes gas.csv, gas.md, gas-bound.md and gas.svg.

    :param bounds: as {audit.gas.bounds.lower_bounds} gives them
    """
    table.to_csv(folder / "gas.csv", index=False)
    (folder / "gas.md").write_text(_report_markdown(table, sizes, compiler), encoding="utf-8")
    (folder / "gas-bound.md").write_text(_bound_markdown(table, bounds), encoding="utf-8")
    (folder / "gas.svg").write_text(bar_chart(table), encoding="utf-8")


def write_findings(path: Path, table: pd.DataFrame, sizes: Mapping[str, int], source_hash: str) -> None:
    """Writes what the dossier shows: the table row by row, and the code sizes in bytes."""
    findings = {
        "source_hash": source_hash,
        "code_size_limit": CODE_SIZE_LIMIT,
        "code_sizes": dict(sizes),
        "rows": json.loads(table.to_json(orient="records")),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(findings, indent=1) + "\n", encoding="utf-8")


def _report_markdown(table: pd.DataFrame, sizes: Mapping[str, int], compiler: Compiler) -> str:
    lines = [
        "# Gas",
        "",
        "Made by `make gas`: transactions and deployments by their receipts on anvil, views by execution gas.",
        "*Reference* is the official implementation through its proxies as deployed; *without proxy* is the same",
        "contracts called directly and compiled with our compiler; *ratio* is ours to the former. *Bound* is the least",
        "that the guarantees force ([gas-bound.md](gas-bound.md)), *of bound* is ours to it. More:",
        "[docs/gas.md](../docs/gas.md).",
        "",
        f"Compiler: solc {compiler.version}, {compiler.evm_version}, {compiler.optimizer_runs} runs, "
        f"IR pipeline {'on' if compiler.via_ir else 'off'}. "
        + ", ".join(f"{name}: {size:,} B" for name, size in sizes.items())
        + f" of runtime code (limit {CODE_SIZE_LIMIT:,} B).",
        "",
        "![Gas of every call, beside its ceiling, the reference and the lower bound](gas.svg)",
        "",
        "| Call | Scenario | " + " | ".join(_COLUMNS) + " |",
        "|---|---|" + "---:|" * len(_COLUMNS),
        *(
            f"| `{row['function']}` | {row['scenario']} | {' | '.join(_figures(row))} |"
            for row in table.to_dict("records")
        ),
        "",
    ]
    return "\n".join(lines)


def _bound_markdown(table: pd.DataFrame, bounds: pd.DataFrame) -> str:
    parts = ["transaction", "calldata", "storage", "calls", "logs", "code", "refund", "bound"]
    rows = table[["function", "scenario"]].merge(bounds, on=["function", "scenario"])
    lines = [
        "# Gas: the lower bounds",
        "",
        "Made by `make gas` from `audit/gas/forced.py`. The prices, what is counted and what is not:",
        "[docs/gas.md](../docs/gas.md). Slots are named by what they hold; all are cold.",
        "",
        "| Call | Scenario | " + " | ".join(part.capitalize() for part in parts) + " | Forced |",
        "|---|---|" + "---:|" * len(parts) + "---|",
        *(
            f"| `{row['function']}` | {row['scenario']} | "
            + " | ".join(f"{row[part]:,}" for part in parts)
            + f" | {row['forced']} |"
            for row in rows.to_dict("records")
        ),
        "",
    ]
    return "\n".join(lines)


def _figures(row: Mapping[Any, Any]) -> list[str]:
    formats = dict.fromkeys(("gas", "ceiling", "left", "reference", "reference_direct"), "{:,}")
    formats |= {"of_reference": "{:.2f}", "bound": "{:,}", "of_bound": "{:.3f}"}
    return ["-" if pd.isna(row[column]) else form.format(row[column]) for column, form in formats.items()]
