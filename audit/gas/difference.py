"""What changed between two gas reports, as a reviewer reads it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from audit.gas.budget import KEY


class DifferenceError(RuntimeError):
    """The report to compare with cannot be read."""


def committed_report(revision: str, path: Path) -> pd.DataFrame:
    """A gas.csv as git has it.

    :param path: relative to the repository's root, which is the working directory
    :raises DifferenceError: if the revision has no such file
    """
    command = ["git", "show", f"{revision}:{path.as_posix()}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise DifferenceError(f"no {path} at {revision!r}: {error.stderr.strip()}") from error
    return pd.read_csv(io.StringIO(done.stdout))


def differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The figures that differ, those of one report alone included, in the order of the new report.

    Columns: function, scenario, old, new, change (gas; missing where a report has no figure), percent (of the old).
    """
    both = new[[*KEY, "gas"]].merge(old[[*KEY, "gas"]], on=KEY, how="outer", suffixes=("_new", "_old"), sort=False)
    both = both.rename(columns={"gas_old": "old", "gas_new": "new"}).astype({"old": "Int64", "new": "Int64"})
    order = {key: number for number, key in enumerate(new[KEY].itertuples(index=False, name=None))}
    both["order"] = [order.get(key, len(order)) for key in both[KEY].itertuples(index=False, name=None)]
    both = both.sort_values("order", kind="stable", ignore_index=True)
    both["change"] = both["new"] - both["old"]
    both["percent"] = (both["change"] / both["old"] * 100).astype("Float64").round(2)
    return both[both["change"].fillna(1) != 0][[*KEY, "old", "new", "change", "percent"]].reset_index(drop=True)


def as_markdown(changes: pd.DataFrame, revision: str) -> str:
    """The differences as a comment of a pull request."""
    if changes.empty:
        return f"### Gas\n\nNo figure differs from those of `{revision}`.\n"
    cheaper, dearer = int((changes["change"] < 0).sum()), int((changes["change"] > 0).sum())
    alone = len(changes) - cheaper - dearer
    lines = [
        "### Gas",
        "",
        f"Against `{revision}`: {cheaper} lower, {dearer} higher, {alone} added or removed.",
        "",
        "| Call | Scenario | Old | New | Change | % |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| `{row['function']}` | {row['scenario']} | {' | '.join(figures(row))} |"
            for row in changes.to_dict("records")
        ),
        "",
    ]
    return "\n".join(lines)


def figures(row: Mapping[Any, Any]) -> list[str]:
    """Old, new, change and percent of a row of {differences}, for a reader."""
    formats = {"old": "{:,}", "new": "{:,}", "change": "{:+,}", "percent": "{:+.2f}"}
    return ["-" if pd.isna(row[column]) else form.format(row[column]) for column, form in formats.items()]
