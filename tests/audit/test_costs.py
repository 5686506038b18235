"""Costs: the size estimate of OP-stack chains against their own test vectors, the fee formula, the report."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from audit.costs.fastlz import compressed_size
from audit.costs.fees import Assumptions, DataFee, Network, read_assumptions
from audit.costs.report import costs, write_costs
from audit.gas.cost import Cost
from audit.gas.workload import Measurement
from audit.sources import ROOT

EMPTY_TRANSACTION = "dd80808094095e7baea6a6c7c4c2dfeb977efac326af552d878080808080"
CONTRACT_CALL = (
    "02f901550a758302df1483be21b88304743f94f8"
    "0e51afb613d764fa61751affd3313c190a86bb870151bd62fd12adb8"
    "e41ef24f3f0000000000000000000000000000000000000000000000"
    "00000000000000006e000000000000000000000000af88d065e77c8c"
    "c2239327c5edb3a432268e5831000000000000000000000000000000"
    "000000000000000000000000000003c1e50000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000a0000000"
    "00000000000000000000000000000000000000000000000000000000"
    "148c89ed219d02f1a5be012c689b4f5b731827bebe00000000000000"
    "0000000000c001a033fd89cb37c31b2cba46b6466e040c61fc9b2a36"
    "75a7f5f493ebd5ad77c497f8a07cdf65680e238392693019b4092f61"
    "0222e71b7cec06449cb922b93b6a12744e"
)
"""What the chains' own implementations are tested with, and the sizes below."""


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (b"\1" * 1000, 21),
        (bytes(1000), 21),
        (bytes.fromhex(EMPTY_TRANSACTION), 31),
        (bytes.fromhex(CONTRACT_CALL), 202),
    ],
)
def test_compressed_size__given_a_known_transaction__is_the_chains(data: bytes, size: int) -> None:
    assert compressed_size(data) == size


@pytest.mark.parametrize("length", range(0, 300, 7))
def test_compressed_size__given_noise__is_a_little_more_than_it(length: int) -> None:
    data = random.Random(length).randbytes(length)
    assert length <= compressed_size(data) <= length + length // 32 + 1


# FEES

FEE = DataFee(l1_base_fee=10**9, l1_blob_base_fee=10**7, base_fee_scalar=2, blob_base_fee_scalar=3)


def test_data_fee__given_a_transaction__is_by_the_formula() -> None:
    size = 836_500 * 202 - 42_585_600
    assert FEE.of(bytes.fromhex(CONTRACT_CALL)) == size * (16 * 2 * 10**9 + 3 * 10**7) // 10**12


def test_data_fee__given_a_small_transaction__is_that_of_a_hundred_bytes() -> None:
    """With the parameters and the result of the chains' own test."""
    assert FEE.of(bytes.fromhex(EMPTY_TRANSACTION)) == 3_203_000


def test_cost__on_each_network__is_gas_and_the_data_fee() -> None:
    signed = bytes.fromhex(CONTRACT_CALL)
    assert Network("Ethereum", 1, 2 * 10**9, None).cost(50_000, signed) == 10**14
    assert Network("Base", 8453, 10**7, FEE).cost(50_000, signed) == 50_000 * 10**7 + FEE.of(signed)


# THE REPORT


def test_report__given_measurements__has_each_transaction_and_the_deployments_together(tmp_path: Path) -> None:
    assumptions = Assumptions(2000.0, (Network("Ethereum", 1, 10**9, None), Network("Base", 8453, 10**7, FEE)))
    measured = [
        Measurement("deployment", "deployment", "one", Cost(1_000_000, b"\1\2" * 500)),
        Measurement("deployment", "deployment", "two", Cost(2_000_000, b"\3" * 1000)),
        Measurement("transaction", "register()", "first", Cost(100_000, b"\4" * 4)),
        Measurement("transaction", "giveFeedback", "worked out", Cost(40_000)),
        Measurement("view", "ownerOf", "any", Cost(2_000, b"\5" * 36)),
    ]
    frame = costs(measured, assumptions)
    assert list(frame["scenario"]) == ["one", "two", "all three", "first"]
    assert frame["ethereum_usd"].round(9).tolist() == [2.0, 4.0, 6.0, 0.2]
    assert frame["base_eth"][2] == pytest.approx(frame["base_eth"][0] + frame["base_eth"][1])
    assert all(0 < share < 1 for share in frame["base_l1_share"])

    write_costs(tmp_path, frame, assumptions)
    assert "| `register()` | first | 100,000 | 0.00010000 | 0.2000 |" in (tmp_path / "costs.md").read_text()
    assert len((tmp_path / "costs.csv").read_text().splitlines()) == 5


def test_assumptions__of_the_project__are_of_ethereum_and_base() -> None:
    assumptions = read_assumptions(ROOT / "reports" / "cost-assumptions.json")
    assert [network.chain_id for network in assumptions.networks] == [1, 8453]
    assert [network.data_fee is not None for network in assumptions.networks] == [False, True]
