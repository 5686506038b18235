"""The growth report: as CSV, Markdown, a chart, and JSON for the dossier."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from audit.gas.growth import GAS_LIMIT, SIZES, fits_until
from audit.gas.line_chart import line_chart


def write_growth(folder: Path, samples: pd.DataFrame) -> None:
    """Writes gas-growth.csv, gas-growth.md and gas-growth.svg."""
    samples.to_csv(folder / "gas-growth.csv", index=False)
    (folder / "gas-growth.md").write_text(_markdown(samples), encoding="utf-8")
    (folder / "gas-growth.svg").write_text(line_chart(samples), encoding="utf-8")


def write_growth_findings(path: Path, samples: pd.DataFrame, source_hash: str) -> None:
    """Writes what the dossier shows, and of which sources it is: by that its freshness is checked."""
    findings = {
        "source_hash": source_hash,
        "gas_limit": GAS_LIMIT,
        "calls": [
            {"axis": axis, "call": call, "fits_until": fits_until(series)}
            for (axis, call), series in samples.groupby(["axis", "call"], sort=False)
        ],
        "samples": json.loads(samples.to_json(orient="records")),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(findings, indent=1) + "\n", encoding="utf-8")


def _markdown(samples: pd.DataFrame) -> str:
    lines = [
        "# Gas as the registries grow",
        "",
        "Made by `make gas-growth` on anvil: the gas of a whole call, with its 21,000 and its calldata, when there are",
        f"1 to {SIZES[-1]:,} agents in the registry, clients of an agent with one feedback each, feedbacks of one",
        f"client, tags in the registry. *Fits* is about up to which size the call fits into {GAS_LIMIT:,} gas, from a",
        "parabola through the last three figures.",
        "",
        "![Gas of writes and reads against size](gas-growth.svg)",
        "",
    ]
    for axis, group in samples.groupby("axis", sort=False):
        lines += [
            f"## {str(axis).capitalize()}",
            "",
            "| Call | " + " | ".join(f"{size:,}" for size in SIZES) + " | Fits |",
            "|---|" + "---:|" * (len(SIZES) + 1),
        ]
        for call, series in group.groupby("call", sort=False):
            limit = fits_until(series)
            figures = [f"{gas:,}" for gas in series["gas"]]
            lines.append(f"| {call} | {' | '.join(figures)} | {'all' if limit is None else f'{limit:,}'} |")
        lines.append("")
    return "\n".join(lines)
