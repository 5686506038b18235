"""Known weaknesses of what we depend on, as PyPI and npm's registry publish them."""

from __future__ import annotations

import json

from audit.scan.findings import ROOT, TOOLS, Finding, Outcome, UnavailableError, Words, run

LOCKS = ("requirements.lock", "requirements-proofs.lock", "requirements-analysers.lock")


def python_advisories() -> Outcome:
    """Of the Python packages in all lock files.

    :raises UnavailableError: if PyPI does not say what it knows, as a mirror without its JSON does not
    """
    audited, findings = 0, []
    for lock in LOCKS:
        words: Words = [TOOLS / "pip-audit", "--disable-pip", "--require-hashes", "--requirement", ROOT / lock]
        found = json.loads(run([*words, "--format", "json", "--progress-spinner", "off"]) or '{"dependencies": []}')
        known = [one for one in found["dependencies"] if "skip_reason" not in one]
        audited += len(known)
        for one in known:
            for weakness in one["vulns"]:
                words_of = (
                    f"{one['name']} {one['version']} ({lock}): {weakness['id']}, mended in {weakness['fix_versions']}"
                )
                findings.append(Finding(f"{one['name']} {weakness['id']}", words_of))
    if not audited:
        raise UnavailableError("PyPI's advisories do not answer here")
    return Outcome(f"{audited} packages of {len(LOCKS)} lock files", findings)


def npm_advisories() -> Outcome:
    """Of the Node packages in package-lock.json.

    :raises UnavailableError: if the registry does not say what it knows, as a mirror does not
    """
    shown = json.loads(run(["npm", "audit", "--json"]) or "{}")
    if "vulnerabilities" not in shown:
        raise UnavailableError("npm's advisories do not answer here")
    findings = []
    for name, one in shown["vulnerabilities"].items():
        of = sorted({via["url"].rsplit("/", 1)[-1] for via in one["via"] if isinstance(via, dict)})
        findings += [Finding(f"{name} {weakness}", f"{name} {one['range']}: {weakness}") for weakness in of]
    return Outcome(f"{shown['metadata']['dependencies']['total']} packages", findings)
