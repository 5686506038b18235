"""The whole test suite, run once; what became of each test, for the dossier: `python -m audit.suite`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from audit.sources import REPORTS, ROOT, source_hash

FINDINGS = REPORTS / "tests.json"
_OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def outcomes(junit: str) -> dict[str, dict[str, list[str]]]:
    """What became of each test: by module and by name, the outcomes for all its parameters.

    :param junit: pytest's report in JUnit's XML
    """
    found: dict[str, dict[str, list[str]]] = {}
    for case in ET.fromstring(junit).iter("testcase"):  # noqa: S314 (our own pytest wrote it a moment ago)
        module = case.attrib["classname"].removesuffix(".TestCase")
        name = case.attrib["name"].partition("[")[0]
        outcome = next((_OUTCOMES[child.tag] for child in case if child.tag in _OUTCOMES), "passed")
        found.setdefault(module, {}).setdefault(name, []).append(outcome)
    return found


def findings(found: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """Counts by folder of tests, and every attack test by itself."""
    folders: dict[str, Counter[str]] = {}
    attacks: dict[str, dict[str, str]] = {}
    for module, tests in sorted(found.items()):
        folder = module.split(".")[1]
        for name, results in sorted(tests.items()):
            folders.setdefault(folder, Counter()).update(results)
            if folder == "attack":
                worst = next((one for one in ("failed", "skipped") if one in results), "passed")
                attacks.setdefault(module.split(".")[2], {})[name] = worst
    return {
        "source_hash": source_hash(),
        "folders": {folder: dict(sorted(counts.items())) for folder, counts in sorted(folders.items())},
        "attacks": attacks,
    }


def main() -> int:
    """Runs pytest on all cores; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal", f"--junitxml={report}"]
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        found = outcomes(report.read_text(encoding="utf-8"))
    REPORTS.mkdir(parents=True, exist_ok=True)
    FINDINGS.write_text(json.dumps(findings(found), indent=1) + "\n", encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
