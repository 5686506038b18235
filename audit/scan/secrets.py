"""Secrets in anything that was ever committed: every version of every file, by detectors of known forms of keys.

Detectors of disorder are off: addresses, hashes and bytecode are all disorder. What they would see of ours, a private
key of 32 bytes, is looked for by its neighbourhood.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audit.scan.findings import ROOT, TOOLS, Finding, Outcome, UnavailableError, Words, run

_OFF = ("HexHighEntropyString", "Base64HighEntropyString", "KeywordDetector", "IPPublicDetector", "BasicAuthDetector")
_PRIVATE_KEY = re.compile(rb"(?i)(?:private|secret|signing)[ _-]?key\W{1,12}(?:0x)?([0-9a-f]{64})\b")
_URL_WITH_PASSWORD = re.compile(rb"[a-z+]{3,20}://[^/\s:@{}$\"']+:([^/\s:@{}$\"']+)@")


def secrets(repository: Path = ROOT) -> Outcome:
    """What looks like one.

    :raises UnavailableError: if git or the detectors cannot be run, or the clone is a shallow one
    """
    if run(["git", "rev-parse", "--is-shallow-repository"], folder=repository).strip() == "true":
        raise UnavailableError("the clone is shallow: its history is not here")
    findings, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, str] = {}
        for blob, path, content in _versions(repository):
            count += 1
            names[blob] = path
            Path(folder, blob).write_bytes(content)
            for pattern, kind in ((_PRIVATE_KEY, "private key"), (_URL_WITH_PASSWORD, "password in a URL")):
                findings += [
                    Finding(f"{kind} {path} {found[1].decode()[:12]}", f"{path}, blob {blob[:12]}: {kind}")
                    for found in pattern.finditer(content)
                ]
        words: Words = [TOOLS / "detect-secrets", "-C", folder, "scan", "--all-files", "--no-verify"]
        shown = json.loads(run([*words, *(word for name in _OFF for word in ("--disable-plugin", name))]))
    for blob, several in shown["results"].items():
        findings += [
            Finding(
                f"{one['type']} {names[blob]}", f"{names[blob]}:{one['line_number']}, blob {blob[:12]}: {one['type']}"
            )
            for one in several
        ]
    return Outcome(f"{count:,} versions of files", sorted(set(findings)))


def _versions(repository: Path) -> Iterator[tuple[str, str, bytes]]:
    """Each blob of the history, with a path that it had."""
    paths = dict(
        line.split(" ", 1)
        for line in run(["git", "rev-list", "--objects", "HEAD"], folder=repository).splitlines()
        if " " in line
    )
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # they are pipes
        for blob, path in paths.items():
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            _, kind, size = process.stdout.readline().split()
            content = process.stdout.read(int(size) + 1)[:-1]
            if kind == b"blob":
                yield blob, path, content
