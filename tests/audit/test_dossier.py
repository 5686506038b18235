"""The dossier: what ran, what became of the attacks, and that no figure is about other sources or rounded up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.dossier import evidence, steps, tools
from audit.dossier.evidence import StaleEvidenceError
from audit.dossier.page import share
from audit.dossier.steps import STEPS, Outcome, Step, passed, run
from audit.dossier.threats import HEADER, THREAT_MODEL, threats
from audit.markdown import tables
from audit.proofs import proofs_hash
from audit.sources import ROOT, source_hash
from audit.suite import findings, outcomes

JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite>
<testcase classname="tests.attack.test_v01_events" name="test_attack__on_registry__fails[a]" />
<testcase classname="tests.attack.test_v01_events" name="test_attack__on_registry__fails[b]"><failure /></testcase>
<testcase classname="tests.attack.test_v01_events" name="test_attack__on_weak_registry__succeeds" />
<testcase classname="tests.unit.test_tags" name="test_tag"><skipped /></testcase>
<testcase classname="tests.unit.test_tags" name="test_broken_fixture"><error /></testcase>
<testcase classname="tests.stateful.test_machine.TestRegistries" name="runTest" />
</testsuite></testsuites>"""


def test_findings__of_a_run__count_by_folder_and_name_each_attack() -> None:
    found = findings(outcomes(JUNIT))

    assert found["folders"] == {
        "attack": {"failed": 1, "passed": 2},
        "stateful": {"passed": 1},
        "unit": {"failed": 1, "skipped": 1},
    }
    assert found["attacks"] == {
        "test_v01_events": {
            "test_attack__on_registry__fails": "failed",
            "test_attack__on_weak_registry__succeeds": "passed",
        }
    }


def all_passed() -> dict[str, dict[str, str]]:
    """The outcomes of a run in which every attack test of the threat model passed."""
    found: dict[str, dict[str, str]] = {}
    for threat in tables(THREAT_MODEL.read_text(encoding="utf-8"))[HEADER]:
        module = threat[3].partition("[`")[2].partition(".py`]")[0]
        names = [name for cell in threat[4:6] for name in cell.split("`") if name.startswith("test_")]
        found[module] = dict.fromkeys(names, "passed")
    return found


def test_threats__when_all_tests_passed__are_all_shown() -> None:
    found = threats(all_passed())

    assert [threat.id for threat in found] == [*(f"V{number}" for number in range(1, 20)), "S1", "S2", "S3"]
    assert all(threat.is_shown for threat in found)


@pytest.mark.parametrize(
    ("test", "weak_falls", "ours_holds"),
    [("test_attack__on_weak_registry__succeeds", False, True), ("test_attack__on_registry__fails", True, False)],
)
@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_threats__when_a_test_did_not_pass__are_not_shown(
    test: str, outcome: str, *, weak_falls: bool, ours_holds: bool
) -> None:
    attacks = all_passed()
    attacks["test_v06_summary_overflow"][test] = outcome

    found = {threat.id: threat for threat in threats(attacks)}

    assert (found["V6"].weak_falls, found["V6"].ours_holds) == (weak_falls, ours_holds)
    assert not found["V6"].is_shown
    assert found["V7"].is_shown


def test_threats__when_a_test_did_not_run__are_an_error() -> None:
    attacks = all_passed()
    del attacks["test_v06_summary_overflow"]["test_attack__on_registry__fails"]

    with pytest.raises(KeyError, match="test_attack__on_registry__fails"):
        threats(attacks)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, "100 %"), (3, 3, "100 %"), (9_999, 10_000, "99.9 %"), (1, 3, "33.3 %"), (0, 5, "0.0 %")],
)
def test_share__of_less_than_all__is_never_rounded_to_all(part: int, whole: int, expected: str) -> None:
    assert share(part, whole) == expected


@pytest.fixture
def record_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "RECORD", tmp_path / "run.json")
    return tmp_path / "run.json"


def test_run__when_a_step_fails__runs_the_others_and_says_so(record_file: Path) -> None:
    found = run(steps=[Step("no-such-target", "fails"), Step("help", "passes")])

    assert [outcome._replace(seconds=0) for outcome in found] == [
        Outcome("no-such-target", "fails", passed=False, seconds=0),
        Outcome("help", "passes", passed=True, seconds=0),
    ]
    assert [step["target"] for step in json.loads(record_file.read_text())["steps"]] == ["no-such-target", "help"]


def test_run__when_resumed__runs_what_has_not_passed(record_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(steps=[Step("help", "passes"), Step("no-such-target", "fails")])
    capfd.readouterr()

    run(passed(), [Step("help", "passes"), Step("no-such-target", "fails")])

    printed = capfd.readouterr().out
    assert "make no-such-target" in printed
    assert "make help" not in printed
    assert [step["passed"] for step in json.loads(record_file.read_text())["steps"]] == [True, False]


def test_passed__given_a_run_on_other_sources__is_nothing(record_file: Path) -> None:
    assert passed() == []
    run(steps=[Step("help", "passes")])
    assert [outcome.target for outcome in passed()] == ["help"]
    record_file.write_text(json.dumps({**json.loads(record_file.read_text()), "source_hash": "another"}))
    assert passed() == []


def test_steps__of_the_audit__are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert [step.target for step in STEPS if f"\n{step.target}:" not in makefile] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "tests.json is missing: run make audit"),
        ({"source_hash": "0" * 64}, f"tests.json is about sources {'0' * 16}, not {source_hash()[:16]}"),
    ],
)
def test_gather__when_findings_are_missing_or_stale__refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: dict[str, Any] | None, message: str
) -> None:
    monkeypatch.setattr(evidence, "REPORTS", tmp_path)
    if content is not None:
        (tmp_path / "tests.json").write_text(json.dumps(content))

    with pytest.raises(StaleEvidenceError, match=message):
        evidence.gather()


def test_about_these_claims__given_findings_about_others__refuses() -> None:
    assert evidence.about_these_claims({"proofs_hash": proofs_hash()}) == {"proofs_hash": proofs_hash()}
    with pytest.raises(StaleEvidenceError, match=r"^proofs\.json is about other claims"):
        evidence.about_these_claims({"proofs_hash": "0" * 64})


def test_versions__given_an_environment_that_is_not_there__leaves_its_tools_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "_ENVIRONMENTS", {".venv-of-nobody": ("halmos",)})
    found = tools.versions()
    assert "halmos" not in found
    assert found["solc"] == "0.8.37"
