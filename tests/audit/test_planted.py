"""The planted bugs: each is in the sources as they are, and in the documents as it was caught.

Not in tests/unit/, whose tests have to notice the bugs by what the contracts do.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.planted.bugs import BUGS, Bug, StaleBugError
from audit.planted.checks import BrokenCheckError, Check
from audit.planted.report import DOCUMENT, REPORT, document

by_name = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


@by_name
def test_bug__in_the_sources_as_they_are__changes_one_place(bug: Bug) -> None:
    planted = bug.plant()

    assert bug.new in planted
    assert bug.old not in planted or bug.old in bug.new


def test_bugs__all_together__are_ten_or_more_of_different_names() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 10


@pytest.mark.parametrize("times", [0, 2])
def test_bug__when_its_text_is_not_there_once__is_stale(tmp_path: Path, times: int) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "A.sol").write_text("x = 1;" * times)
    with pytest.raises(StaleBugError, match=f"A.sol has its old text {times} times instead of once"):
        Bug("name", "what", "A.sol", "place", "x = 1;", "x = 2;").plant(tmp_path)


@by_name
def test_report__of_each_bug__says_what_caught_it(bug: Bug) -> None:
    reported = {one["name"]: one for one in json.loads(REPORT.read_text(encoding="utf-8"))["bugs"]}

    assert reported[bug.name]["check"]
    assert reported[bug.name]["what"] == bug.what
    assert (reported[bug.name]["file"], reported[bug.name]["place"]) == (f"contracts/{bug.file}", bug.place)


def test_document__beside_the_report__is_made_of_it() -> None:
    findings = json.loads(REPORT.read_text(encoding="utf-8"))

    assert DOCUMENT.read_text(encoding="utf-8") == document(findings)
    assert [bug["name"] for bug in findings["bugs"]] == [bug.name for bug in BUGS]


# CHECKS


def _check(script: str) -> Check:
    return Check("a check", ("bash", "-c", script))


def test_check__when_it_passes__has_no_witness(tmp_path: Path) -> None:
    assert _check("echo FAILED tests/x.py::test_y; exit 0").run(tmp_path) is None


@pytest.mark.parametrize(
    ("line", "witness"),
    [
        ("FAILED tests/a/test_b.py::test_c__d[e f] - AssertionError", "tests/a/test_b.py::test_c__d"),
        ("ERROR tests/a/test_b.py::test_c - RuntimeError", "tests/a/test_b.py::test_c"),
        ("Error: over the ceiling: register()", "over the ceiling: register()"),
    ],
)
def test_check__when_it_fails__names_what_noticed(tmp_path: Path, line: str, witness: str) -> None:
    assert _check(f"echo; echo '{line}'; echo more; exit 1").run(tmp_path) == witness


@pytest.mark.parametrize("script", ["exit 2", "exit 1", "echo ERROR tests/a/test_b.py - ImportError; exit 1"])
def test_check__when_it_ends_otherwise__is_broken(tmp_path: Path, script: str) -> None:
    with pytest.raises(BrokenCheckError, match="a check ended with"):
        _check(script).run(tmp_path)
