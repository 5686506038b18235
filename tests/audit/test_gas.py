"""The gas report judges correctly: bounds worked out by hand, ceilings, differences, and committed files that agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pandas as pd
import pytest

from audit.gas.bar_chart import bar_chart
from audit.gas.bounds import lower_bounds
from audit.gas.budget import KEY, BudgetError, compare, over_ceiling, read_budget, read_reference
from audit.gas.cost import Cost, Log
from audit.gas.difference import DifferenceError, as_markdown, committed_report, differences
from audit.gas.forced import DEPLOYMENTS, TRANSACTIONS, VIEWS
from audit.gas.growth import GAS_LIMIT, SIZES, fits_until
from audit.gas.line_chart import line_chart
from audit.gas.lower_bound import BoundError, Forced, bound_of_deployment, bound_of_transaction
from audit.gas.workload import NEW_TAG_ON_TOP, TOGETHER, Measurement
from audit.sources import REPORTS as FINDINGS
from audit.sources import ROOT, source_hash

REPORTS = ROOT / "reports"
REGISTER = bytes.fromhex("1aa3a008")
REGISTER_LOGS = (Log("Transfer", 4, 0), Log("Registered", 3, 64), Log("MetadataSet", 3, 192))


def read_csv(path: Path) -> pd.DataFrame:
    """A committed report, with the figures of the reference as the whole numbers they are."""
    return pd.read_csv(path).astype({"reference": "Int64", "reference_direct": "Int64"})


def keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(table[KEY].itertuples(index=False, name=None))


def report(gas: dict[str, int]) -> pd.DataFrame:
    """A report of one function, by scenario."""
    return pd.DataFrame([{"function": "f", "scenario": scenario, "gas": figure} for scenario, figure in gas.items()])


def registration(gas: int = 80_094, *, logs: tuple[Log, ...] = REGISTER_LOGS) -> Measurement:
    return Measurement("transaction", "register()", "account's first agent", Cost(gas, REGISTER, logs))


# ---------------------------------------------------------------------------------------------------- LOWER BOUNDS


def test_bound__of_registering__is_what_is_worked_out_by_hand() -> None:
    transaction = 21_000 + 4 * 16
    storage = 2 * 22_100 + 5_000  # owner and balance are new, the counter changes
    guard = 100 + 100 + 100
    logs = (375 + 4 * 375) + (375 + 3 * 375 + 64 * 8) + (375 + 3 * 375 + 192 * 8)

    bounds = lower_bounds([registration()])

    assert list(bounds["bound"]) == [transaction + storage + guard + logs] == [77_487]


def test_bound__of_clearing_an_approval__has_the_refund() -> None:
    """approve(0, 2): the owner is read, the approval is cleared, one log of four topics; 4 + 1 bytes are not zero."""
    calldata = bytes.fromhex("095ea7b3") + bytes(63) + b"\x02"
    used = 21_000 + 5 * 16 + 63 * 4 + 2_100 + 5_000 + 300 + 5 * 375
    measurement = Measurement(
        "transaction", "approve", "owner clears the approval", Cost(26_583, calldata, (Log("Approval", 4, 0),))
    )

    assert list(lower_bounds([measurement])["bound"]) == [used - 4_800] == [25_807]


def test_bound__when_much_is_cleared__refunds_at_most_a_fifth() -> None:
    forced = Forced(clears=("one", "two", "three"), guarded=False)

    bound = bound_of_transaction(Cost(0), forced)

    assert bound.refund == -((21_000 + 3 * 5_000) // 5)


def test_bound__when_there_is_more_calldata_than_work__is_the_floor() -> None:
    """EIP-7623: ten gas a token, four tokens a byte that is not zero, and one that is."""
    bound = bound_of_transaction(Cost(0, b"\x01" * 1_000 + b"\x00" * 50), Forced())

    assert bound.gas == 21_000 + (4 * 1_000 + 50) * 10


def test_bound__of_a_deployment__counts_code_words_and_slots() -> None:
    bound = bound_of_deployment(
        Cost(0, b"\x01" * 33, code_size=7), Forced(creates=("admin",), cold_accounts=1, guarded=False)
    )

    assert bound.gas == 21_000 + 32_000 + 33 * 16 + 2 * 2 + 7 * 200 + 22_100 + 2_600


def test_bound__given_other_logs__raises() -> None:
    with pytest.raises(
        BoundError, match=r"the logs are \('Transfer',\), but \('Transfer', 'Registered', 'MetadataSet'\)"
    ):
        lower_bounds([registration(logs=REGISTER_LOGS[:1])])


def test_bound__above_what_was_measured__raises() -> None:
    assert lower_bounds([registration(77_487)])["bound"].item() == 77_487
    with pytest.raises(BoundError, match=r"account's first agent\) costs 77,486 gas, below .* 77,487"):
        lower_bounds([registration(77_486)])


def test_bound__for_an_unknown_scenario__raises() -> None:
    with pytest.raises(BoundError, match=r"register\(\) \(at noon\) is measured, but nothing says what is forced"):
        lower_bounds([registration()._replace(scenario="at noon")])


def test_forced__has_an_entry_for_every_scenario__and_for_no_other() -> None:
    kinds = {"transaction": TRANSACTIONS, "view": VIEWS, "deployment": DEPLOYMENTS}
    listed = {(kind, *key) for kind, table in kinds.items() for key in table}
    worked_out = {("deployment", "deployment", TOGETHER), ("transaction", "giveFeedback", NEW_TAG_ON_TOP)}
    budget = read_budget(REPORTS / "gas-budget.json")

    assert listed | worked_out == set(budget[["kind", *KEY]].itertuples(index=False, name=None))


# -------------------------------------------------------------------------------------------- BUDGET AND REFERENCE


def compared(measured: list[Measurement], budget: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    bounds = pd.DataFrame([{"function": m.function, "scenario": m.scenario, "bound": 77_487} for m in measured])
    return compare(measured, bounds, budget, reference)


def budget_of(ceiling: int) -> pd.DataFrame:
    row = {"kind": "transaction", "function": "register()", "scenario": "account's first agent", "ceiling": ceiling}
    return pd.DataFrame([row])


REFERENCE = pd.DataFrame(
    [
        {
            "function": "register()",
            "scenario": "account's first agent",
            "reference": 106_883.0,
            "reference_direct": 102_117.0,
        }
    ]
)


def test_ceiling__when_it_is_exceeded_by_one__is_told() -> None:
    at_it = compared([registration(80_000)], budget_of(80_000), REFERENCE)
    over_it = compared([registration(80_001)], budget_of(80_000), REFERENCE)

    assert over_ceiling(at_it) == []
    assert over_ceiling(over_it) == ["register() (account's first agent): 80,001 gas, at most 80,000"]


def test_compare__has_the_distances_to_everything() -> None:
    row = compared([registration()], budget_of(81_500), REFERENCE).to_dict("records")[0]

    assert (row["gas"], row["ceiling"], row["left"]) == (80_094, 81_500, 1_406)
    assert (row["reference"], row["reference_direct"], row["of_reference"]) == (106_883, 102_117, 0.75)
    assert (row["bound"], row["of_bound"]) == (77_487, 1.034)


@pytest.mark.parametrize(
    ("table", "problem"),
    [("budget", "ceilings and measurements differ"), ("reference", "the reference's figures are held against nothing")],
)
def test_compare__given_a_name_that_nothing_measures__raises(table: str, problem: str) -> None:
    frames = {"budget": budget_of(81_500), "reference": REFERENCE}
    extra = frames[table].assign(scenario="at noon")
    frames[table] = pd.concat([frames[table], extra], ignore_index=True)

    with pytest.raises(BudgetError, match=rf"{problem}: register\(\) \(at noon\)"):
        compared([registration()], **frames)


def test_compare__given_a_measurement_without_ceiling__raises() -> None:
    with pytest.raises(BudgetError, match=r"register\(\) \(at noon\)"):
        compared([registration(), registration()._replace(scenario="at noon")], budget_of(81_500), REFERENCE)


def test_reference__of_a_scenario__is_the_sum_of_what_names_it() -> None:
    """The reference's identity registry is a proxy, an implementation and an upgrade."""
    table = read_reference(REPORTS / "gas-reference.json")
    identity = table[table["scenario"] == "identity registry"]
    first = table[(table["function"] == "register()") & (table["scenario"] == "account's first agent")]

    assert list(identity["reference"]) == [168_624 + 3_208_633 + 140_387]
    assert list(identity["reference_direct"].notna()) == [False]
    assert list(first["reference_direct"]) == [102_117]


# ------------------------------------------------------------------------------------------------ COMMITTED REPORTS


def test_report__as_committed__has_the_budget_row_by_row() -> None:
    budget, table = read_budget(REPORTS / "gas-budget.json"), read_csv(REPORTS / "gas.csv")

    pd.testing.assert_frame_equal(table[list(budget.columns)], budget)
    assert over_ceiling(table) == []


def test_report__as_committed__is_held_against_every_figure_of_the_reference() -> None:
    reference, table = read_reference(REPORTS / "gas-reference.json"), read_csv(REPORTS / "gas.csv")

    assert set(keys(reference)) == set(keys(table[table["reference"].notna()]))
    assert table["reference"].sum() == reference["reference"].sum()


def test_report__as_committed__has_every_write_within_a_tenth_of_its_bound() -> None:
    table = read_csv(REPORTS / "gas.csv")
    writes = table[table["kind"] != "view"]

    assert (table["gas"] >= table["bound"]).all()
    assert (writes["gas"] <= 1.10 * writes["bound"]).all()


def test_chart__as_committed__is_that_of_the_committed_figures() -> None:
    table, committed = read_csv(REPORTS / "gas.csv"), (REPORTS / "gas.svg").read_text(encoding="utf-8")

    assert bar_chart(table) == committed
    expat.ParserCreate().Parse(committed, True)  # raises unless it is well-formed
    for row in table.to_dict("records"):
        assert f">{row['function']}: {row['scenario']}</text>" in committed
        assert f">{row['gas']:,}</text>" in committed


def test_growth__as_committed__is_that_of_the_sources() -> None:
    """Measuring takes minutes, so that CI checks of which sources it is; `make gas-growth` makes it anew."""
    findings: dict[str, Any] = json.loads((FINDINGS / "gas-growth.json").read_text(encoding="utf-8"))
    samples = pd.read_csv(REPORTS / "gas-growth.csv")

    assert findings["source_hash"] == source_hash(), "run `make gas-growth`"
    assert findings["samples"] == samples.to_dict("records")
    assert line_chart(samples) == (REPORTS / "gas-growth.svg").read_text(encoding="utf-8")
    assert (samples.groupby(["axis", "call"])["size"].agg(tuple) == SIZES).all()


# ---------------------------------------------------------------------------------------------------- DIFFERENCES


def test_differences__between_two_reports__are_what_changed_appeared_and_went() -> None:
    old, new = report({"same": 5, "dearer": 1_000, "gone": 7}), report({"added": 9, "dearer": 1_001, "same": 5})

    changes = differences(old, new)

    assert list(changes["scenario"]) == ["added", "dearer", "gone"]
    assert as_markdown(changes, "main").splitlines()[2:] == [
        "Against `main`: 0 lower, 1 higher, 2 added or removed.",
        "",
        "| Call | Scenario | Old | New | Change | % |",
        "|---|---|---:|---:|---:|---:|",
        "| `f` | added | - | 9 | - | - |",
        "| `f` | dearer | 1,000 | 1,001 | +1 | +0.10 |",
        "| `f` | gone | 7 | - | - | - |",
    ]


def test_differences__between_equal_reports__are_none() -> None:
    changes = differences(report({"same": 5}), report({"same": 5}))

    assert changes.empty
    assert as_markdown(changes, "main") == "### Gas\n\nNo figure differs from those of `main`.\n"


def test_committed_report__of_an_unknown_revision__raises() -> None:
    with pytest.raises(DifferenceError, match=r"no reports/gas\.csv at 'no-such-revision'"):
        committed_report("no-such-revision", Path("reports/gas.csv"))


# --------------------------------------------------------------------------------------------------------- GROWTH


def samples_of(gas: Any) -> pd.DataFrame:
    return pd.DataFrame([{"size": size, "gas": int(gas(size))} for size in SIZES])


@pytest.mark.parametrize(
    ("gas", "until"),
    [
        (lambda _: 30_000, None),
        (lambda size: GAS_LIMIT * size // SIZES[-1], None),
        (lambda size: 21_000 + 7_250 * size, 4_100),
        (lambda size: 21_000 + 1_000 * size + 2 * size**2, 3_600),
        (lambda size: 21_000 + 8_000 * size - size**2 // 10, 3_900),
    ],
)
def test_fits_until__for_a_call_that_grows__is_where_it_crosses_the_limit(gas: Any, until: int | None) -> None:
    assert fits_until(samples_of(gas)) == until
