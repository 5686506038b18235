"""The chart of the growth report: gas against size, both logarithmic, one panel for each thing that grows."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from audit.gas import svg
from audit.gas.growth import GAS_LIMIT, SIZES

_WIDTH, _MARGIN = 1100, 20
_PANEL_LEFT, _PANEL_WIDTH, _PANEL_HEIGHT = 70, 560, 260
_LEGEND_LEFT, _LEGEND_LINE = _PANEL_LEFT + _PANEL_WIDTH + 90, 20
_TOP, _PANEL_STEP = 80, 350
_GAS = (10**4, 10**9)
_SERIES = 8
_LIMIT_STYLE = "\n.limit { stroke: var(--ceiling); stroke-width: 1.5; stroke-dasharray: 6 4; }\n"
_STYLE = _LIMIT_STYLE + "".join(
    f".l{number} {{ fill: none; stroke: var(--s{number}); stroke-width: 2; }}\n"
    f".p{number} {{ fill: var(--s{number}); }}\n"
    for number in range(_SERIES)
)


def line_chart(samples: pd.DataFrame) -> str:
    """Draws samples as {audit.gas.growth.Sample} has them."""
    marks = [
        svg.text(_MARGIN, 32, "Gas as the registries grow", "title"),
        svg.text(_MARGIN, 54, "Whole calls, with their 21,000 and calldata. Dashed: 30 million gas.", "muted"),
    ]
    axes = list(samples["axis"].unique())
    for number, axis in enumerate(axes):
        marks.extend(_panel(samples[samples["axis"] == axis], axis, _TOP + number * _PANEL_STEP))
    height = _TOP + len(axes) * _PANEL_STEP
    title = "Gas of writes and reads at 1 to 10,000 agents, clients, feedbacks and tags"
    return svg.document(_WIDTH, height, title, _STYLE, marks)


def _panel(samples: pd.DataFrame, axis: str, top: float) -> Iterator[str]:
    yield svg.text(_MARGIN, top + 14, axis.capitalize(), "heading")
    top += 30
    yield from _grid(top)
    dearest_first = samples[samples["size"] == SIZES[-1]].sort_values("gas", ascending=False, kind="stable")
    for number, call in enumerate(dearest_first["call"]):
        series = samples[samples["call"] == call]
        points = [(_x(size), _y(gas, top)) for size, gas in zip(series["size"], series["gas"], strict=True)]
        yield svg.polyline(points, f"l{number}")
        yield from (svg.circle(x, y, 3, f"p{number}") for x, y in points)
        y = top + 8 + number * 2 * _LEGEND_LINE
        yield svg.rectangle(_LEGEND_LEFT, y - 4, 16, 4, f"p{number}")
        yield svg.text(_LEGEND_LEFT + 24, y, call)
        first, last = series.iloc[0], series.iloc[-1]
        figures = f"{first['gas']:,} at {first['size']:,}; {last['gas']:,} at {last['size']:,}"
        yield svg.text(_LEGEND_LEFT + 24, y + 15, figures, "muted number")


def _grid(top: float) -> Iterator[str]:
    bottom = top + _PANEL_HEIGHT
    for size in SIZES:
        yield svg.line(_x(size), top, _x(size), bottom, "grid")
        yield svg.text(_x(size), bottom + 18, f"{size:,}", "muted number", "middle")
    for exponent in range(int(math.log10(_GAS[0])), int(math.log10(_GAS[1])) + 1):
        y = _y(10**exponent, top)
        yield svg.line(_PANEL_LEFT, y, _PANEL_LEFT + _PANEL_WIDTH, y, "grid")
        yield svg.text(_PANEL_LEFT - 8, y + 4, _short(10**exponent), "muted number", "end")
    limit = _y(GAS_LIMIT, top)
    yield svg.line(_PANEL_LEFT, limit, _PANEL_LEFT + _PANEL_WIDTH, limit, "limit")


def _short(gas: int) -> str:
    return f"{gas // 10**6:,} M" if gas >= 10**6 else f"{gas // 10**3} k"


def _x(size: float) -> float:
    return _PANEL_LEFT + _PANEL_WIDTH * math.log10(size) / math.log10(SIZES[-1])


def _y(gas: float, top: float) -> float:
    low, high = (math.log10(bound) for bound in _GAS)
    return top + _PANEL_HEIGHT * (1 - (math.log10(gas) - low) / (high - low))
