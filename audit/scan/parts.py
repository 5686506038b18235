"""What the project is made of: licences of all packages, and bills of materials in CycloneDX."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import Any

from audit.scan.advisories import LOCKS
from audit.scan.findings import REPORTS, ROOT, TOOLS, Finding, Outcome, Words, run

# Those that allow what this project does with its dependencies, which it does not ship.
_FREE = re.compile(
    r"(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public|Public Domain|CC0|Unlicense|0BSD|LGPL"
    r"|CNRI|Zlib|BlueOak|Python-2\.0|CC-BY|WTFPL|HPND)",
    re.IGNORECASE,
)
_BINDING = re.compile(r"\b(A?GPL|GNU (Affero )?General)", re.IGNORECASE)

Licence = tuple[str, str, str, str]
"""Ecosystem, package, version, licence."""


def licences() -> Outcome:
    """Those that are unknown, or bind who links to them; all of them go to licences.csv.

    :raises UnavailableError: if a tool cannot be run
    """
    every = sorted({*_python_licences(), *_npm_licences()})
    REPORTS.mkdir(parents=True, exist_ok=True)
    with (REPORTS / "licences.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("ecosystem", "package", "version", "licence"), *every])
    findings = [
        Finding(f"{name} {licence}", f"{ecosystem} {name} {version}: {licence}")
        for ecosystem, name, version, licence in every
        if not is_free(licence)
    ]
    return Outcome(f"{len(every)} packages", findings)


def is_free(licence: str) -> bool:
    """Whether a licence asks nothing of who only depends on a package."""
    # Of several, one may be chosen; or all count.
    if " OR " in licence:
        return any(is_free(one) for one in licence.split(" OR "))
    return _FREE.search(licence) is not None and _BINDING.search(licence) is None


def _python_licences() -> Iterator[Licence]:
    words: Words = [TOOLS / "pip-licenses", "--python", ROOT / ".venv" / "bin" / "python", "--format", "json"]
    for one in json.loads(run(words, may_find=False)):
        yield "pypi", one["Name"], one["Version"], one["License"]


def _npm_licences() -> Iterator[Licence]:
    for path in sorted((ROOT / "node_modules").glob("**/package.json")):
        about = json.loads(path.read_text(encoding="utf-8"))
        folder = path.parent.parent
        # Others are parts of packages, not packages.
        if (folder.parent if folder.name.startswith("@") else folder).name == "node_modules":
            found = about.get("license", "UNKNOWN")
            yield (
                "npm",
                about.get("name", path.parent.name),
                about["version"],
                found["type"] if isinstance(found, dict) else found,
            )


def materials() -> Outcome:
    """Bills of materials of what the lock files name, the same for the same lock files.

    :raises UnavailableError: if a tool cannot be run
    """
    REPORTS.mkdir(parents=True, exist_ok=True)
    count = 0
    for lock in LOCKS:
        words: Words = [TOOLS / "cyclonedx-py", "requirements", ROOT / lock, "--output-reproducible", "--of", "JSON"]
        count += _write(lock.removesuffix(".lock"), json.loads(run(words, may_find=False)))
    npm = json.loads(run(["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], may_find=False))
    # By itself, npm calls it what the folder is called.
    npm["metadata"]["component"]["name"] = npm["metadata"]["component"]["bom-ref"].partition("@")[0]
    count += _write("npm", npm)
    return Outcome(f"{count} components", [])


def _write(name: str, bill: dict[str, Any]) -> int:
    # A number and a time that each run makes anew.
    bill.pop("serialNumber", None)
    bill.get("metadata", {}).pop("timestamp", None)
    (REPORTS / f"bom.{name}.cdx.json").write_text(
        json.dumps(_without_places(bill), indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return len(bill["components"])


def _without_places(found: Any) -> Any:
    """Where a package was found is no part of it: its URL and the lock file's hashes tell which it is."""
    if isinstance(found, dict):
        return {name: _without_places(one) for name, one in found.items() if name != "externalReferences"}
    return [_without_places(one) for one in found] if isinstance(found, list) else found
