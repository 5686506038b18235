"""The coverage tool, on a contract of its own: exactly the points that a course reaches, on both EVMs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyrevm
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from audit.coverage.anvil_evm import OPTIONS, AnvilChain, AnvilEVM
from audit.coverage.build import CODE_SIZE_LIMIT, Build, CodeId, assemble, compile_contracts
from audit.coverage.executed import Executed, Jump
from audit.coverage.findings import ExplanationError, Finding, Name, find, read_explanations, tally
from audit.coverage.page import write_page
from audit.coverage.points import points_of
from audit.coverage.probes import executed, instrument, reached
from audit.coverage.report import write_report
from audit.coverage.traces import add_trace
from registries.anvil import anvil
from tests.deployment import STRANGER

PATH = "tests/audit/coverage_example.sol"
SOURCE = Path(__file__).with_name("coverage_example.sol").read_bytes()
CODE_ID = CodeId("Example", creation=True)

Call = tuple[str, int] | tuple[str, int, int]
"""A function's name and its arguments."""

Course = Callable[[int, list[Call]], Executed]
"""Deploys with an argument, makes calls, and gives what was executed."""


class Case(NamedTuple):
    """A course, and what it does not reach of a function."""

    start: int
    calls: list[Call]
    function: str
    missed: set[str]


@pytest.fixture(scope="module")
def build() -> Build:
    return compile_contracts(["Example"], {PATH: {"content": SOURCE.decode()}})


@pytest.fixture(scope="module", params=["in process", "anvil"])
def course(request: pytest.FixtureRequest, build: Build) -> Iterator[Course]:
    if request.param == "in process":
        yield lambda start, calls: _course_in_process(build, start, calls)
        return
    with anvil(*OPTIONS) as rpc_url:
        yield lambda start, calls: _course_on_anvil(AnvilChain(rpc_url, build), build, start, calls)


def _course_in_process(build: Build, start: int, calls: list[Call]) -> Executed:
    instrumented = instrument(build)
    cfg = pyrevm.CfgEnv(limit_contract_code_size=CODE_SIZE_LIMIT)
    raw = pyrevm.EVM(env=pyrevm.Env(cfg=cfg), spec_id="CANCUN")
    _drive(raw, instrumented.creation_codes["Example"], start, calls)
    return executed(build, instrumented.probes, dict.fromkeys(reached(raw.db_accounts), 1))


def _course_on_anvil(chain: AnvilChain, build: Build, start: int, calls: list[Call]) -> Executed:
    env = pyrevm.Env(block=pyrevm.BlockEnv(timestamp=1_900_000_000))
    _drive(AnvilEVM(chain, env=env), build.codes[CODE_ID].object, start, calls)
    return chain.executed


def _drive(evm: Any, code: bytes, start: int, calls: list[Call]) -> None:
    address = evm.deploy(STRANGER, code + encode(["uint256"], [start]))
    for name, *arguments in calls:
        types = ["uint256"] * len(arguments)
        data = keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, arguments)
        # A call may revert: what it reached before counts.
        with contextlib.suppress(RuntimeError):
            evm.message_call(STRANGER, address, calldata=data, value=None, gas=None, is_static=False)


def _found(build: Build, result: Executed, explanations: dict[Name, str] | None = None) -> list[Finding]:
    return find(build, {PATH: SOURCE}, result, Executed(), explanations or {})


def _names(findings: list[Finding], function: str, *, hit: bool) -> set[str]:
    return {
        finding.name.point
        for finding in findings
        if finding.name.function.endswith(f".{function}") and finding.is_hit is hit
    }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(0, [], "constructor", {"if: false", "expression"}), id="constructor, one side"),
        pytest.param(Case(7, [], "constructor", {"if: true", "expression"}), id="constructor, other side"),
        pytest.param(
            Case(1, [("choose", 3)], "choose", {"if: true", "expression", "?: true"}), id="if without else, not taken"
        ),
        pytest.param(Case(1, [("choose", 9)], "choose", {"if: false", "?: true"}), id="if without else, taken"),
        pytest.param(Case(1, [("choose", 1), ("choose", 9)], "choose", set()), id="all of a function"),
        pytest.param(Case(1, [("choose", 3)], "below", {"if: true", "revert"}), id="modifier, passed"),
        pytest.param(Case(1, [("choose", 100)], "below", {"if: false"}), id="modifier, refused"),
        pytest.param(
            Case(
                1,
                [("choose", 100)],
                "choose",
                {"if", "if: true", "if: false", "expression", "return", "?: true", "?: false"},
            ),
            id="body behind a modifier that refuses",
        ),
        pytest.param(Case(1, [("count", 0)], "count", {"loop: entered", "expression"}), id="loop without a round"),
        pytest.param(Case(1, [("count", 2)], "count", set()), id="loop with rounds"),
        pytest.param(
            Case(1, [("count", 0)], "next", {"function", "return"}), id="internal library function, not called"
        ),
        pytest.param(Case(1, [("count", 1)], "next", set()), id="internal library function, called"),
        pytest.param(
            Case(
                1,
                [("both", 0, 1)],
                "both",
                {"loop: entered", "expression", "&&: right side asked", "||: right side asked"},
            ),
            id="left sides decide",
        ),
        pytest.param(
            Case(1, [("both", 1, 0)], "both", {"loop: entered", "expression", "&&: left decides", "||: left decides"}),
            id="right sides asked",
        ),
        pytest.param(Case(1, [("both", 1, 1), ("both", 1, 0)], "both", set()), id="both sides of everything"),
        pytest.param(Case(1, [("ask", 3)], "ask", {"return", "try: catch"}), id="try succeeds"),
        pytest.param(Case(1, [("ask", 100)], "ask", {"return", "try: success"}), id="try fails"),
    ],
)
def test_points__given_a_course__are_missed_exactly(course: Course, build: Build, case: Case) -> None:
    findings = _found(build, course(case.start, case.calls))
    assert _names(findings, case.function, hit=False) == case.missed


def test_points__of_a_file__are_counted_by_kind(build: Build) -> None:
    counts = {kind: row["total"] for kind, row in tally(_found(build, Executed())).items()}
    assert counts == {"statements": 20, "branches": 18, "functions": 7}


@pytest.mark.parametrize("call", ["require(x > 1)", "assert(x > 1)"])
def test_points__when_a_file_has_what_cannot_be_told__are_refused(call: str) -> None:
    source = f"pragma solidity 0.8.37; contract A {{ function f(uint256 x) public pure {{ {call}; }} }}"
    tree = compile_contracts(["A"], {"A.sol": {"content": source}}).trees["A.sol"]
    with pytest.raises(ValueError, match=call.partition("(")[0]):
        points_of("A.sol", tree)


def test_assembly__without_probes__is_the_plain_build(build: Build) -> None:
    assert assemble(build.assemblies) == {"Example": build.codes[CODE_ID].object}


def test_trace__when_a_call_returns__goes_on_in_its_caller() -> None:
    caller, callee = CodeId("Caller", creation=False), CodeId("Callee", creation=False)
    address = f"0x{0xCA11EE:040x}"
    steps = [
        {"depth": 1, "pc": 0, "op": "STATICCALL", "stack": ["0x0", address, "0xffff"]},
        {"depth": 2, "pc": 0, "op": "JUMPI"},
        {"depth": 2, "pc": 7, "op": "JUMPI"},
        {"depth": 1, "pc": 1, "op": "JUMPI"},
        {"depth": 1, "pc": 2, "op": "STOP"},
    ]
    result = Executed()
    add_trace(result, steps, caller, {address: callee}.get)
    assert result.instructions == {caller: {0: 1, 1: 1, 2: 1}, callee: {0: 1, 7: 1}}
    assert result.jumps == {caller: {Jump(1, taken=False): 1}, callee: {Jump(0, taken=True): 1}}


def test_executed__to_another_process_and_back__is_the_same(build: Build) -> None:
    result = _course_in_process(build, 1, [("count", 2)])
    copy = Executed.from_json(result.to_json())
    assert (copy.instructions, copy.jumps) == (result.instructions, result.jumps)


def test_explanation__of_a_point_that_is_missed__is_its_reason(build: Build) -> None:
    missed = _found(build, Executed())[0]
    findings = _found(build, Executed(), {missed.name: "nobody calls it"})
    assert [finding.name for finding in findings if finding.reason == "nobody calls it"] == [missed.name]
    assert not findings[0].is_gap
    assert findings[1].is_gap


def test_explanation__of_a_point_that_is_reached__is_stale(build: Build) -> None:
    result = _course_in_process(build, 1, [("count", 0)])
    name = next(finding.name for finding in _found(build, result) if finding.is_hit)
    with pytest.raises(ExplanationError, match="nothing to explain"):
        _found(build, result, {name: "no test reaches it"})


def test_explanations__in_the_project__each_have_a_reason() -> None:
    assert all(reason.strip() for reason in read_explanations().values())


def test_reports__given_findings__say_what_is_missed(build: Build, tmp_path: Path) -> None:
    findings = _found(build, _course_in_process(build, 1, [("choose", 1), ("choose", 9), ("count", 2)]))
    write_report(tmp_path / "coverage.json", findings)
    write_page(tmp_path / "coverage.html", {PATH: SOURCE}, findings)
    report = json.loads((tmp_path / "coverage.json").read_text())
    assert report["files"][PATH] == report["total"] == tally(findings)
    assert {gap["function"] for gap in report["gaps"]} == {
        f"Example.{name}" for name in ("below", "constructor", "both", "ask")
    }
    page = (tmp_path / "coverage.html").read_text()
    line = 1 + SOURCE.decode().splitlines().index("        if (x >= limit) revert TooLarge(x);")
    assert f'-{line}" class="missed"' in page
    line = 1 + SOURCE.decode().splitlines().index("            total = Steps.next(total);")
    assert f'-{line}" class="hit"' in page
