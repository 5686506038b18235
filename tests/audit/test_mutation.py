"""The mutation tester itself: what its operators plant, how it judges, and what its gate lets through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.mutation import equivalents, report
from audit.mutation.cache import Cache, basis
from audit.mutation.campaign import Campaign, judge_all
from audit.mutation.compiler import Compiler
from audit.mutation.equivalents import Description
from audit.mutation.gate import problems
from audit.mutation.generation import Generation
from audit.mutation.mutant import Change, Mutant
from audit.mutation.own_operators import DESCRIPTIONS, OPERATORS, own_mutants
from audit.mutation.selection import Hints, Killers, near_tests
from audit.mutation.slither_operators import MUTATORS, slither_mutants
from audit.mutation.syntax import siblings
from audit.mutation.verdict import Outcome, Verdict
from audit.sources import ROOT

FILE = "contracts/Vault.sol"
VAULT = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Vault {
    event Paid(address indexed from, address indexed to, uint256 amount);

    struct Account {
        uint64 paid;
        uint64 taken;
    }

    uint256 public constant LIMIT = 7;
    mapping(address owner => Account account) private _accounts;

    modifier guarded() {
        _;
    }

    function pay(address to, uint256 amount) external guarded {
        _checkLimit(amount);
        if (amount == 0 || to == address(0)) revert();
        _accounts[to].paid += uint64(amount);
        emit Paid(msg.sender, to, amount);
    }

    function _checkLimit(uint256 amount) private pure {
        require(amount <= LIMIT);
    }
}
"""


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    with Compiler() as compiler:
        yield compiler


@pytest.fixture(scope="module")
def own(compiler: Compiler) -> list[Mutant]:
    """All mutants of our operators in the vault."""
    asts = compiler.asts({FILE: VAULT})
    return own_mutants(FILE, asts[FILE], VAULT.encode(), siblings(asts.values()))


def _changes(mutants: list[Mutant], operator: str) -> list[Change]:
    return [mutant.change(VAULT.encode()) for mutant in mutants if mutant.operator == operator]


# OPERATORS


@pytest.mark.parametrize(
    ("operator", "original", "mutated"),
    [
        ("EVD", "emit Paid(msg.sender, to, amount);", ""),
        ("EVS", "emit Paid(msg.sender, to, amount);", "emit Paid(to, msg.sender, amount);"),
        (
            "ACM",
            "function pay(address to, uint256 amount) external guarded {",
            "function pay(address to, uint256 amount) external {",
        ),
        ("ACC", "_checkLimit(amount);", ""),
        ("CFO", "if (amount == 0 || to == address(0)) revert();", "if (false) revert();"),
        ("CDR", "if (amount == 0 || to == address(0)) revert();", "if ((amount == 0)) revert();"),
        ("CDR", "if (amount == 0 || to == address(0)) revert();", "if ((to == address(0))) revert();"),
        ("LBO", "require(amount <= LIMIT);", "require(amount < LIMIT);"),
        ("LNU", "uint256 public constant LIMIT = 7;", "uint256 public constant LIMIT = (7 + 1);"),
        ("LNU", "uint256 public constant LIMIT = 7;", "uint256 public constant LIMIT = (7 - 1);"),
        ("KEY", "_accounts[to].paid += uint64(amount);", "_accounts[msg.sender].paid += uint64(amount);"),
        ("MEM", "_accounts[to].paid += uint64(amount);", "_accounts[to].taken += uint64(amount);"),
        (
            "OPR",
            "if (amount == 0 || to == address(0)) revert();",
            "if (amount == 0 && to == address(0)) revert();",
        ),
        ("DEL", "_accounts[to].paid += uint64(amount);", ""),
    ],
)
def test_own_mutants__of_a_small_contract__have_the_fault(
    own: list[Mutant], operator: str, original: str, mutated: str
) -> None:
    assert Change(original, mutated) in _changes(own, operator)


def test_own_mutants__of_a_small_contract__are_no_others_of_these_operators(own: list[Mutant]) -> None:
    counts = {operator: len(_changes(own, operator)) for operator in ("EVD", "EVS", "ACM", "ACC", "MEM", "KEY")}

    assert counts == {"EVD": 1, "EVS": 1, "ACM": 1, "ACC": 1, "MEM": 1, "KEY": 1}


def test_own_operators__each__is_described() -> None:
    assert OPERATORS.keys() == DESCRIPTIONS.keys()
    assert not OPERATORS.keys() & MUTATORS.keys()


def test_slither_mutants__of_a_small_contract__are_of_its_operators(compiler: Compiler, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / FILE).write_text(VAULT, encoding="utf-8")

    mutants, crashes = slither_mutants(compiler.asts({FILE: VAULT}), [FILE], tmp_path)

    assert crashes == []
    assert {mutant.function for mutant in mutants} == {"", "pay", "_checkLimit", "guarded"}
    assert Change("_checkLimit(amount);", "revert();") in _changes(mutants, "RR")
    assert Change("_accounts[to].paid += uint64(amount);", "_accounts[to].paid -= uint64(amount);") in _changes(
        mutants, "ASOR"
    )
    header = "function _checkLimit(uint256 amount) private pure {"
    assert Change(header, header.replace("pure", "view")) in _changes(mutants, "FHR")


def test_id__when_anything_about_a_mutant_changes__is_another() -> None:
    mutant = Mutant(FILE, "LBO", "pay", 10, 12, "<")
    others = [
        Mutant("contracts/Other.sol", "LBO", "pay", 10, 12, "<"),
        Mutant(FILE, "ROR", "pay", 10, 12, "<"),
        Mutant(FILE, "LBO", "pay", 11, 12, "<"),
        Mutant(FILE, "LBO", "pay", 10, 12, ">"),
    ]

    assert len({mutant.id, *(other.id for other in others)}) == 5
    assert mutant.id == Mutant(FILE, "LBO", "pay", 10, 12, "<").id


# ORDER OF THE TESTS


def test_near_tests__given_former_killers__come_before_named_ones_and_the_modules() -> None:
    mutant = Mutant("contracts/ReputationRegistry.sol", "DEL", "giveFeedback", 0, 1, "")
    module = "tests/unit/test_reputation_feedback.py"
    tests = [
        f"{module}::test_other__given_x__y",
        f"{module}::test_give_feedback__given_x__y[1]",
        f"{module}::test_give_feedback__given_x__y[2]",
        "tests/unit/test_tags.py::test_killer",
        "tests/unit/test_identity_uri.py::test_far",
    ]

    ordered = near_tests(tests, mutant, Hints((tests[3],), ("tests/unit/test_gone.py::test_gone",)))

    assert ordered == [tests[3], tests[1], tests[0], tests[2]]
    assert near_tests(tests, mutant, Hints((), ()), once=True) == [tests[1], tests[0], tests[3]]


def test_killers__given_kills__name_the_most_successful_first() -> None:
    killers = Killers()
    for test in ("rare", "often", "often"):
        killers.add(FILE, "pay", test)

    assert killers.hints(Mutant(FILE, "DEL", "pay", 0, 1, "")) == Hints(("often", "rare"), ("often", "rare"))
    assert killers.hints(Mutant(FILE, "DEL", "take", 0, 1, "")) == Hints((), ("often", "rare"))


# JUDGING

MATH = "contracts/libraries/DecimalMath.sol"


def _planted(original: str, replacement: str) -> Mutant:
    source = (ROOT / MATH).read_bytes()
    start = source.index(original.encode())
    return Mutant(MATH, "TEST", "average", start, start + len(original.encode()), replacement)


def test_judge_all__given_a_fault_a_no_op_an_error_and_a_loop__tells_them_apart() -> None:
    expected = {
        _planted("quotient /= 10;", "quotient /= 100;"): Outcome.KILLED,
        _planted("valueDecimals = decimals;", "valueDecimals = decimals + 0;"): Outcome.SURVIVED,
        _planted("valueDecimals = decimals;", "valueDecimals = decimals; // as it was"): Outcome.SAME_CODE,
        _planted("valueDecimals = decimals;", "valueDecimals = nowhere;"): Outcome.INVALID,
        _planted("quotient /= 10;", ""): Outcome.TIMEOUT,
    }
    listed = {mutant.id for mutant in expected}
    tests = ("tests/property/test_libraries.py",)

    found = dict(judge_all(expected, Campaign({MATH: (ROOT / MATH).read_bytes()}, listed, Killers(), 1, tests)))

    assert {mutant: verdict.outcome for mutant, verdict in found.items()} == expected
    killers = [verdict.test.partition("[")[0] for verdict in found.values() if verdict.outcome is Outcome.KILLED]
    assert len(killers) == 1
    assert killers[0].startswith("tests/property/test_libraries.py::test_average__")


# THE GATE

MUTANT = Mutant(FILE, "LBO", "_checkLimit", VAULT.index("<="), VAULT.index("<=") + 2, "<")
GENERATION = Generation([MUTANT], {FILE: VAULT.encode()}, [])
DESCRIBED = Description(FILE, "_checkLimit", "LBO", "require(amount <= LIMIT);", "require(amount < LIMIT);")


@pytest.mark.parametrize("outcome", [Outcome.KILLED, Outcome.TIMEOUT, Outcome.INVALID, Outcome.SAME_CODE])
def test_gate__given_no_survivor__passes(outcome: Outcome) -> None:
    assert problems(GENERATION, {MUTANT.id: Verdict(outcome)}, {}, whole=True) == []


def test_gate__given_a_survivor__fails() -> None:
    found = problems(GENERATION, {MUTANT.id: Verdict(Outcome.SURVIVED)}, {}, whole=True)

    assert found == [f"survived: {FILE}:27 LBO _checkLimit: require(amount <= LIMIT); -> require(amount < LIMIT);"]


def test_gate__given_a_listed_survivor__passes() -> None:
    verdicts = {MUTANT.id: Verdict(Outcome.SURVIVED)}

    assert problems(GENERATION, verdicts, {DESCRIBED: "a reason"}, whole=True) == []


def test_gate__given_a_listed_mutant_that_is_killed__fails() -> None:
    verdicts = {MUTANT.id: Verdict(Outcome.KILLED, "a test")}

    found = problems(GENERATION, verdicts, {DESCRIBED: "a reason"}, whole=True)

    assert found == [f"listed as equivalent, but it does not survive: {DESCRIBED}"]


@pytest.mark.parametrize("field", ["file", "function", "operator", "original", "mutated"])
def test_gate__given_a_listed_mutant_that_is_gone__fails_if_all_were_judged(field: str) -> None:
    gone = DESCRIBED._replace(**{field: "gone"})
    verdicts = {MUTANT.id: Verdict(Outcome.KILLED, "a test")}

    found = problems(GENERATION, verdicts, {gone: "a reason"}, whole=True)

    assert found == [f"listed as equivalent, but there is no such mutant: {gone}"]
    assert problems(GENERATION, verdicts, {gone: "a reason"}, whole=False) == []


def test_read__given_a_mutant_listed_twice__refuses(tmp_path: Path) -> None:
    group = {"file": FILE, "function": "pay", "original": "a;", "reason": "r", "mutants": [["DEL", ""], ["DEL", ""]]}
    (tmp_path / "list.json").write_text(json.dumps([group]), encoding="utf-8")

    with pytest.raises(equivalents.AmbiguousError, match="listed twice"):
        equivalents.read(tmp_path / "list.json")


def test_equivalents__as_committed__have_reasons() -> None:
    assert all(len(reason) > 20 for reason in equivalents.read().values())


# REPORT AND CACHE


def test_report__given_verdicts__counts_each_once_and_goes_stale() -> None:
    verdicts = {MUTANT.id: Verdict(Outcome.KILLED, "a test")}

    built = report.build(GENERATION, verdicts, {}, report.Effort(60, 2))

    row = {"generated": 1, "invalid": 0, "killed": 1, "timeout": 0, "equivalent": 0, "survived": 0}
    assert built["files"] == {FILE: {"LBO": row}}
    assert built["killed"] == {FILE: {"_checkLimit": {"a test": [f"LBO 27 {MUTANT.id}"]}}}
    assert built["score"] == 1
    assert report.staleness(built, GENERATION) == []
    assert len(report.staleness(built, GENERATION._replace(mutants=[]))) == 1


def test_cache__given_a_verdict__knows_it_again(tmp_path: Path) -> None:
    Cache(tmp_path).add(MUTANT.id, Verdict(Outcome.KILLED, "a test"), 1.5)

    again = Cache(tmp_path)

    assert again.fresh() == {MUTANT.id: Verdict(Outcome.KILLED, "a test")}
    assert again.seconds == {MUTANT.id: 1.5}


@pytest.mark.parametrize(
    ("outcome", "killer", "changed", "holds"),
    [
        (Outcome.INVALID, "", "tests/evm.py", True),
        (Outcome.SAME_CODE, "", "tests/evm.py", True),
        (Outcome.KILLED, "tests/unit/test_a.py::test_it", "tests/unit/test_b.py", True),
        (Outcome.KILLED, "tests/unit/test_a.py::test_it", "tests/unit/test_a.py", False),
        (Outcome.TIMEOUT, "tests/unit/test_a.py::test_it", "tests/evm.py", False),
        (Outcome.KILLED, "tests/unit/test_b.py::test_it", "tests/evm.py", True),
        (Outcome.KILLED, "tests/unit/test_b.py::test_it", "tests/unit/conftest.py", False),
        (Outcome.SURVIVED, "", "tests/unit/test_b.py", False),
    ],
)
def test_basis__when_a_test_changes__changes_if_the_verdict_rests_on_it(
    tmp_path: Path, outcome: Outcome, killer: str, changed: str, *, holds: bool
) -> None:
    for name in ("tests/evm.py", "tests/unit/conftest.py", "tests/unit/test_a.py", "tests/unit/test_b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("from tests.evm import EVM" if name.endswith("test_a.py") else "before")
    verdict = Verdict(outcome, killer)
    before = basis(verdict, tmp_path)

    (tmp_path / changed).write_text("after")

    assert (basis(verdict, tmp_path) == before) is holds
