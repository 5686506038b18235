"""Semgrep with the project's own rules: what every registry has to keep to, whoever changes it.

Each rule in rules/ has a Solidity file of good and bad code beside it, on which `semgrep --test` tries it.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from audit.sources import ROOT, scope
from audit.static.findings import AnalyserError, Anchor, Finding

RULES = Path(__file__).with_name("rules")
SEMGREP = ROOT / ".venv-analysers" / "bin" / "semgrep"
TIMEOUT = 300.0
"""Seconds."""

_QUIET = ["--metrics", "off", "--disable-version-check"]

_CONTRACT = re.compile(r"^(?:abstract )?(?:contract|interface|library) (\w+)")
_MEMBER = re.compile(r"^ {4}(?:function |modifier |event |(?=constructor\b))(\w+)")

Json = dict[str, Any]


def run_semgrep() -> list[Finding]:
    """The findings in the contracts in scope.

    :raises AnalyserError: if semgrep cannot be run, or could not read a rule or a file
    """
    files = [path.relative_to(ROOT).as_posix() for path in scope()]
    # `nosem` comments are not heard: what is left as it is stands in the triage file.
    output = json.loads(_semgrep("scan", "--json", "--disable-nosem", "--config", str(RULES), *files))
    if output["errors"]:
        raise AnalyserError(f"semgrep did not read everything: {output['errors'][0]['message']}")
    if unread := set(files) - set(output["paths"]["scanned"]):
        raise AnalyserError(f"semgrep did not scan {', '.join(sorted(unread))}")
    return parse(output, ROOT)


def check_rules() -> None:
    """Tries the rules on the good and bad code beside them.

    :raises AnalyserError: if a rule finds what it should not, or does not find what it should
    """
    _semgrep("scan", "--test", "--config", str(RULES), str(RULES))


def semgrep_version() -> str:
    """The installed one's."""
    return _semgrep("--version").strip()


def parse(output: Json, root: Path) -> list[Finding]:
    """The findings of semgrep's JSON, sorted."""
    return sorted(_finding(result, root) for result in output["results"])


def _finding(result: Json, root: Path) -> Finding:
    path, line = result["path"], result["start"]["line"]
    return Finding(
        # The path of the rule's file stands before its name.
        rule=result["check_id"].rpartition(".")[2],
        place=place_of(root / path, line),
        text=" ".join(result["extra"]["message"].split()),
        severity=result["extra"]["severity"],
        anchors=(Anchor(path, line),),
    )


def place_of(path: Path, line: int) -> str:
    """The contract and its member that a line is in, by the indentation that `forge fmt` gives them."""
    contract = member = ""
    for text in path.read_text(encoding="utf-8").splitlines()[:line]:
        if found := _CONTRACT.match(text):
            contract, member = found[1], ""
        elif found := _MEMBER.match(text):
            member = found[1]
        elif text == "    }":
            member = ""
    return ".".join(filter(None, [contract or path.name, member]))


def _semgrep(*arguments: str) -> str:
    quiet = [] if arguments == ("--version",) else _QUIET
    try:
        return subprocess.run(
            [SEMGREP, *arguments, *quiet], cwd=ROOT, capture_output=True, text=True, check=True, timeout=TIMEOUT
        ).stdout
    except subprocess.CalledProcessError as error:
        output = f"{error.stdout[-2000:]}{error.stderr[-2000:]}"
        raise AnalyserError(f"semgrep ended with exit status {error.returncode}: {output}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise AnalyserError(f"semgrep cannot be run: {error}") from error
