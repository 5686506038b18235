"""The libraries against plain Python: packing, running totals, averages, sets and pages."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.deployment import DEPLOYER, PAGE_LIMIT, STRANGER
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts

INT128_MAX, INT128_MIN = 2**127 - 1, -(2**127)
VALUE_LIMIT = 10**38
MAX_COUNT = 2_000_000
MAX_RESPONSES = 2**24 - 1
MAX_DECIMALS = 18
UINT256_MAX = 2**256 - 1
GAS_FOR_A_THOUSAND = 5_000_000  # of it, without the optimiser

# The time of an example depends on the machine alone.
untimed = settings(deadline=None)


@pytest.fixture(scope="module")
def library() -> Contract:
    return EVM().deploy("UnitLibraryHarness", sender=DEPLOYER)


values = st.integers(-VALUE_LIMIT, VALUE_LIMIT)
decimals_allowed = st.integers(0, MAX_DECIMALS)
uint32s = st.integers(0, 2**32 - 1)


# PACKED FEEDBACK


@untimed
@given(
    value=st.integers(INT128_MIN, INT128_MAX),
    decimals=decimals_allowed,
    timestamp=uint32s,
    tag1=uint32s,
    tag2=uint32s,
)
@example(value=-1, decimals=18, timestamp=2**32 - 1, tag1=2**32 - 1, tag2=2**32 - 1)
@example(value=INT128_MIN, decimals=0, timestamp=0, tag1=0, tag2=0)
def test_pack__when_of_any_fields__unpacks_to_them(
    library: Contract, *, value: int, decimals: int, timestamp: int, tag1: int, tag2: int
) -> None:
    packed = library.pack(value, decimals, timestamp, tag1, tag2)

    assert library.unpack(packed) == (value, decimals, False, timestamp, 0, tag1, tag2)
    expected = value % 2**128 | decimals << 128 | timestamp << 136 | tag1 << 192 | tag2 << 224
    assert packed == expected


@untimed
@given(st.integers(2**32, UINT256_MAX))
def test_pack__when_time_is_over_32_bits__keeps_the_low_ones(library: Contract, timestamp: int) -> None:
    assert library.unpack(library.pack(-1, 18, timestamp, 7, 8)) == (-1, 18, False, timestamp % 2**32, 0, 7, 8)


@untimed
@given(st.integers(0, UINT256_MAX))
@example(0)
@example(UINT256_MAX)
def test_unpack__when_of_any_word__reads_each_bit_once(library: Contract, word: int) -> None:
    value, decimals, revoked, timestamp, responses, tag1, tag2 = library.unpack(word)

    again = value % 2**128 | decimals << 128 | revoked << 135 | timestamp << 136 | responses << 168
    assert again | tag1 << 192 | tag2 << 224 == word
    assert library.exists(word) is (word != 0)


@untimed
@given(st.integers(0, UINT256_MAX))
@example(0)
@example(UINT256_MAX)
def test_revoke__when_of_any_word__sets_one_bit(library: Contract, word: int) -> None:
    assert library.revoke(word) == word | 1 << 135


@untimed
@given(word=st.integers(0, UINT256_MAX), responses=st.integers(0, MAX_RESPONSES))
@example(word=UINT256_MAX, responses=MAX_RESPONSES)
@example(word=UINT256_MAX, responses=MAX_RESPONSES - 1)
@example(word=0, responses=MAX_RESPONSES)
def test_add_response__when_of_any_word__adds_one_up_to_the_maximum(
    library: Contract, word: int, responses: int
) -> None:
    rest = word & ~(MAX_RESPONSES << 168)

    added = library.addResponse(rest | responses << 168)

    assert added == rest | min(responses + 1, MAX_RESPONSES) << 168


@untimed
@given(word=st.integers(0, UINT256_MAX), mask=st.integers(0, UINT256_MAX), bit=st.integers(0, 255))
def test_matches__when_one_bit_differs__depends_on_the_mask(library: Contract, word: int, mask: int, bit: int) -> None:
    wanted = word & mask

    assert library.matches(word, mask, wanted) is True
    assert library.matches(word ^ 1 << bit, mask, wanted) is (mask >> bit & 1 == 0)
    assert library.masks() == (1 << 135, (2**32 - 1) << 192, (2**32 - 1) << 224)


# CLIENT TOTALS

# What happens to a client: a value is given, or one of the live ones (by a number, modulo how many) is revoked.
steps = st.lists(
    st.one_of(st.tuples(values, decimals_allowed), st.integers(0, 50)),
    max_size=30,
)


def _scaled(value: int, decimals: int) -> int:
    return int(Fraction(value, 10**decimals) * 10**MAX_DECIMALS)


@untimed
@given(steps)
def test_totals__given_any_history__equal_exact_integers(library: Contract, history: list[Any]) -> None:
    totals = last_index = highest = 0
    live: list[int] = []
    for step in history:
        if isinstance(step, tuple):
            value, decimals = step
            scaled = library.scale(value, decimals)
            assert scaled == _scaled(value, decimals)
            totals = library.addToTotals(totals, scaled, decimals)
            live.append(scaled)
            last_index, highest = last_index + 1, max(highest, decimals)
        elif live:
            scaled = live.pop(step % len(live))
            totals = library.removeFromTotals(totals, scaled)
            highest = highest if live else 0
        assert library.readTotals(totals) == (last_index, len(live), sum(live), highest)


@untimed
@given(st.lists(st.tuples(values, decimals_allowed), min_size=1, max_size=12), st.randoms())
def test_totals__when_revoked_in_any_order__end_with_the_last_index_alone(
    library: Contract, given_values: list[tuple[int, int]], random: Any
) -> None:
    totals = 0
    for value, decimals in given_values:
        totals = library.addToTotals(totals, _scaled(value, decimals), decimals)
    random.shuffle(given_values)
    for value, decimals in given_values:
        totals = library.removeFromTotals(totals, _scaled(value, decimals))

    assert library.readTotals(totals) == (len(given_values), 0, 0, 0)
    assert totals == len(given_values) << 208


@pytest.mark.parametrize("sign", [1, -1])
def test_totals__given_the_most_of_the_largest__hold_and_give_back(library: Contract, sign: int) -> None:
    """The slot is filled in by hand, as its layout is drawn: MAX_COUNT calls would take too long."""
    value = sign * VALUE_LIMIT * 10**18
    below = MAX_COUNT - 1
    almost = below * value % 2**208 | below << 208 | below << 229

    full = library.addToTotals(almost, value, 18)

    assert library.readTotals(full) == (MAX_COUNT, MAX_COUNT, MAX_COUNT * value, 18)
    assert library.readTotals(library.removeFromTotals(full, value)) == (MAX_COUNT, below, below * value, 18)


@pytest.mark.parametrize("sign", [1, -1])
def test_totals__when_the_sum_leaves_its_bits__revert(library: Contract, sign: int) -> None:
    edge = 2**207 - 1 if sign > 0 else -(2**207)
    at_edge = library.addToTotals(0, edge, 0)
    assert library.readTotals(at_edge)[2] == edge

    with reverts("SafeCastOverflowedIntDowncast", 208, edge + sign):
        library.addToTotals(at_edge, sign, 0)


# DECIMAL MATH


def _average(total: int, count: int, decimals: int) -> tuple[int, int]:
    """The exact mean, truncated toward zero, with the most decimals up to those wanted that fit int128."""
    exact = Fraction(total, count * 10**MAX_DECIMALS)
    while not INT128_MIN <= int(exact * 10**decimals) <= INT128_MAX:
        decimals -= 1
    return int(exact * 10**decimals), decimals


@untimed
@given(st.lists(st.tuples(values, decimals_allowed), min_size=1, max_size=20), decimals_allowed)
@example([(VALUE_LIMIT, 0), (1, 18), (1, 18)], 18)
@example([(-VALUE_LIMIT, 0), (-1, 18), (-1, 18)], 18)
@example([(95, 2), (1, 0), (1, 0)], 2)
def test_average__given_any_values__is_the_truncated_exact_mean(
    library: Contract, entries: list[tuple[int, int]], decimals: int
) -> None:
    total = sum(_scaled(*entry) for entry in entries)

    value, value_decimals = library.average(total, len(entries), decimals)

    assert (value, value_decimals) == _average(total, len(entries), decimals)
    assert value_decimals <= decimals
    assert abs(Fraction(value, 10**value_decimals)) <= abs(Fraction(total, len(entries) * 10**MAX_DECIMALS))


@untimed
@given(
    mean=st.integers(-VALUE_LIMIT * 10**18, VALUE_LIMIT * 10**18),
    count=st.integers(1, 10**14),
    decimals=decimals_allowed,
)
def test_average__given_as_many_as_a_call_can_add_up__never_wraps(
    library: Contract, mean: int, count: int, decimals: int
) -> None:
    assert library.average(mean * count, count, decimals) == _average(mean * count, count, decimals)


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (INT128_MAX, (INT128_MAX, 18)),
        (INT128_MAX + 1, ((INT128_MAX + 1) // 10, 17)),
        (INT128_MIN, (INT128_MIN, 18)),
        (INT128_MIN - 1, (-((-INT128_MIN + 1) // 10), 17)),
    ],
)
def test_average__when_at_the_edge_of_int128__lowers_decimals_just_beyond_it(
    library: Contract, mean: int, expected: tuple[int, int]
) -> None:
    assert library.average(mean, 1, MAX_DECIMALS) == expected


@pytest.mark.parametrize("value", [INT128_MIN, INT128_MAX])
@pytest.mark.parametrize("decimals", [0, 18])
def test_scale__when_at_the_edge_of_int128__is_exact(library: Contract, value: int, decimals: int) -> None:
    assert library.scale(value, decimals) == value * 10 ** (MAX_DECIMALS - decimals)


# ADDRESS SET


def _address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20, "big"))


# Few and close together, so that they repeat and collide; and any.
addresses = st.one_of(st.integers(0, 20), st.integers(0, 2**160 - 1)).map(_address)


@untimed
@given(st.lists(addresses, max_size=60))
@example([])
@example([ZERO_ADDRESS])
@example([_address(2**160 - 1)] * 3)
def test_dedupe__when_of_any_list__keeps_the_first_of_each_and_every_zero(library: Contract, listed: list[str]) -> None:
    seen: set[str] = set()
    expected = []
    for account in listed:
        if account == ZERO_ADDRESS or account not in seen:
            expected.append(account)
        seen.add(account)

    assert list(library.dedupe(listed)) == expected


@untimed
@given(st.lists(addresses, max_size=60), st.lists(addresses.filter(lambda account: account != ZERO_ADDRESS)))
@example([], [_address(1)])
@example([ZERO_ADDRESS, ZERO_ADDRESS], [_address(1)])
def test_contains__when_of_any_list__is_membership(library: Contract, listed: list[str], probes: list[str]) -> None:
    asked = [*probes, *(account for account in listed if account != ZERO_ADDRESS)]

    assert list(library.containsAll(listed, asked)) == [account in listed for account in asked]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 127, 128, 129, 1_000])
def test_dedupe__when_sizes_are_around_powers_of_two__finds_room_for_all(library: Contract, size: int) -> None:
    listed = [_address(number + 1) for number in range(size)]

    assert list(library.dedupe([*listed, *listed])) == listed
    assert list(library.containsAll(listed, [*listed, _address(size + 1)])) == [True] * size + [False]


def test_dedupe__given_a_thousand_addresses__costs_in_proportion(library: Contract) -> None:
    """Even where they are in a row. Searching all of a list for each of them would cost a hundred times more."""
    listed = [_address(number + 1) for number in range(1_000)]

    library.evm.transact(
        STRANGER, library.address, library.encode("dedupe", listed), gas=GAS_FOR_A_THOUSAND, static=True
    )


# PAGING


@untimed
@given(total=st.integers(0, 5_000), limit=st.integers(1, PAGE_LIMIT))
@example(total=0, limit=1)
@example(total=PAGE_LIMIT, limit=PAGE_LIMIT)
@example(total=PAGE_LIMIT + 1, limit=PAGE_LIMIT)
def test_slice__when_followed_to_the_end__covers_everything_once(library: Contract, total: int, limit: int) -> None:
    if total > 40 * limit:
        total %= 40 * limit
    covered: list[int] = []
    cursor, pages = 0, 0
    while pages == 0 or cursor != 0:
        start, end, cursor = library.slice(total, cursor, limit)
        assert end - start <= limit
        covered, pages = [*covered, *range(start, end)], pages + 1

    assert covered == list(range(total))
    assert pages == max(1, -(-total // limit))


@untimed
@given(total=st.integers(0, UINT256_MAX), cursor=st.integers(0, UINT256_MAX), limit=st.integers(1, PAGE_LIMIT))
@example(total=UINT256_MAX, cursor=UINT256_MAX - 1, limit=PAGE_LIMIT)
@example(total=UINT256_MAX, cursor=UINT256_MAX, limit=1)
@example(total=0, cursor=0, limit=1)
def test_slice__when_of_any_numbers__equals_a_python_slice(
    library: Contract, total: int, cursor: int, limit: int
) -> None:
    start, end, next_cursor = library.slice(total, cursor, limit)

    if cursor >= total:
        assert (start, end, next_cursor) == (0, 0, 0)
    else:
        assert (start, end) == (cursor, min(total, cursor + limit))
        assert next_cursor == (0 if end == total else end)


@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1, UINT256_MAX])
@pytest.mark.parametrize("total", [0, 5])
def test_slice__when_limit_is_out_of_range__reverts(library: Contract, total: int, limit: int) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        library.slice(total, 0, limit)


@pytest.mark.parametrize("limit", [1, PAGE_LIMIT])
def test_slice__when_limit_is_at_its_edge__is_accepted(library: Contract, limit: int) -> None:
    assert library.slice(PAGE_LIMIT, 0, limit) == (0, limit, 0 if limit == PAGE_LIMIT else limit)
