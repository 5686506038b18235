"""The dossier as one self-contained page, and as JSON: nothing in it is written by hand, all of it is evidence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"


def render(evidence: dict[str, Any]) -> str:
    """The page.

    :raises jinja2.UndefinedError: if the evidence lacks anything that the page shows
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "share": share, "prose": _prose, "duration": _duration}
    return environment.get_template("index.html.j2").render(evidence)


def share(part: int, whole: int) -> str:
    """A share in per cent that says 100 only when nothing is missing."""
    if whole in {0, part}:
        return "100 %"
    return f"{int(part * 1000 / whole) / 10:.1f} %"


def _number(value: float) -> str:
    return f"{value:,}"


def _prose(text: str) -> Markup:
    """A sentence of ours with its code in backticks."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))).replace("&lt;br&gt;", Markup("<br>"))  # noqa: S704 (escaped)


def _duration(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"
