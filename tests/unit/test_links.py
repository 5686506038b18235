"""Links between our documents lead somewhere, to the very section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.layout import PROJECT

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "reports/**/*.md", "examples/**/*.md", "operations/**/*.md")
    for path in PROJECT.glob(pattern)
)


def anchors(path: Path) -> set[str]:
    """Of all headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links__in_a_document__lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        to = (document.parent / name).resolve() if name else document
        assert to.exists(), target
        if anchor and to.suffix == ".md":
            assert anchor in anchors(to), target


def test_links__to_nowhere__are_found_out(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text("# One thing\n[there](#one-thing)", encoding="utf-8")
    test_links__in_a_document__lead_somewhere(document)
    for target in ("#another-thing", "other.md", "document.md#none"):
        document.write_text(f"# One thing\n[nowhere]({target})", encoding="utf-8")
        with pytest.raises(AssertionError):
            test_links__in_a_document__lead_somewhere(document)
