"""Registration: ids, owners, limits, the receiver's check."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, DEPLOYER, OWNER, REGISTRY_ADMIN, STRANGER, Registries
from tests.evm import ZERO_ADDRESS, Contract, Log, field, reverts
from tests.unit.identity_support import (
    BASE,
    MAX_KEY_SIZE,
    MAX_KEYS,
    MAX_URI_SIZE,
    MAX_VALUE_SIZE,
    UNKNOWN_AGENT,
    URI,
    entries,
    metadata_log,
    wallet_log,
)

ACCEPT, WRONG_VALUE, REVERT_WITH_ERROR, REVERT_WITHOUT_DATA = range(4)
FORMS: list[tuple[object, ...]] = [(), (URI,), (URI, [("key", b"value")])]
FORM_NAMES = ["register()", "register(uri)", "register(uri, entries)"]
every_form = pytest.mark.parametrize("arguments", FORMS, ids=FORM_NAMES)


def registration_logs(identity: Contract, agent_id: int, owner: str, uri: str, *, own_uri: bool) -> tuple[Log, ...]:
    return (
        identity.log("Transfer", ZERO_ADDRESS, owner, agent_id),
        *((identity.log("MetadataUpdate", agent_id),) if own_uri else ()),
        identity.log("Registered", agent_id, uri, owner),
        wallet_log(identity, agent_id, owner),
    )


def receiver(registries: Registries, answer: int) -> Contract:
    return registries.evm.deploy("UnitReceiver", answer, sender=DEPLOYER)


def register_as(account: Contract, identity: Contract, *arguments: object) -> None:
    account.execute(identity.address, identity.encode("register", *arguments), sender=STRANGER)


def test_name_and_symbol__when_read__are_the_registrys(registries: Registries) -> None:
    assert registries.identity.name() == "AgentIdentity"
    assert registries.identity.symbol() == "AGENT"


def test_limits__when_read__are_the_documented_ones(registries: Registries) -> None:
    identity = registries.identity

    assert identity.MAX_URI_SIZE() == 10_240
    assert identity.MAX_METADATA_KEYS() == 50
    assert identity.MAX_METADATA_KEY_SIZE() == 128
    assert identity.MAX_METADATA_VALUE_SIZE() == 10_240
    assert identity.MAX_CONSENT_PERIOD() == 300


def test_total_agents__given_no_agent__is_zero(registries: Registries) -> None:
    assert registries.identity.totalAgents() == 0


def test_register__without_arguments__mints_with_no_uri(registries: Registries) -> None:
    identity = registries.identity

    receipt = identity.register(sender=OWNER)

    assert receipt.value == 1
    assert receipt.logs == registration_logs(identity, 1, OWNER, "", own_uri=False)
    assert identity.tokenURI(1) == ""


def test_register__with_uri__stores_it(registries: Registries) -> None:
    identity = registries.identity

    receipt = identity.register(URI, sender=OWNER)

    assert receipt.value == 1
    assert receipt.logs == registration_logs(identity, 1, OWNER, URI, own_uri=True)
    assert identity.tokenURI(1) == URI


@pytest.mark.parametrize("arguments", [("",), ("", [])], ids=["register(uri)", "register(uri, entries)"])
def test_register__with_an_empty_uri__is_as_without(registries: Registries, arguments: tuple[object, ...]) -> None:
    identity = registries.identity

    receipt = identity.register(*arguments, sender=OWNER)

    assert receipt.logs == registration_logs(identity, 1, OWNER, "", own_uri=False)


def test_register__with_entries__writes_them_in_order(registries: Registries) -> None:
    identity = registries.identity
    given = [("name", b"agent"), ("version", b"\x00\x01"), ("", b"empty key")]

    receipt = identity.register(URI, given, sender=OWNER)

    assert receipt.logs == (
        *registration_logs(identity, 1, OWNER, URI, own_uri=True),
        *(metadata_log(identity, 1, key, value) for key, value in given),
    )
    assert [identity.getMetadata(1, key) for key, _ in given] == [value for _, value in given]
    assert identity.metadataKeyCount(1) == 3


@every_form
def test_register__by_any_form__gives_owner_wallet_and_a_clean_state(
    registries: Registries, arguments: tuple[object, ...]
) -> None:
    identity = registries.identity

    identity.register(*arguments, sender=OWNER)

    assert identity.ownerOf(1) == OWNER
    assert identity.balanceOf(OWNER) == 1
    assert identity.getAgentWallet(1) == OWNER
    assert identity.getMetadata(1, "agentWallet") == bytes.fromhex(OWNER[2:])
    assert identity.getApproved(1) == ZERO_ADDRESS
    assert identity.ownershipEpoch(1) == 0
    assert identity.lastConsentDeadline(1) == 0
    assert identity.metadataKeyCount(1) == (1 if len(arguments) == 2 else 0)


def test_register__when_repeated__counts_ids_up_across_forms_and_owners(registries: Registries) -> None:
    identity = registries.identity

    ids = [
        identity.register(*arguments, sender=owner).value
        for arguments, owner in zip(FORMS, (OWNER, BUYER, OWNER), strict=True)
    ]

    assert ids == [1, 2, 3]
    assert identity.totalAgents() == 3
    assert identity.balanceOf(OWNER) == 2
    assert identity.ownerOf(2) == BUYER


@pytest.mark.parametrize("size", [MAX_URI_SIZE - 1, MAX_URI_SIZE])
@pytest.mark.parametrize("rest", [(), ([],)], ids=["register(uri)", "register(uri, entries)"])
def test_register__when_uri_is_within_its_limit__stores_all_of_it(
    registries: Registries, size: int, rest: tuple[object, ...]
) -> None:
    registries.identity.register("u" * size, *rest, sender=OWNER)

    assert registries.identity.tokenURI(1) == "u" * size


@pytest.mark.parametrize("rest", [(), ([],)], ids=["register(uri)", "register(uri, entries)"])
def test_register__when_uri_is_over_its_limit__reverts(registries: Registries, rest: tuple[object, ...]) -> None:
    with reverts("SizeLimitExceeded", field("agentURI"), MAX_URI_SIZE + 1, MAX_URI_SIZE):
        registries.identity.register("u" * (MAX_URI_SIZE + 1), *rest, sender=OWNER)

    assert registries.identity.totalAgents() == 0


def test_register__when_uri_is_multibyte__counts_bytes(registries: Registries) -> None:
    characters = MAX_URI_SIZE // 2
    registries.identity.register("é" * characters, sender=OWNER)

    with reverts("SizeLimitExceeded", field("agentURI"), MAX_URI_SIZE + 2, MAX_URI_SIZE):
        registries.identity.register("é" * (characters + 1), sender=OWNER)


def test_register__with_the_reserved_key__reverts(registries: Registries) -> None:
    with reverts("ReservedMetadataKey", "agentWallet"):
        registries.identity.register(URI, [("ok", b"1"), ("agentWallet", bytes(20))], sender=OWNER)

    assert registries.identity.totalAgents() == 0


@pytest.mark.parametrize(("key_size", "value_size"), [(MAX_KEY_SIZE - 1, 1), (MAX_KEY_SIZE, MAX_VALUE_SIZE)])
def test_register__when_an_entry_is_within_its_limits__writes_it(
    registries: Registries, key_size: int, value_size: int
) -> None:
    registries.identity.register(URI, [("k" * key_size, b"v" * value_size)], sender=OWNER)

    assert registries.identity.getMetadata(1, "k" * key_size) == b"v" * value_size


def test_register__when_a_key_is_over_its_limit__reverts(registries: Registries) -> None:
    with reverts("SizeLimitExceeded", field("metadataKey"), MAX_KEY_SIZE + 1, MAX_KEY_SIZE):
        registries.identity.register(URI, [("k" * (MAX_KEY_SIZE + 1), b"v")], sender=OWNER)


def test_register__when_a_value_is_over_its_limit__reverts(registries: Registries) -> None:
    with reverts("SizeLimitExceeded", field("metadataValue"), MAX_VALUE_SIZE + 1, MAX_VALUE_SIZE):
        registries.identity.register(URI, [("key", bytes(MAX_VALUE_SIZE + 1))], sender=OWNER)


@pytest.mark.parametrize("count", [MAX_KEYS - 1, MAX_KEYS])
def test_register__when_keys_are_within_their_limit__writes_all(registries: Registries, count: int) -> None:
    registries.identity.register(URI, entries(count), sender=OWNER)

    assert registries.identity.metadataKeyCount(1) == count
    assert registries.identity.getMetadata(1, f"key {count - 1}") == b"value"


def test_register__when_keys_are_over_their_limit__reverts(registries: Registries) -> None:
    with reverts("TooManyMetadataKeys", 1, MAX_KEYS):
        registries.identity.register(URI, entries(MAX_KEYS + 1), sender=OWNER)


def test_register__when_a_key_is_updated_at_the_limit__keeps_the_last_value(registries: Registries) -> None:
    registries.identity.register(URI, [*entries(MAX_KEYS), ("key 0", b"again")], sender=OWNER)

    assert registries.identity.metadataKeyCount(1) == MAX_KEYS
    assert registries.identity.getMetadata(1, "key 0") == b"again"


def test_register__when_a_key_is_removed_at_the_limit__has_room_for_another(registries: Registries) -> None:
    given = [*entries(MAX_KEYS), ("key 0", b""), ("another", b"1")]

    registries.identity.register(URI, given, sender=OWNER)

    assert registries.identity.metadataKeyCount(1) == MAX_KEYS
    assert registries.identity.getMetadata(1, "key 0") == b""
    assert registries.identity.getMetadata(1, "another") == b"1"


def test_register__when_an_entry_is_empty__announces_it_and_counts_no_key(registries: Registries) -> None:
    receipt = registries.identity.register(URI, [("key", b"")], sender=OWNER)

    assert receipt.logs[-1] == metadata_log(registries.identity, 1, "key", b"")
    assert registries.identity.metadataKeyCount(1) == 0


@pytest.mark.parametrize("arguments", [("",), ("", [])], ids=["register(uri)", "register(uri, entries)"])
def test_register__given_a_base_uri__resolves_and_announces_the_auto_uri(
    registries: Registries, arguments: tuple[object, ...]
) -> None:
    identity = registries.identity
    identity.setBaseURI(BASE, sender=REGISTRY_ADMIN)

    receipt = identity.register(*arguments, sender=OWNER)

    auto_uri = f"{BASE}/1/registration"
    assert receipt.logs == registration_logs(identity, 1, OWNER, auto_uri, own_uri=False)
    assert identity.tokenURI(1) == auto_uri


@every_form
def test_register__when_the_receiver_accepts__mints_to_it(
    registries: Registries, arguments: tuple[object, ...]
) -> None:
    account = receiver(registries, ACCEPT)

    register_as(account, registries.identity, *arguments)

    assert registries.identity.ownerOf(1) == account.address
    assert registries.identity.getAgentWallet(1) == account.address
    assert account.asked() == (account.address, ZERO_ADDRESS, 1, b"")


@every_form
@pytest.mark.parametrize("answer", [WRONG_VALUE, REVERT_WITHOUT_DATA])
def test_register__when_the_receiver_refuses__reverts(
    registries: Registries, answer: int, arguments: tuple[object, ...]
) -> None:
    account = receiver(registries, answer)

    with reverts("ERC721InvalidReceiver", account.address):
        register_as(account, registries.identity, *arguments)

    assert registries.identity.totalAgents() == 0


@every_form
def test_register__when_the_receiver_reverts_with_an_error__passes_it_on(
    registries: Registries, arguments: tuple[object, ...]
) -> None:
    account = receiver(registries, REVERT_WITH_ERROR)

    with reverts("Refused", 1):
        register_as(account, registries.identity, *arguments)


@every_form
def test_register__when_the_caller_has_code_but_no_hook__reverts(
    registries: Registries, arguments: tuple[object, ...]
) -> None:
    account = registries.evm.deploy("UnitAccount", sender=DEPLOYER)

    with reverts("ERC721InvalidReceiver", account.address):
        register_as(account, registries.identity, *arguments)


def test_register__from_a_constructor__skips_the_receivers_check(registries: Registries) -> None:
    account = registries.evm.deploy("UnitConstructorRegistrant", registries.identity.address, sender=DEPLOYER)

    assert registries.identity.ownerOf(1) == account.address


@pytest.mark.parametrize("agent_id", [0, UNKNOWN_AGENT])
def test_reads__given_an_unknown_agent__are_empty_or_revert(registries: Registries, agent_id: int) -> None:
    identity = registries.identity
    registries.register()

    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert identity.getMetadata(agent_id, "agentWallet") == b""
    assert identity.getMetadata(agent_id, "key") == b""
    assert identity.metadataKeyCount(agent_id) == 0
    assert identity.ownershipEpoch(agent_id) == 0
    assert identity.lastConsentDeadline(agent_id) == 0
    for read in (identity.ownerOf, identity.tokenURI, identity.getApproved):
        with reverts("ERC721NonexistentToken", agent_id):
            read(agent_id)


def test_balance_of__when_owner_is_zero__reverts(registries: Registries) -> None:
    with reverts("ERC721InvalidOwner", ZERO_ADDRESS):
        registries.identity.balanceOf(ZERO_ADDRESS)
