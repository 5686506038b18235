"""The findings as a page: reports/audit/coverage.html, the sources coloured line by line. It needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from audit.coverage.findings import KINDS, Finding, tally
from audit.sources import source_hash

_TEMPLATE = Path(__file__).with_name("page.html")


def write_page(path: Path, sources: dict[str, bytes], findings: list[Finding]) -> None:
    """Writes the page.

    :param sources: each file's content by its path
    """
    by_file = {name: list(group) for name, group in groupby(findings, key=lambda finding: finding.name.file)}
    page = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        source_hash=source_hash(),
        index="\n".join(_index_row(name, by_file[name]) for name in sources),
        total=_index_row("All", findings),
        gaps=_gaps(findings),
        files="\n".join(_file(name, content.decode(), by_file[name]) for name, content in sources.items()),
    )
    path.write_text(page, encoding="utf-8")


def _index_row(name: str, findings: list[Finding]) -> str:
    counts = tally(findings)
    label = f'<a href="#{_anchor(name)}">{escape(name.removeprefix("contracts/"))}</a>' if "/" in name else name
    cells = "".join(_bar(counts[kind]) for kind in KINDS.values())
    return f'<tr><th scope="row">{label}</th>{cells}</tr>'


def _bar(counts: dict[str, int]) -> str:
    total = counts.get("total", 0)
    if not total:
        return "<td>-</td>"
    merged, explained = counts["merged"], counts["explained"]
    words = f"{merged} of {total} reached, {explained} explained"
    chains = f"anvil {counts['anvil']} · in process {counts['in_process']}"
    return (
        f'<td><div class="bar" role="img" aria-label="{words}">'
        f'<i class="hit" style="width:{100 * merged / total:.2f}%"></i>'
        f'<i class="explained" style="width:{100 * explained / total:.2f}%"></i></div>'
        f"<b>{merged}/{total}</b> <small>{chains}</small></td>"
    )


def _gaps(findings: list[Finding]) -> str:
    rows = [
        f'<tr class="{_state([finding])}"><td><a href="#{_anchor(finding.name.file)}-{finding.line}">'
        f"{escape(finding.name.file.removeprefix('contracts/'))}:{finding.line}</a></td><td>{escape(finding.name.point)}</td>"
        f"<td><code>{escape(finding.name.code)}</code></td><td>{escape(finding.reason or 'not explained')}</td></tr>"
        for finding in findings
        if not finding.is_hit
    ]
    return "\n".join(rows) or '<tr><td colspan="4">None: everything is reached.</td></tr>'


def _file(name: str, source: str, findings: list[Finding]) -> str:
    lines = "\n".join(_lines(name, source, findings))
    return (
        f'<section id="{_anchor(name)}"><h2>{escape(name)}</h2><div class="code" tabindex="0" role="region" '
        f'aria-label="Source of {escape(name)}"><table><thead><tr><th scope="col">Line</th><th scope="col">anvil</th>'
        f'<th scope="col">in process</th><th scope="col">branches</th><th scope="col">Source</th></tr></thead><tbody>'
        f"{lines}</tbody></table></div></section>"
    )


def _lines(name: str, source: str, findings: list[Finding]) -> Iterator[str]:
    for number, text in enumerate(source.splitlines(), start=1):
        own = [finding for finding in findings if _covers(finding, number)]
        state = _state(own)
        title = "&#10;".join(escape(_words(finding)) for finding in own)
        anvil, in_process = (
            (max(finding.anvil for finding in own), max(finding.in_process for finding in own)) if own else ("", "")
        )
        branches = [finding for finding in own if finding.point.kind == "branch"]
        sides = f"{sum(finding.is_hit for finding in branches)}/{len(branches)}" if branches else ""
        attributes = f' class="{state}" title="{title}"' if own else ""
        yield (
            f'<tr id="{_anchor(name)}-{number}"{attributes}><td>{number}</td><td>{anvil}</td><td>{in_process}</td>'
            f"<td>{sides}</td><td>{escape(text)}</td></tr>"
        )


def _covers(finding: Finding, line: int) -> bool:
    """Whether a line shows a finding: each line of a statement, and the first one of anything larger."""
    return finding.line <= line <= (finding.last_line if finding.point.kind == "statement" else finding.line)


def _state(findings: list[Finding]) -> str:
    if not findings:
        return ""
    if any(finding.is_gap for finding in findings):
        return "missed"
    return "hit" if all(finding.is_hit for finding in findings) else "explained"


def _words(finding: Finding) -> str:
    counts = f"anvil {finding.anvil} times, in process in {finding.in_process} contracts"
    return f"{finding.name.point}: {finding.reason or counts}"


def _anchor(name: str) -> str:
    return name.replace("/", "-").replace(".", "-")
