"""The tag book of the reputation and the validation registry: each has its own, and both work alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.deployment import CLIENT, Registries
from tests.evm import Contract, field, reverts
from tests.layout import place_of, write
from tests.unit.calls import (
    SOME_HASH,
    TAG_LIMIT,
    answer,
    feedback_row,
    give,
    hash_of,
    pause,
    request,
    respond,
    revoke,
)

MAX_TAG_ID = 2**32 - 2  # the next one stands for a tag that was never used

UseTag = Callable[[str], None]


@pytest.fixture(params=["reputation", "validation"])
def book(request: pytest.FixtureRequest, registries: Registries) -> Contract:
    contract: Contract = getattr(registries, request.param)
    return contract


@pytest.fixture
def use_tag(registries: Registries, book: Contract) -> UseTag:
    """Uses a tag once, in feedback or in a validator's response."""
    agent_id = registries.register()
    if book is registries.reputation:
        return lambda tag: _rate(registries, agent_id, tag)
    request(registries, agent_id)
    return lambda tag: _validate(registries, tag)


def _rate(registries: Registries, agent_id: int, tag: str) -> None:
    give(registries, agent_id, tag1=tag)


def _validate(registries: Registries, tag: str) -> None:
    answer(registries, tag=tag)


# IDS


def test_tag_count__given_no_tag__is_zero(book: Contract) -> None:
    assert book.tagCount() == 0
    assert book.tagText(0) == ""


def test_tag_ids__given_several_tags__count_from_one_in_order_of_first_use(book: Contract, use_tag: UseTag) -> None:
    for tag in ("uptime", "starred", "uptime", "Starred", "starred"):
        use_tag(tag)

    assert [book.tagText(tag_id) for tag_id in (1, 2, 3)] == ["uptime", "starred", "Starred"]
    assert book.tagCount() == 3


def test_tag_ids__when_the_tag_is_empty__take_none(book: Contract, use_tag: UseTag) -> None:
    use_tag("")

    assert book.tagCount() == 0


@pytest.mark.parametrize("tag_id", [1, 2, MAX_TAG_ID])
def test_tag_text__when_no_tag_has_the_id__reverts(book: Contract, tag_id: int) -> None:
    with reverts("UnknownTag", tag_id):
        book.tagText(tag_id)


def test_tag_text__when_one_beyond_the_last__reverts(book: Contract, use_tag: UseTag) -> None:
    use_tag("uptime")

    assert book.tagText(1) == "uptime"
    with reverts("UnknownTag", 2):
        book.tagText(2)


def test_tag_ids__given_two_registries__are_apart(registries: Registries) -> None:
    agent_id = registries.register()
    give(registries, agent_id, tag1="uptime", tag2="day")
    request(registries, agent_id)
    answer(registries, tag="day")

    assert registries.reputation.tagText(2) == "day"
    assert registries.validation.tagText(1) == "day"


def test_tag_ids__given_feedback_with_two_tags__number_the_first_first(registries: Registries) -> None:
    agent_id = registries.register()
    give(registries, agent_id, tag1="uptime", tag2="day")
    give(registries, agent_id, tag1="day", tag2="uptime")
    give(registries, agent_id, tag1="same", tag2="same")

    texts = [registries.reputation.tagText(tag_id) for tag_id in (1, 2, 3)]
    assert texts == ["uptime", "day", "same"]
    assert registries.reputation.tagCount() == 3
    assert [feedback_row(registries, agent_id, index)[6:] for index in (1, 2, 3)] == [
        ("uptime", "day"),
        ("day", "uptime"),
        ("same", "same"),
    ]


def test_tag_ids__given_two_agents_and_clients__are_shared(registries: Registries) -> None:
    for _ in range(2):
        give(registries, registries.register(), client=CLIENT, tag1="uptime")

    assert registries.reputation.tagCount() == 1


# TEXTS


@pytest.mark.parametrize("size", [1, 30, 31, 32, 33, 63, 64, 65, TAG_LIMIT - 1, TAG_LIMIT])
def test_tag_text__when_of_any_size__comes_back_whole(book: Contract, use_tag: UseTag, size: int) -> None:
    tag = "".join(chr(ord("a") + i % 26) for i in range(size))

    use_tag(tag)

    assert book.tagText(1) == tag


@pytest.mark.parametrize("tag", ["\0", "é" * (TAG_LIMIT // 2), "🤖 наёмник", " "])
def test_tag_text__when_not_plain__comes_back_byte_for_byte(book: Contract, use_tag: UseTag, tag: str) -> None:
    use_tag(tag)

    assert book.tagText(1) == tag


@pytest.mark.parametrize("tag", ["x" * (TAG_LIMIT + 1), "é" * (TAG_LIMIT // 2) + "x"])
def test_tags__when_over_the_limit_in_bytes__revert(
    registries: Registries, book: Contract, use_tag: UseTag, tag: str
) -> None:
    with reverts("SizeLimitExceeded", field("tag"), TAG_LIMIT + 1, TAG_LIMIT):
        use_tag(tag)
    assert book.tagCount() == 0


# THE FULL BOOK


def _set_tag_count(book: Contract, count: int) -> None:
    write(book, place_of(str(book.type.name), "tagCount"), count)
    assert book.tagCount() == count


def test_tag_book__given_room_for_one__takes_it(book: Contract, use_tag: UseTag) -> None:
    _set_tag_count(book, MAX_TAG_ID - 1)

    use_tag("last")

    assert book.tagCount() == MAX_TAG_ID
    assert book.tagText(MAX_TAG_ID) == "last"


def test_tag_book__given_full__refuses_new_tags_only(book: Contract, use_tag: UseTag) -> None:
    use_tag("known")
    _set_tag_count(book, MAX_TAG_ID)

    with reverts("TagBookFull"):
        use_tag("new")
    use_tag("known")
    use_tag("")
    assert book.tagCount() == MAX_TAG_ID


def test_tag_book__given_full__names_the_size_of_a_tag_that_is_too_long(
    registries: Registries, book: Contract, use_tag: UseTag
) -> None:
    _set_tag_count(book, MAX_TAG_ID)

    with reverts("SizeLimitExceeded", field("tag"), TAG_LIMIT + 1, TAG_LIMIT):
        use_tag("x" * (TAG_LIMIT + 1))


def test_tag_book__given_full__the_largest_ids_sit_beside_each_other(registries: Registries) -> None:
    """All 32 bits of both ids are kept, and spoil nothing beside them."""
    agent_id = registries.register()
    _set_tag_count(registries.reputation, MAX_TAG_ID - 2)

    give(registries, agent_id, value=-1, decimals=18, tag1="last but one", tag2="last")
    respond(registries, agent_id)
    revoke(registries, agent_id)

    row = feedback_row(registries, agent_id)
    assert (row.value, row.value_decimals, row.response_count, row.is_revoked) == (-1, 18, 1, True)
    assert (row.tag1, row.tag2) == ("last but one", "last")
    assert registries.reputation.tagText(MAX_TAG_ID) == "last"


def test_tag_book__given_full__validations_keep_the_largest_id(registries: Registries) -> None:
    agent_id = registries.register()
    request(registries, agent_id)
    _set_tag_count(registries.validation, MAX_TAG_ID - 1)

    answer(registries, response=100, response_hash=hash_of(2**256 - 1), tag="last")

    status = registries.validation.getValidationStatus(SOME_HASH)
    assert status[2:5] == (100, hash_of(2**256 - 1), "last")
    assert registries.validation.getSummary(agent_id, [], "last") == (1, 100)


def test_tag_book__given_paused__reads_go_on(book: Contract, use_tag: UseTag) -> None:
    use_tag("uptime")
    pause(book)

    # The flag of the pause shares the slot of the count.
    assert (book.paused(), book.tagCount(), book.tagText(1)) == (True, 1, "uptime")
