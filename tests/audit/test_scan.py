"""The scans find what is there to be found."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audit.scan import advisories
from audit.scan.advisories import npm_advisories, python_advisories
from audit.scan.findings import UnavailableError
from audit.scan.parts import is_free
from audit.scan.secrets import secrets

# Put together, so that no scan takes this file for a place of secrets.
AWS = "AKIA" + "IOSFODNN7EXAMPLX"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n"
ETHEREUM = "private_" + "key = '0x" + "4c" * 32 + "'"
URL = "postgresql" + "://registry:hunter2@db.example/registry"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose secrets were removed again."""
    git(tmp_path, "init", "--quiet")
    for number, secret in enumerate((AWS, PEM, ETHEREUM, URL)):
        Path(tmp_path, f"file{number}.txt").write_text(f"one\n{secret}\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "in")
    git(tmp_path, "rm", "--quiet", "-r", ".")
    Path(tmp_path, "clean.txt").write_text("0x" + "ab" * 32, encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "out")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    """A command, as somebody."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def test_secrets__that_were_removed_again__are_found(repository: Path) -> None:
    found = {finding.key for finding in secrets(repository).findings}
    assert found == {
        "AWS Access Key file0.txt",
        "Private Key file1.txt",
        "private key file2.txt 4c4c4c4c4c4c",
        "password in a URL file3.txt hunter2",
    }


def test_secrets__in_a_shallow_clone__cannot_be_looked_for(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(clone))
    with pytest.raises(UnavailableError, match="shallow"):
        secrets(clone)


@pytest.mark.parametrize("licence", ["MIT", "BSD License", "MIT OR GPL-3.0", "LGPL-3.0-only", "Apache-2.0 AND MIT"])
def test_licence__that_binds_nobody__is_free(licence: str) -> None:
    assert is_free(licence)


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "GNU General Public License v3", "UNKNOWN", "MIT AND GPL-2.0"])
def test_licence__that_binds_or_is_unknown__is_not_free(licence: str) -> None:
    assert not is_free(licence)


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """The tools show this, in the form of pip-audit 2.9 and npm 11."""
    monkeypatch.setattr(advisories, "run", lambda *_, **__: json.dumps(answer))


def test_python_advisories__given_a_weak_package__names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    weakness = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
    answering(monkeypatch, {"dependencies": [{"name": "weak", "version": "1.0", "vulns": [weakness]}]})
    assert {finding.key for finding in python_advisories().findings} == {"weak PYSEC-1"}


def test_python_advisories__that_do_not_answer__are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"dependencies": [{"name": "any", "skip_reason": "not found on PyPI"}]})
    with pytest.raises(UnavailableError):
        python_advisories()


def test_npm_advisories__given_a_weak_package__names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {"range": "<2", "via": [{"url": "https://github.com/advisories/GHSA-1"}, "another"]}
    answering(monkeypatch, {"vulnerabilities": {"weak": weak}, "metadata": {"dependencies": {"total": 1}}})
    assert [finding.key for finding in npm_advisories().findings] == ["weak GHSA-1"]


def test_npm_advisories__that_do_not_answer__are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"message": "405 Method Not Allowed"})
    with pytest.raises(UnavailableError):
        npm_advisories()
