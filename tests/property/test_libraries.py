"""The libraries against plain Python: packing, running totals, averages, sets and pages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.codec import decode
from tests.deployment import CLIENT, DEPLOYER, PAGE_LIMIT
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts
from tests.property.ledger import average
from tests.property.strategies import (
    INT128_MAX,
    INT128_MIN,
    MAX_COUNT,
    MAX_DECIMALS,
    UINT256_MAX,
    UNIT,
    VALUE_LIMIT,
    decimals_allowed,
    int128s,
    uints,
    values,
)

MAX_RESPONSES = 2**24 - 1
COUNTER_LIMIT = 2**21 - 1
SUM_LIMIT = MAX_COUNT * VALUE_LIMIT * UNIT
RANDOM = random.Random(0)
GAS_FOR_A_THOUSAND = 2_500_000  # of it, without the optimiser


@pytest.fixture(scope="module")
def library() -> Contract:
    return EVM().deploy("UnitLibraryHarness", sender=DEPLOYER)


uint32s = uints(32)


# PACKED FEEDBACK


@given(
    value=int128s,
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


@given(st.integers(2**32, UINT256_MAX))
def test_pack__when_time_is_over_32_bits__keeps_the_low_ones(library: Contract, timestamp: int) -> None:
    assert library.unpack(library.pack(-1, 18, timestamp, 7, 8)) == (-1, 18, False, timestamp % 2**32, 0, 7, 8)


@given(uints(256))
@example(0)
@example(UINT256_MAX)
def test_unpack__when_of_any_word__reads_each_bit_once(library: Contract, word: int) -> None:
    value, decimals, revoked, timestamp, responses, tag1, tag2 = library.unpack(word)

    again = value % 2**128 | decimals << 128 | revoked << 135 | timestamp << 136 | responses << 168
    assert again | tag1 << 192 | tag2 << 224 == word
    assert library.exists(word) is (word != 0)


@given(uints(256))
@example(0)
@example(UINT256_MAX)
def test_revoke__when_of_any_word__sets_one_bit(library: Contract, word: int) -> None:
    assert library.revoke(word) == word | 1 << 135


@given(word=uints(256), responses=st.integers(0, MAX_RESPONSES))
@example(word=UINT256_MAX, responses=MAX_RESPONSES)
@example(word=UINT256_MAX, responses=MAX_RESPONSES - 1)
@example(word=0, responses=MAX_RESPONSES)
def test_add_response__when_of_any_word__adds_one_up_to_the_maximum(
    library: Contract, word: int, responses: int
) -> None:
    rest = word & ~(MAX_RESPONSES << 168)

    added = library.addResponse(rest | responses << 168)

    assert added == rest | min(responses + 1, MAX_RESPONSES) << 168


@given(word=uints(256), mask=uints(256), bit=st.integers(0, 255))
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
    return int(Fraction(value, 10**decimals) * UNIT)


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


@given(
    total=st.one_of(st.integers(-SUM_LIMIT, SUM_LIMIT), st.sampled_from([SUM_LIMIT, -SUM_LIMIT, 0, -1])),
    last_index=st.integers(0, COUNTER_LIMIT - 1),
    live_count=st.integers(1, COUNTER_LIMIT - 1),
    highest=decimals_allowed,
    value=values,
    decimals=decimals_allowed,
)
def test_totals__given_any_fields__change_as_integers_do(
    library: Contract, *, total: int, last_index: int, live_count: int, highest: int, value: int, decimals: int
) -> None:
    """Each field within its bits, the sum within what any feedback can add up to."""
    word = total % 2**208 | last_index << 208 | live_count << 229 | highest << 250
    scaled = _scaled(value, decimals)

    more, less = library.addToTotals(word, scaled, decimals), library.removeFromTotals(word, scaled)

    assert library.readTotals(word) == (last_index, live_count, total, highest)
    assert library.readTotals(more) == (last_index + 1, live_count + 1, total + scaled, max(highest, decimals))
    left = live_count - 1
    assert library.readTotals(less) == (last_index, left, total - scaled, highest if left else 0)
    assert more >> 255 == less >> 255 == 0


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


@given(st.lists(st.tuples(values, decimals_allowed), min_size=1, max_size=20), decimals_allowed)
@example([(VALUE_LIMIT, 0), (1, 18), (1, 18)], 18)
@example([(-VALUE_LIMIT, 0), (-1, 18), (-1, 18)], 18)
@example([(95, 2), (1, 0), (1, 0)], 2)
def test_average__given_any_values__is_the_truncated_exact_mean(
    library: Contract, entries: list[tuple[int, int]], decimals: int
) -> None:
    total = sum(_scaled(*entry) for entry in entries)

    value, value_decimals = library.average(total, len(entries), decimals)

    assert (value, value_decimals) == average(total, len(entries), decimals)
    assert value_decimals <= decimals
    assert abs(Fraction(value, 10**value_decimals)) <= abs(Fraction(total, len(entries) * UNIT))


@given(
    count=st.one_of(st.integers(1, MAX_COUNT), st.sampled_from([1, 2, 3, MAX_COUNT])),
    share=st.one_of(st.fractions(-1, 1), st.sampled_from([Fraction(1), Fraction(-1), Fraction(0)])),
    rest=st.integers(-MAX_COUNT, MAX_COUNT),
    decimals=decimals_allowed,
)
def test_average__given_any_sum_of_that_many_values__is_the_truncated_exact_mean(
    library: Contract, count: int, share: Fraction, rest: int, decimals: int
) -> None:
    """The sum is a share of the largest that the count allows, and a little beside it."""
    bound = count * VALUE_LIMIT * UNIT
    total = max(-bound, min(bound, int(share * bound) + rest))

    value, value_decimals = library.average(total, count, decimals)

    assert (value, value_decimals) == average(total, count, decimals)
    error = Fraction(total, count * UNIT) - Fraction(value, 10**value_decimals)
    assert abs(error) < Fraction(1, 10**value_decimals)
    assert error * total >= 0
    fits_better = average(total, count, value_decimals + 1)[1] == value_decimals + 1
    assert value_decimals == decimals or not fits_better


@given(
    mean=st.integers(-VALUE_LIMIT * 10**18, VALUE_LIMIT * 10**18),
    count=st.integers(1, 10**14),
    decimals=decimals_allowed,
)
def test_average__given_as_many_as_a_call_can_add_up__never_wraps(
    library: Contract, mean: int, count: int, decimals: int
) -> None:
    assert library.average(mean * count, count, decimals) == average(mean * count, count, decimals)


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


@given(int128s, decimals_allowed)
@example(INT128_MIN, 0)
@example(INT128_MAX, 18)
def test_scale__when_of_any_number__is_exact(library: Contract, value: int, decimals: int) -> None:
    assert library.scale(value, decimals) == value * 10 ** (MAX_DECIMALS - decimals)


# ADDRESS SET


def _address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20, "big"))


# Few and close together, so that they repeat and collide; and any.
addresses = st.one_of(st.integers(0, 20), st.integers(0, 2**160 - 1)).map(_address)


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


# Collisions. The factor of the hash is drawn from the whole calldata, so that addresses which collide have to be looked
# for: by bytes after the arguments, which change the factor and nothing else.
SALTS = 300


def _places(accounts: list[str], length: int, calldata: bytes) -> list[int]:
    """Where each address belongs in the table for a list of that length, as the library's comments say."""
    size = 2
    while size < 2 * length:
        size *= 2
    factor = int.from_bytes(keccak(calldata)) | 1
    return [int(account, 16) * factor % 2**256 >> 192 & size - 1 for account in accounts]


def _colliding(accounts: list[str], length: int, calldata: bytes) -> bytes:
    """The calldata, continued so that as many of the addresses as can be found belong into one place, a late one."""

    def badness(candidate: bytes) -> tuple[int, int]:
        places = _places(accounts, length, candidate)
        return max((places.count(place), place) for place in places)

    worst = max((calldata + salt.to_bytes(4, "big") for salt in range(SALTS)), key=badness)
    event(f"{badness(worst)[0]} of {len(accounts)} addresses in one place")
    return worst


some_addresses = st.lists(
    st.one_of(st.integers(1, 2**160 - 1), st.integers(0, 159).map(lambda bit: 1 << bit)).map(_address),
    min_size=2,
    max_size=8,
    unique=True,
)


@given(some_addresses, st.data())
def test_dedupe__when_addresses_collide__keeps_each_once(
    library: Contract, distinct: list[str], data: st.DataObject
) -> None:
    listed = [*distinct, *data.draw(st.permutations(distinct))]
    calldata = _colliding(distinct, len(listed), library.encode("dedupe", listed))

    output = library.evm.transact(CLIENT, library.address, calldata, static=True).value

    assert [to_checksum_address(account) for account in decode(["address[]"], output)[0]] == distinct


@given(some_addresses, st.data())
def test_contains__when_addresses_collide__is_membership(
    library: Contract, distinct: list[str], data: st.DataObject
) -> None:
    listed = data.draw(st.lists(st.sampled_from(distinct), max_size=len(distinct)))
    calldata = _colliding(distinct, len(listed), library.encode("containsAll", listed, distinct))

    output = library.evm.transact(CLIENT, library.address, calldata, static=True).value

    assert list(decode(["bool[]"], output)[0]) == [account in listed for account in distinct]


@pytest.mark.parametrize(
    "numbers",
    [
        range(1, 1_001),
        [number << 128 for number in range(1, 1_001)],
        [RANDOM.randrange(1, 2**160) for _ in range(1_022)],
    ],
    ids=["in a row", "differing in high bits", "anywhere, just fewer than a power of two"],
)
def test_dedupe__given_a_thousand_addresses__costs_in_proportion(library: Contract, numbers: Sequence[int]) -> None:
    """Searching all of a list for each of them would cost a hundred times more, a crowded table twice as much."""
    listed = [_address(number) for number in numbers]

    library.evm.transact(CLIENT, library.address, library.encode("dedupe", listed), gas=GAS_FOR_A_THOUSAND, static=True)


# PAGING


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


@given(total=uints(256), cursor=uints(256), limit=st.integers(1, PAGE_LIMIT))
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
