"""A few marks of SVG, for charts that are the same file whenever their figures are the same.

Colours are classes, so that one style sheet serves light and dark: {DOCUMENT_STYLE} follows the reader's preference.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

DOCUMENT_STYLE = """
text { font: 12px system-ui, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
.title { font-size: 16px; font-weight: 600; }
.heading { font-weight: 600; }
.muted { fill: var(--muted); }
.number { font-variant-numeric: tabular-nums; }
.paper { fill: var(--paper); }
.grid { stroke: var(--grid); }
svg {
  --paper: #ffffff; --ink: #1f2328; --muted: #59636e; --grid: #d1d9e0; --ours: #0969da; --reference: #b6bec8;
  --ceiling: #cf222e; --bound: #1a7f37; --s0: #0969da; --s1: #bc4c00; --s2: #1a7f37; --s3: #8250df; --s4: #bf3989;
  --s5: #57606a; --s6: #9a6700; --s7: #0e7c86;
}
@media (prefers-color-scheme: dark) {
  svg {
    --paper: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --grid: #3d444d; --ours: #4493f8; --reference: #656c76;
    --ceiling: #f85149; --bound: #3fb950; --s0: #4493f8; --s1: #f0883e; --s2: #3fb950; --s3: #ab7df8; --s4: #db61a2;
    --s5: #9198a1; --s6: #d29922; --s7: #39c5cf;
  }
}
"""


def document(width: int, height: int, title: str, style: str, marks: Iterable[str]) -> str:
    """A whole SVG file.

    :param width: of the drawing, pixels, as are all lengths here
    :param title: what a reader who does not see the drawing is told
    :param style: CSS of the drawing's own classes
    """
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={quoteattr(title)}>',
            f"<title>{escape(title)}</title>",
            f"<style>{DOCUMENT_STYLE}{style}</style>",
            rectangle(0, 0, width, height, "paper"),
            *marks,
            "</svg>",
            "",
        ]
    )


def text(x: float, y: float, words: str, css_class: str = "", anchor: str = "start") -> str:
    """A line of text.

    :param y: of the base line
    :param anchor: which end of the text is at `x`: start, middle or end
    """
    return f'<text x="{_number(x)}" y="{_number(y)}" class="{css_class}" text-anchor="{anchor}">{escape(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float, css_class: str) -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}" '
        f'class="{css_class}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, css_class: str) -> str:
    """A straight line."""
    return f'<line x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}" class="{css_class}"/>'


def polyline(points: Iterable[tuple[float, float]], css_class: str) -> str:
    """A line through points."""
    places = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<polyline points="{places}" class="{css_class}"/>'


def circle(x: float, y: float, radius: float, css_class: str) -> str:
    """A filled circle."""
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" class="{css_class}"/>'


def _number(value: float) -> str:
    """At most one decimal: finer than a reader sees, and the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")
