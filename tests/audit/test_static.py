"""The gate of the static analysis, on what slither says of a small contract, and semgrep of the rules' own code."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from audit.sources import ROOT, scope
from audit.static import semgrep
from audit.static.__main__ import ANALYSERS
from audit.static.findings import AnalyserError, Anchor, Finding
from audit.static.report import Tool, write_reports
from audit.static.semgrep import check_rules, place_of
from audit.static.slither import parse, slither_json
from audit.static.triage import Explanation, TriageError, judge, read_comments, read_triage

VAULT = "tests/audit/Vault.sol"
REENTRANCY = ("reentrancy-eth", "Vault.withdraw()")


@pytest.fixture(scope="module")
def slithers_output() -> dict[str, Any]:
    return slither_json(VAULT, "--solc", "tools/solcx/solc-v0.8.37")


@pytest.fixture
def output(slithers_output: dict[str, Any]) -> dict[str, Any]:
    """One that a test may change."""
    return copy.deepcopy(slithers_output)


@pytest.fixture
def findings(output: dict[str, Any]) -> list[Finding]:
    return parse(output, {VAULT})


@pytest.fixture
def explanations(findings: list[Finding]) -> list[Explanation]:
    """One for each finding."""
    return [Explanation(finding.rule, finding.place, 1, "A reason.") for finding in findings]


def write_triage(folder: Path, **entry: Any) -> Path:
    path = folder / "triage.json"
    path.write_text(json.dumps({"slither": [entry]}), encoding="utf-8")
    return path


def write_source(folder: Path, *lines: str) -> Path:
    path = folder / "Vault.sol"
    path.write_text("\n".join([*lines, "    owner = msg.sender;"]), encoding="utf-8")
    return path


# FINDINGS


def test_parse__of_slithers_output__has_every_severity_and_no_line_in_the_text(findings: list[Finding]) -> None:
    assert {finding.severity for finding in findings} >= {"High", "Low", "Informational", "Optimization"}
    assert REENTRANCY in {(finding.rule, finding.place) for finding in findings}
    assert all("#" not in finding.text for finding in findings)


def test_parse__given_a_finding_partly_out_of_scope__keeps_it(output: dict[str, Any]) -> None:
    finding = next(part for part in output["results"]["detectors"] if part["check"] == "reentrancy-eth")
    finding["elements"][0]["source_mapping"]["filename_relative"] = "node_modules/Library.sol"

    assert "reentrancy-eth" in {found.rule for found in parse(output, {VAULT})}
    assert parse(output, {"contracts/Other.sol"}) == []


def test_parse__given_a_failed_run__is_refused(output: dict[str, Any]) -> None:
    with pytest.raises(AnalyserError, match="slither failed: no compiler"):
        parse({**output, "success": False, "error": "no compiler"}, {VAULT})


# THE GATE


def test_judge__given_all_explained__passes(findings: list[Finding], explanations: list[Explanation]) -> None:
    verdict = judge(findings, explanations)

    assert verdict.problems == []
    assert [finding for finding, _ in verdict.findings] == findings


def test_judge__given_each_finding_unexplained__names_it(
    findings: list[Finding], explanations: list[Explanation]
) -> None:
    for missing in explanations:
        verdict = judge(findings, [explanation for explanation in explanations if explanation != missing])

        assert len(verdict.problems) == 1
        assert verdict.problems[0].startswith("neither mended nor explained")
        assert f"{missing.rule} at {missing.place} ({VAULT}:" in verdict.problems[0]


def test_judge__given_a_stale_entry__names_it(findings: list[Finding], explanations: list[Explanation]) -> None:
    stale = Explanation("tx-origin", "Vault.deposit()", 1, "It was there once.")

    assert judge(findings, [*explanations, stale]).problems == [
        "external explanation of tx-origin at Vault.deposit() is for 1 findings and there are 0: It was there once."
    ]


def test_judge__given_an_entry_for_a_contract__counts_its_findings() -> None:
    findings = [Finding("cast", f"Vault.{name}", "", "Low", (Anchor(VAULT, 1),)) for name in ("a()", "b()")]

    assert judge(findings, [Explanation("cast", "Vault", 2, "Bounded.")]).problems == []
    for count in (1, 3):
        assert f"is for {count} findings and there are 2" in judge(
            findings, [Explanation("cast", "Vault", count, "Bounded.")]
        ).problems[0]  # fmt: skip


def test_judge__given_a_place_that_only_begins_alike__does_not_cover_it() -> None:
    finding = Finding("cast", "VaultOfOthers.a()", "", "Low", ())

    assert not Explanation("cast", "Vault", 1, "Bounded.").covers(finding)


def test_judge__given_two_explanations_of_one_finding__names_it(
    findings: list[Finding], explanations: list[Explanation]
) -> None:
    whole = Explanation(REENTRANCY[0], "Vault", 1, "Another reason.")

    problems = judge(findings, [*explanations, whole]).problems

    assert len(problems) == 1
    assert problems[0].startswith("explained more than once: High reentrancy-eth")


# THE TRIAGE FILE


def test_read_triage__given_an_entry__is_an_explanation(tmp_path: Path) -> None:
    path = write_triage(tmp_path, rule="cast", place="Vault", count=2, reason="Bounded.")

    assert read_triage("slither", path) == [Explanation("cast", "Vault", 2, "Bounded.")]


@pytest.mark.parametrize(
    ("entry", "match"),
    [
        ({"rule": "cast", "place": "Vault", "count": 1, "reason": " "}, "without a reason: cast at Vault"),
        ({"rule": "cast", "place": "Vault", "count": 1}, "a rule, a place, a count and a reason"),
        ({"rule": "cast", "place": "Vault", "count": 0, "reason": "None."}, "at least one finding: cast at Vault"),
    ],
    ids=["blank reason", "no reason", "for nothing"],
)
def test_read_triage__given_a_faulty_entry__is_refused(tmp_path: Path, entry: dict[str, Any], match: str) -> None:
    with pytest.raises(TriageError, match=match):
        read_triage("slither", write_triage(tmp_path, **entry))


def test_triage_file__of_the_project__has_entries_for_each_analyser() -> None:
    assert all(read_triage(name) for name in ANALYSERS)


# COMMENTS


def test_read_comments__given_a_reason_above__explains_a_finding_of_the_next_line(tmp_path: Path) -> None:
    path = write_source(
        tmp_path, "    // The owner", "    // is trusted.", "    // slither-disable-next-line events,zero"
    )

    events, zero = read_comments([path], tmp_path)

    assert (events.rule, events.kind, events.reason) == ("events", "inSource", "The owner is trusted.")
    assert zero.covers(Finding("zero", "Vault.f()", "", "Low", (Anchor("Vault.sol", 2), Anchor("Vault.sol", 4))))
    assert not zero.covers(Finding("zero", "Vault.f()", "", "Low", (Anchor("Vault.sol", 2),)))


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (["    // slither-disable-next-line zero"], "Vault.sol:1: .* without a reason"),
        (["    // Why.", "", "    // slither-disable-next-line zero"], "Vault.sol:3: .* without a reason"),
        (["    // Why.", "    // slither-disable-next-line all"], "has to name a detector"),
        (["    // Why.", "    // slither-disable-next-line"], "has to name a detector"),
        (["    // Why.", "    // slither-disable-start zero"], "not slither-disable-start"),
        (["    // Why.", "    // slither-disable-line zero"], "not slither-disable-line"),
    ],
)
def test_read_comments__given_a_faulty_comment__is_refused(tmp_path: Path, lines: list[str], match: str) -> None:
    with pytest.raises(TriageError, match=match):
        read_comments([write_source(tmp_path, *lines)], tmp_path)


def test_read_comments__of_the_contracts__all_explain_something_in_the_committed_report() -> None:
    report = json.loads((ROOT / "reports" / "audit" / "slither.json").read_text(encoding="utf-8"))
    reasons = [found["explanation"]["reason"] for found in report["findings"]]

    assert {comment.reason for comment in read_comments(scope())} <= set(reasons)


# REPORTS


def test_reports__given_open_and_explained_findings__say_which(
    tmp_path: Path, findings: list[Finding], explanations: list[Explanation]
) -> None:
    verdict = judge(findings, explanations[1:])
    write_reports(tmp_path, Tool("slither", "0.11.6", "https://example.org"), verdict, "the hash")

    report = json.loads((tmp_path / "slither.json").read_text(encoding="utf-8"))
    assert not report["passed"]
    assert (report["open"], report["explained_in_triage_file"]) == (1, len(findings) - 1)
    assert [found["explanation"] is None for found in report["findings"]] == [True] + [False] * (len(findings) - 1)

    (run,) = json.loads((tmp_path / "slither.sarif").read_text(encoding="utf-8"))["runs"]
    assert [len(result["suppressions"]) for result in run["results"]] == [0] + [1] * (len(findings) - 1)
    assert {result["ruleId"] for result in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == VAULT


# SEMGREP


def test_rules__on_the_code_beside_them__find_the_bad_and_not_the_good() -> None:
    check_rules()


def test_rules__given_one_that_finds_what_it_should_not__are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {"id": "sender", "languages": ["solidity"], "severity": "ERROR", "message": "", "pattern": "msg.sender"}
    (tmp_path / "sender.yaml").write_text(json.dumps({"rules": [rule]}), encoding="utf-8")
    code = "contract C {\n function f() external view {\n // ok: sender\n address a = msg.sender;\n }\n}\n"
    (tmp_path / "sender.sol").write_text(code, encoding="utf-8")
    monkeypatch.setattr(semgrep, "RULES", tmp_path)

    with pytest.raises(AnalyserError, match="exit status 1"):
        check_rules()


def test_rules__each__have_code_that_they_find() -> None:
    rules = [
        line.removeprefix("  - id: ")
        for path in semgrep.RULES.glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("  - id: ")
    ]
    code = "".join(path.read_text(encoding="utf-8") for path in semgrep.RULES.glob("*.sol"))

    assert len(rules) == 18
    assert [rule for rule in rules if f"// ruleid: {rule}\n" not in code or f"// ok: {rule}\n" not in code] == []


def test_place_of__a_line_in_and_between_members__is_contract_and_member(tmp_path: Path) -> None:
    path = tmp_path / "Vault.sol"
    lines = [
        "pragma solidity 0.8.37;",
        "abstract contract Vault is Base {",
        "    uint256 public fee;",
        "    constructor() {",
        "        fee = 1;",
        "    }",
        "    uint256 private _total;",
        "    function withdraw(",
        "        uint256 amount",
        "    ) external {",
        "        _total -= amount;",
        "    }",
        "}",
        "library Other {",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")

    assert [place_of(path, line) for line in (1, 3, 5, 7, 9, 11, 14)] == [
        "Vault.sol",
        "Vault",
        "Vault.constructor",
        "Vault",
        "Vault.withdraw",
        "Vault.withdraw",
        "Other",
    ]
