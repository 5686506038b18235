"""Requests for validation and their answers."""

from __future__ import annotations

from collections import Counter

from tests.stateful.invariants.check import Claims, World, forbids, invariant
from tests.stateful.witness import Deed


@invariant("VAL-1")
def request_keeps_validator_and_agent(world: World) -> Claims:
    for key, asked in world.ghost.requests.items():
        yield world.validation.getValidationStatus(key)[:2] == (asked.validator, asked.agent_id), key


@invariant("VAL-2")
def hash_is_listed_once(world: World) -> Claims:
    by_agent = Counter(key for agent_id in world.agents for key in world.validation.getAgentValidations(agent_id))
    accounts = world.stage.accounts
    by_validator = Counter(key for account in accounts for key in world.validation.getValidatorRequests(account))
    yield by_agent == by_validator == Counter(world.ghost.requests.keys()), by_agent


@invariant("VAL-3")
def pending_until_the_first_answer(world: World) -> Claims:
    for key, asked in world.ghost.requests.items():
        yield world.validation.isPending(key) == (not asked.answers), key


@invariant("VAL-4")
def latest_answer_counts(world: World) -> Claims:
    for key, asked in world.ghost.requests.items():
        expected = asked.answers[-1] if asked.answers else (0, bytes(32), "", asked.time)
        yield world.validation.getValidationStatus(key)[2:] == expected, key


@forbids("VAL-5")
def verdict_is_a_percentage(deed: Deed) -> Claims:
    if deed.function == "validationResponse":
        yield 0 <= deed.arguments[1] <= 100, deed


@invariant("VAL-6")
def average_is_that_of_answered_requests(world: World) -> Claims:
    for agent_id in world.agents:
        requests = [asked for asked in world.ghost.requests.values() if asked.agent_id == agent_id]
        verdicts = [asked.answers[-1][0] for asked in requests if asked.answers]
        expected = len(verdicts), sum(verdicts) // len(verdicts) if verdicts else 0
        yield world.validation.getSummary(agent_id, [], "") == expected, agent_id


@forbids("VAL-7")
def only_the_validator_answers(deed: Deed) -> Claims:
    if deed.function == "validationResponse" and "validator" in deed.before:
        yield deed.sender == deed.before["validator"], deed


@forbids("VAL-8")
def validator_is_independent(deed: Deed) -> Claims:
    if deed.function in {"validationRequest", "validationResponse"} and "affiliated" in deed.before:
        yield not deed.before["affiliated"], deed


@forbids("VAL-9")
def only_the_authorized_ask(deed: Deed) -> Claims:
    if deed.function == "validationRequest" and "authorized" in deed.before:
        yield deed.before["authorized"], deed


@invariant("VAL-10")
def requests_are_listed_in_order(world: World) -> Claims:
    for agent_id in world.agents:
        expected = [key for key, asked in world.ghost.requests.items() if asked.agent_id == agent_id]
        yield list(world.validation.getAgentValidations(agent_id)) == expected, agent_id
