"""The judge of the endurance run: what agents were, from logs alone."""

from __future__ import annotations

import random
from itertools import islice

from benchmarks.endurance.judging import _GIVEN, _REVOKED, _TRANSFER, Truth
from benchmarks.endurance.malice import malices
from registries.abis import ABIS
from registry_api.abi import topic_of

FIRST, SECOND = "0x" + "11" * 20, "0x" + "22" * 20


def log(topic: str, block: int, *topics: str) -> dict[str, object]:
    return {"topics": [topic, *topics], "blockNumber": hex(block)}


def word(value: int | str) -> str:
    return f"0x{int(str(value), 0):064x}"


LOGS = [
    log(_TRANSFER, 5, word(0), word(FIRST), word(1)),
    log(_GIVEN, 6, word(1), word(SECOND)),
    log(_GIVEN, 6, word(1), word(SECOND)),
    log(_GIVEN, 7, word(2), word(SECOND)),
    log(_REVOKED, 8, word(1), word(SECOND)),
    log(_TRANSFER, 9, word(FIRST), word(SECOND), word(1)),
    log("0x" + "00" * 32, 9, word(1)),
]


def test_truth__at_each_block__is_what_the_logs_until_then_say() -> None:
    truth = Truth(LOGS)
    assert [truth.of(1, block) for block in range(4, 10)] == [
        (None, 0, 0),
        (FIRST, 0, 0),
        (FIRST, 2, 0),
        (FIRST, 2, 0),
        (FIRST, 2, 1),
        (SECOND, 2, 1),
    ]


def test_truth__knows_the_registries_events() -> None:
    known = {f"0x{topic_of(abi).hex()}" for abis in ABIS.values() for abi in abis if abi["type"] == "event"}
    assert {_TRANSFER, _GIVEN, _REVOKED} <= known


def test_malices__are_of_many_kinds() -> None:
    names = [one.name for one in islice(malices(random.Random(1)), 200)]
    assert len(set(names)) > 35
