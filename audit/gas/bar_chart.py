"""The chart of the gas report: every call's gas beside its ceiling, the reference and the lower bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from audit.gas import svg

_WIDTH, _MARGIN = 1100, 20
_BARS_LEFT, _BARS_WIDTH = 430, 400
_FIGURES_RIGHT = _WIDTH - _MARGIN
_TOP, _ROW, _HEADING = 92, 30, 34
_BAR, _REFERENCE_BAR = 11, 5
_HEADINGS = {"deployment": "Deployments", "transaction": "Transactions", "view": "Views (execution gas)"}
_STYLE = """
.ours { fill: var(--ours); }
.reference { fill: var(--reference); }
.ceiling { stroke: var(--ceiling); stroke-width: 1.5; }
.bound { stroke: var(--bound); stroke-width: 3; }
"""


def bar_chart(table: pd.DataFrame) -> str:
    """Draws the table of {audit.gas.budget.compare}; each row to its own scale, its largest figure being the width."""
    marks = list(_legend())
    y = _TOP
    for kind, heading in _HEADINGS.items():
        marks.append(svg.text(_MARGIN, y + 20, heading, "heading"))
        y += _HEADING
        for row in table[table["kind"] == kind].to_dict("records"):
            marks.extend(_row(row, y))
            y += _ROW
    title = "Gas of every call beside its ceiling, the reference implementation and the lower bound"
    return svg.document(_WIDTH, y + _MARGIN, title, _STYLE, marks)


def _legend() -> Iterator[str]:
    yield svg.text(_MARGIN, 32, "Gas of every call", "title")
    yield svg.text(_MARGIN, 54, "Each row has a scale of its own: its largest figure is the whole width.", "muted")
    y = 76
    yield svg.rectangle(_MARGIN, y - 10, 24, _BAR, "ours")
    yield svg.text(_MARGIN + 30, y, "ours")
    yield svg.rectangle(_MARGIN + 90, y - 7, 24, _REFERENCE_BAR, "reference")
    yield svg.text(_MARGIN + 120, y, "reference, through its proxies")
    yield svg.line(_MARGIN + 322, y - 11, _MARGIN + 322, y + 3, "bound")
    yield svg.text(_MARGIN + 330, y, "lower bound")
    yield svg.line(_MARGIN + 430, y - 11, _MARGIN + 430, y + 3, "ceiling")
    yield svg.text(_MARGIN + 438, y, "ceiling")
    yield svg.text(_FIGURES_RIGHT - 150, y, "ours", "muted", "end")
    yield svg.text(_FIGURES_RIGHT - 60, y, "reference", "muted", "end")
    yield svg.text(_FIGURES_RIGHT, y, "of bound", "muted", "end")


def _row(row: Mapping[Any, Any], y: float) -> Iterator[str]:
    reference = 0 if pd.isna(row["reference"]) else row["reference"]
    scale = _BARS_WIDTH / max(row["gas"], row["ceiling"], reference)
    bound, ceiling = (_BARS_LEFT + row[column] * scale for column in ("bound", "ceiling"))
    yield svg.text(_MARGIN, y + 15, f"{row['function']}: {row['scenario']}")
    yield svg.rectangle(_BARS_LEFT, y + 4, row["gas"] * scale, _BAR, "ours")
    yield svg.rectangle(_BARS_LEFT, y + 5 + _BAR, reference * scale, _REFERENCE_BAR, "reference")
    yield svg.line(bound, y + 2, bound, y + 6 + _BAR, "bound")
    yield svg.line(ceiling, y + 2, ceiling, y + 6 + _BAR, "ceiling")
    yield svg.text(_FIGURES_RIGHT - 150, y + 15, f"{row['gas']:,}", "number", "end")
    yield svg.text(_FIGURES_RIGHT - 60, y + 15, f"{reference:,}" if reference else "-", "number", "end")
    yield svg.text(_FIGURES_RIGHT, y + 15, f"{row['of_bound']:.3f}", "number", "end")
