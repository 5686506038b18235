"""V19: validation without independence.

Attackers: the owner of an agent; a watcher of the mempool; a spammer with an agent of its own.
Paths:
- the owner names itself (or an operator, or the agent's wallet) as the validator and certifies its own work;
- a request that nobody has answered and one that failed with 0 are the same bytes, so that each can pass for the other;
- requests are keyed by a hash alone, and whoever uses a hash first has it: who can guess or see it takes it away;
- anybody fills the inbox of a validator with requests until it cannot be read any more.
Defence: owner, operators and wallet are refused, at the request and again at the response; `isPending` is readable and
summaries leave out what is not answered; the lists have pages. The key is the standard's and stays: a salted hash
cannot be guessed, and whoever copies it from the mempool gains nothing and costs its owner one more try.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, PAGE_LIMIT, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import Contract, Receipt, reverts

REQUEST = keccak(text="check my work")
REQUEST_URI = "ipfs://work"


@pytest.fixture
def weak(registries: Registries) -> Contract:
    return registries.evm.deploy("WeakValidationRegistry", registries.identity.address, sender=OWNER)


@pytest.fixture
def agent_id(registries: Registries) -> int:
    return registries.register()


def request(registry: Contract, agent_id: int, validator: str, key: bytes = REQUEST, owner: str = OWNER) -> Receipt:
    receipt: Receipt = registry.validationRequest(validator, agent_id, REQUEST_URI, key, sender=owner)
    return receipt


def respond(registry: Contract, validator: str, response: int = 100, key: bytes = REQUEST) -> Receipt:
    receipt: Receipt = registry.validationResponse(key, response, "", bytes(32), "audit", sender=validator)
    return receipt


# ---------------------------------------------------------------------------------------------------- self-validation

Affiliate = Callable[[Registries, int], str]
"""Makes an account the agent's, and gives the account."""


def owner(registries: Registries, agent_id: int) -> str:
    return OWNER


def operator_of_all(registries: Registries, agent_id: int) -> str:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    return OPERATOR


def operator_of_one(registries: Registries, agent_id: int) -> str:
    registries.identity.approve(OPERATOR, agent_id, sender=OWNER)
    return OPERATOR


def wallet(registries: Registries, agent_id: int) -> str:
    registries.set_wallet(agent_id, WALLET)
    return WALLET


def new_owner(registries: Registries, agent_id: int) -> str:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    return BUYER


AFFILIATES = pytest.mark.parametrize("affiliate", [owner, operator_of_all, operator_of_one, wallet])
LATER_AFFILIATES = pytest.mark.parametrize(
    ("affiliate", "account"),
    [(operator_of_all, OPERATOR), (operator_of_one, OPERATOR), (wallet, WALLET), (new_owner, BUYER)],
)


def attack(registry: Contract, agent_id: int, validator: str) -> tuple[Receipt, Receipt]:
    """The owner asks a validator of its own, who is delighted."""
    return request(registry, agent_id, validator), respond(registry, validator)


@AFFILIATES
def test_attack__on_weak_registry__succeeds(
    registries: Registries, weak: Contract, agent_id: int, affiliate: Affiliate
) -> None:
    validator = affiliate(registries, agent_id)
    asked, answered = attack(weak, agent_id, validator)
    assert weak.getSummary(agent_id, [], "") == (1, 100)
    assert asked.logs == (weak.log("ValidationRequest", validator, agent_id, REQUEST_URI, REQUEST),)
    assert answered.logs == (weak.log("ValidationResponse", validator, agent_id, REQUEST, 100, "", bytes(32), "audit"),)


@AFFILIATES
def test_attack__on_registry__fails(registries: Registries, agent_id: int, affiliate: Affiliate) -> None:
    validator = affiliate(registries, agent_id)
    with reverts("SelfValidation", agent_id, validator):
        attack(registries.validation, agent_id, validator)
    assert registries.validation.getAgentValidations(agent_id) == ()
    assert registries.validation.getValidatorRequests(validator) == ()
    with reverts("RequestNotFound", REQUEST):
        registries.validation.getValidationStatus(REQUEST)


@LATER_AFFILIATES
def test_attack__by_who_becomes_affiliated_after_the_request_on_registry__fails(
    registries: Registries, agent_id: int, affiliate: Affiliate, account: str
) -> None:
    request(registries.validation, agent_id, account)
    assert affiliate(registries, agent_id) == account
    with reverts("SelfValidation", agent_id, account):
        respond(registries.validation, account)
    assert registries.validation.isPending(REQUEST) is True
    assert registries.validation.getSummary(agent_id, [], "") == (0, 0)


@LATER_AFFILIATES
def test_attack__by_who_becomes_affiliated_after_a_response_on_registry__fails(
    registries: Registries, agent_id: int, affiliate: Affiliate, account: str
) -> None:
    """A fair verdict cannot be improved once the validator has been bought."""
    request(registries.validation, agent_id, account)
    respond(registries.validation, account, 20)
    affiliate(registries, agent_id)
    with reverts("SelfValidation", agent_id, account):
        respond(registries.validation, account, 100)
    assert registries.validation.getSummary(agent_id, [], "") == (1, 20)


def test_attack__by_a_stranger_on_registry__fails(registries: Registries, agent_id: int) -> None:
    """Who is not asked has no verdict, and the agent that is asked about has no say in who asks for it."""
    with reverts("NotAuthorized", agent_id, STRANGER):
        request(registries.validation, agent_id, VALIDATOR, owner=STRANGER)
    request(registries.validation, agent_id, VALIDATOR)
    with reverts("NotRequestedValidator", REQUEST, STRANGER):
        respond(registries.validation, STRANGER)


# ------------------------------------------------------------------------------------------------------ pending or zero


def attack_of_confusion(registry: Contract, agent_id: int) -> tuple[bytes, bytes]:
    """One request that nobody answers, and one that fails with 0, empty and untagged: the keys of both."""
    pending, failed = b"\x01" * 32, b"\x02" * 32
    request(registry, agent_id, VALIDATOR, pending)
    request(registry, agent_id, VALIDATOR, failed)
    registry.validationResponse(failed, 0, "", bytes(32), "", sender=VALIDATOR)
    return pending, failed


def test_attack_of_confusion__on_weak_registry__succeeds(weak: Contract, agent_id: int) -> None:
    pending, failed = attack_of_confusion(weak, agent_id)
    assert weak.getValidationStatus(pending) == weak.getValidationStatus(failed) == (VALIDATOR, agent_id, 0)
    assert weak.getSummary(agent_id, [], "") == (2, 0)


def test_attack_of_confusion__on_registry__fails(registries: Registries, agent_id: int) -> None:
    validation = registries.validation
    pending, failed = attack_of_confusion(validation, agent_id)
    # The standard's own read cannot tell them apart, which is why there is another.
    assert validation.getValidationStatus(pending) == validation.getValidationStatus(failed)
    assert (validation.isPending(pending), validation.isPending(failed)) == (True, False)
    assert validation.getSummary(agent_id, [], "") == (1, 0)
    assert validation.getSummary(agent_id, [VALIDATOR], "") == (1, 0)


def test_attack_of_confusion__by_pending_requests_on_registry__leaves_the_average_alone(
    registries: Registries, agent_id: int
) -> None:
    request(registries.validation, agent_id, VALIDATOR)
    respond(registries.validation, VALIDATOR, 80)
    for number in range(9):
        request(registries.validation, agent_id, VALIDATOR, bytes([number]) * 32)
    assert registries.validation.getSummary(agent_id, [], "") == (1, 80)
    assert registries.validation.getSummary(agent_id, [VALIDATOR], "") == (1, 80)


# ----------------------------------------------------------------------------------------------------------- squatting


def squat(registries: Registries, registry: Contract, key: bytes) -> tuple[int, Receipt]:
    """A watcher registers an agent of its own and uses somebody else's key: the agent and the receipt."""
    squatter_agent = registries.register(STRANGER)
    return squatter_agent, request(registry, squatter_agent, VALIDATOR, key, owner=STRANGER)


def salted_key(registries: Registries, agent_id: int, nonce: int) -> bytes:
    """The key that docs recommend: it names its agent, and the nonce is the owner's secret until it is used."""
    validation = registries.validation
    types = ["bytes32", "uint256", "address", "uint256", "uint256"]
    return keccak(encode(types, [REQUEST, registries.evm.chain_id, validation.address, agent_id, nonce]))


def test_attack_of_squatting__on_weak_registry__succeeds(registries: Registries, weak: Contract, agent_id: int) -> None:
    """The hash of a public piece of work can be guessed before anything is sent."""
    squat(registries, weak, REQUEST)
    with reverts("RequestHashUsed", REQUEST):
        request(weak, agent_id, VALIDATOR)


def test_attack_of_squatting__with_an_unsalted_key_on_registry__succeeds(registries: Registries, agent_id: int) -> None:
    """What the standard's ABI makes possible, and why the key should be salted. Nobody is deceived by it: state and
    log name the squatter's agent."""
    validation = registries.validation
    squatter_agent, receipt = squat(registries, validation, REQUEST)
    with reverts("RequestHashUsed", REQUEST):
        request(validation, agent_id, VALIDATOR)
    assert validation.getValidationStatus(REQUEST)[:2] == (VALIDATOR, squatter_agent)
    assert validation.getAgentValidations(agent_id) == ()
    assert receipt.logs == (validation.log("ValidationRequest", VALIDATOR, squatter_agent, REQUEST_URI, REQUEST),)


def test_attack_of_squatting__on_registry__fails(registries: Registries, agent_id: int) -> None:
    """With a salted key there is nothing to guess."""
    squat(registries, registries.validation, REQUEST)
    key = salted_key(registries, agent_id, nonce=7)
    receipt = request(registries.validation, agent_id, VALIDATOR, key)
    assert receipt.logs == (registries.validation.log("ValidationRequest", VALIDATOR, agent_id, REQUEST_URI, key),)
    assert registries.validation.getAgentValidations(agent_id) == (key,)


def test_attack_of_squatting__by_a_front_runner_on_registry__costs_one_more_try(
    registries: Registries, agent_id: int
) -> None:
    """Who copies a salted key from the mempool has it; the owner takes the next nonce. The copy convinces nobody: the
    key is made of another agent's id."""
    nonces = itertools.count(7)
    seen = salted_key(registries, agent_id, next(nonces))
    squatter_agent, _ = squat(registries, registries.validation, seen)
    with reverts("RequestHashUsed", seen):
        request(registries.validation, agent_id, VALIDATOR, seen)
    fresh = salted_key(registries, agent_id, next(nonces))
    request(registries.validation, agent_id, VALIDATOR, fresh)
    respond(registries.validation, VALIDATOR, key=fresh)
    assert registries.validation.getSummary(agent_id, [], "") == (1, 100)
    # What a reader of the squatter's request recomputes, once the nonce is known.
    assert registries.validation.getValidationStatus(seen)[1] == squatter_agent
    assert salted_key(registries, agent_id, nonce=7) == seen != salted_key(registries, squatter_agent, nonce=7)


# ---------------------------------------------------------------------------------------------------------------- spam


def attack_of_spam(registries: Registries, registry: Contract, times: int) -> None:
    """Fills a validator's inbox from an agent of the attacker's own, before a real request arrives."""
    spam_agent = registries.register(STRANGER)
    for i in range(times):
        request(registry, spam_agent, VALIDATOR, i.to_bytes(32, "big"), owner=STRANGER)


def test_attack_of_spam__on_weak_registry__succeeds(registries: Registries, weak: Contract, agent_id: int) -> None:
    attack_of_spam(registries, weak, 2_000)
    request(weak, agent_id, VALIDATOR)
    inbox = weak.getValidatorRequests(VALIDATOR)
    # The only way to the one real request is through all of it.
    assert (len(inbox), inbox[-1]) == (2_001, REQUEST)
    assert not hasattr(weak, "getValidatorRequestsPage")


def test_attack_of_spam__on_registry__fails(registries: Registries, agent_id: int) -> None:
    validation = registries.validation
    attack_of_spam(registries, validation, 2_000)
    request(validation, agent_id, VALIDATOR)
    assert validation.getValidatorRequestsPage(VALIDATOR, 1_995, PAGE_LIMIT) == (
        (*(i.to_bytes(32, "big") for i in range(1_995, 2_000)), REQUEST),
        0,
    )
    # Only its own owner makes an agent's list longer.
    assert validation.getAgentValidationsPage(agent_id, 0, PAGE_LIMIT) == ((REQUEST,), 0)
    respond(validation, VALIDATOR, 90)
    assert validation.getSummary(agent_id, [], "") == (1, 90)
    assert validation.getSummaryPage(agent_id, [VALIDATOR], "audit", 0, PAGE_LIMIT) == (1, 90, 0)


def test_attack_of_spam__with_a_page_over_the_limit_on_registry__fails(registries: Registries) -> None:
    with reverts("PageLimitOutOfRange", PAGE_LIMIT + 1, PAGE_LIMIT):
        registries.validation.getValidatorRequestsPage(CLIENT, 0, PAGE_LIMIT + 1)
