"""The validation registry's getSummary and getSummaryPage against integers, for any requests and responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.deployment import BUYER, CLIENT, OWNER, STRANGER, VALIDATOR, Registries, deploy_registries
from tests.evm import EVM, reverts
from tests.property.strategies import any_addresses, near, uints

MAX_RESPONSE = 100
ZERO = "0x" + "00" * 20
VALIDATORS = [VALIDATOR, CLIENT, STRANGER, BUYER]

tags = st.sampled_from(["", "tee", "zkml", "Tee"])
verdicts = st.one_of(st.integers(0, MAX_RESPONSE), st.sampled_from([0, MAX_RESPONSE]))
validator_lists = st.lists(st.one_of(st.sampled_from(VALIDATORS), st.just(ZERO), any_addresses), max_size=6)


class Response(NamedTuple):
    """One response to a request.

    :ivar request: which one, modulo how many there are
    """

    request: int
    verdict: int
    tag: str


@dataclass
class Request:
    """A request and the responses to it."""

    validator: str
    responses: list[Response] = field(default_factory=list)

    def matches(self, validators: list[str], tag: str) -> bool:
        """Whether a filter includes it; no validators and the empty tag are any."""
        if not self.responses:
            return False
        return (not validators or self.validator in validators) and tag in {"", self.responses[-1].tag}


requests = st.lists(st.sampled_from(VALIDATORS), min_size=1, max_size=10)
responses = st.lists(st.builds(Response, uints(8), verdicts, tags), max_size=16)


def _played(validators: list[str], given_responses: list[Response]) -> tuple[Registries, int, list[Request]]:
    registries = deploy_registries(EVM())
    agent_id = registries.register()
    made = [Request(validator) for validator in validators]
    for number, request in enumerate(made):
        registries.validation.validationRequest(request.validator, agent_id, "", _hash(number), sender=OWNER)
    for response in given_responses:
        number = response.request % len(made)
        registries.validation.validationResponse(
            _hash(number), response.verdict, "", bytes(32), response.tag, sender=made[number].validator
        )
        made[number].responses.append(response)
    return registries, agent_id, made


def _hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _totals(made: list[Request], validators: list[str], tag: str) -> tuple[int, int]:
    """How many are included, and the sum of their latest verdicts."""
    found = [request.responses[-1].verdict for request in made if request.matches(validators, tag)]
    return len(found), sum(found)


@given(requests, responses, validator_lists, st.one_of(tags, st.just("never used")))
def test_get_summary__given_any_requests__is_the_mean_rounded_down(
    validators: list[str], given_responses: list[Response], listed: list[str], tag: str
) -> None:
    registries, agent_id, made = _played(validators, given_responses)
    count, total = _totals(made, listed, tag)

    assert registries.validation.getSummary(agent_id, listed, tag) == (count, total // count if count else 0)


@given(requests, responses)
def test_get_summary__given_any_requests__totals_and_loop_agree(
    validators: list[str], given_responses: list[Response]
) -> None:
    """Without filters one slot is read; with all validators listed, every request."""
    registries, agent_id, _ = _played(validators, given_responses)

    assert registries.validation.getSummary(agent_id, [], "") == registries.validation.getSummary(
        agent_id, VALIDATORS, ""
    )


@given(requests, responses, validator_lists, tags, st.integers(1, 4))
def test_get_summary_page__when_read_to_the_end__adds_up_to_the_whole(
    validators: list[str], given_responses: list[Response], listed: list[str], tag: str, limit: int
) -> None:
    registries, agent_id, made = _played(validators, given_responses)
    for start in range(0, len(made), limit):
        count, total = _totals(made[start : start + limit], listed, tag)
        following = start + limit if start + limit < len(made) else 0
        page = registries.validation.getSummaryPage(agent_id, listed, tag, start, limit)
        assert page == (count, total, following)


@given(st.one_of(uints(8), near(MAX_RESPONSE)))
def test_validation_response__when_of_any_number__takes_what_is_within_the_limit(verdict: int) -> None:
    registries, agent_id, _ = _played([VALIDATOR], [])
    arguments = (_hash(0), verdict, "", bytes(32), "")

    if verdict > MAX_RESPONSE:
        with reverts("ResponseOutOfRange", verdict, MAX_RESPONSE):
            registries.validation.validationResponse(*arguments, sender=VALIDATOR)
        assert registries.validation.isPending(_hash(0))
    else:
        registries.validation.validationResponse(*arguments, sender=VALIDATOR)
        assert registries.validation.getSummary(agent_id, [], "") == (1, verdict)
