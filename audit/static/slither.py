"""Slither's findings, all of them: every detector, every severity, those that comments in the source hide included.

Slither's own path filter drops a finding as soon as one part of it lies in a filtered path, and so hides what goes
wrong between our contracts and a library's. Here a finding is left out only if no part of it is in scope.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Container
from typing import Any

from audit.sources import ROOT, scope
from audit.static.findings import AnalyserError, Anchor, Finding

TIMEOUT = 600.0
"""Seconds."""

# Slither points into files as "(contracts/X.sol#12-14)".
_POINTER = re.compile(r"\s*\([^()\s]+#\d+(?:-\d+)?\)")

Json = dict[str, Any]


def run_slither() -> list[Finding]:
    """The findings in the contracts in scope.

    :raises AnalyserError: if slither cannot be run or did not finish
    """
    return parse(slither_json("."), {path.relative_to(ROOT).as_posix() for path in scope()})


def slither_json(*target: str) -> Json:
    """What slither says of a folder or file, in its own words.

    :raises AnalyserError: if slither cannot be run
    """
    # Without a config file: what is left out would be left out unseen.
    command = ["slither", *target, "--config-file", "", "--show-ignored-findings", "--fail-none", "--json", "-"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=TIMEOUT)
        output: Json = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        raise AnalyserError(f"slither ended with exit status {error.returncode}: {error.stderr[-2000:]}") from error
    except (OSError, subprocess.SubprocessError, json.JSONDecodeError) as error:
        raise AnalyserError(f"slither cannot be run: {error}") from error
    return output


def parse(output: Json, paths: Container[str]) -> list[Finding]:
    """The findings of slither's JSON that touch one of these files, sorted.

    :raises AnalyserError: if slither says that it failed
    """
    if not output["success"]:
        raise AnalyserError(f"slither failed: {output['error']}")
    findings = []
    for result in output["results"].get("detectors", []):
        elements = [part for part in result["elements"] if part["source_mapping"]["filename_relative"] in paths]
        if elements or not result["elements"]:
            findings.append(_finding(result, elements))
    return sorted(findings)


def _finding(result: Json, elements: list[Json]) -> Finding:
    return Finding(
        rule=result["check"],
        place=_place(elements[0]) if elements else "project",
        text=" ".join(_POINTER.sub("", result["description"]).split()),
        severity=result["impact"],
        anchors=tuple(_anchor(element["source_mapping"]) for element in elements),
    )


def _anchor(mapping: Json) -> Anchor:
    return Anchor(mapping["filename_relative"], min(mapping["lines"]))


def _place(element: Json) -> str:
    """Contract.function(types).variable, as far down as the element is; the file of what is outside of a contract."""
    fields = element.get("type_specific_fields", {})
    parent = fields.get("parent")
    if element["type"] == "contract":
        return str(element["name"])
    if parent is None or element["type"] == "pragma":
        return str(element["source_mapping"]["filename_relative"])
    if element["type"] == "node":
        return _place(parent)
    return f"{_place(parent)}.{fields.get('signature', element['name'])}"
