"""Selectors, topics, names and interface ids, against the project's own copy of the standard's facts."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from ethpm_types.abi import ABIType

from registries.facts import FACTS, interface_id
from tests.conformance.facts import ADDITIONS
from tests.deployment import REGISTRIES, Registries
from tests.evm import contract_type

FUNCTIONS = [
    (registry, signature)
    for registry in REGISTRIES
    for group in FACTS[registry]["functions"].values()
    for signature in group
]
EVENTS = [(registry, signature) for registry in REGISTRIES for signature in FACTS[registry]["events"]]
# Reserved by their standards: ERC-4906 has events only, the others are as in the text of their ERC or library.
WELL_KNOWN_IDS = {
    "ERC-165": "01ffc9a7",
    "ERC-721": "80ac58cd",
    "ERC-721 metadata": "5b5e139f",
    "IAccessControl": "7965db0b",
    "IAccessControlDefaultAdminRules": "31498786",
}
ERC4906_ID = "49064906"
OWN_INTERFACES = {
    "IdentityRegistry": "IIdentityRegistry",
    "ReputationRegistry": "IReputationRegistry",
    "ValidationRegistry": "IValidationRegistry",
}


def names(items: list[ABIType]) -> list[str]:
    return [item.name or "" for item in items]


def signatures_of(registry: str, group: str) -> list[str]:
    """The functions of an interface, those of the standard and ours."""
    added = list(ADDITIONS[registry]["functions"].get(group, {}))
    return added or list(FACTS[registry]["functions"].get(group, {}))


@pytest.mark.parametrize(("registry", "signature"), FUNCTIONS)
def test_function__when_compiled__is_as_in_the_facts(registry: str, signature: str) -> None:
    groups = FACTS[registry]["functions"].values()
    facts = next(group[signature] for group in groups if signature in group)
    abi = next(method for method in contract_type(registry).methods if method.selector == signature)

    assert facts["selector"] == "0x" + keccak(text=signature)[:4].hex()
    assert contract_type(registry).method_identifiers[signature] == facts["selector"]
    assert abi.stateMutability == facts["mutability"]
    assert names(abi.inputs) == facts["inputs"]
    assert [output.canonical_type for output in abi.outputs] == facts["outputs"]
    assert names(abi.outputs) == facts["output_names"]


@pytest.mark.parametrize(("registry", "signature"), EVENTS)
def test_event__when_compiled__is_as_in_the_facts(registry: str, signature: str) -> None:
    facts = FACTS[registry]["events"][signature]
    abi = next(event for event in contract_type(registry).events if event.selector == signature)

    assert facts["topic0"] == "0x" + keccak(text=signature).hex()
    assert [item.name for item in abi.inputs] == facts["inputs"]
    assert [item.name for item in abi.inputs if item.indexed] == facts["indexed"]
    assert not abi.anonymous


@pytest.mark.parametrize("registry", REGISTRIES)
def test_functions__beyond_the_facts__are_the_listed_additions(registry: str) -> None:
    standard = {signature for group in FACTS[registry]["functions"].values() for signature in group}
    found = {
        abi.selector: abi.stateMutability for abi in contract_type(registry).methods if abi.selector not in standard
    }
    groups = ADDITIONS[registry]["functions"].values()

    assert found == {signature: mutability for group in groups for signature, mutability in group.items()}


@pytest.mark.parametrize("registry", REGISTRIES)
def test_events__beyond_the_facts__are_the_listed_additions(registry: str) -> None:
    found = {
        abi.selector: [item.name for item in abi.inputs if item.indexed]
        for abi in contract_type(registry).events
        if abi.selector not in FACTS[registry]["events"]
    }

    assert found == ADDITIONS[registry]["events"]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_entry_points__in_the_abi__have_no_fallback_and_take_no_ether(registry: str) -> None:
    abi = contract_type(registry).abi

    assert {entry.type for entry in abi} == {"constructor", "error", "event", "function"}
    assert [entry for entry in abi if getattr(entry, "stateMutability", "") == "payable"] == []


@pytest.mark.parametrize("registry", REGISTRIES)
def test_supports_interface__when_id_is_of_the_standard__is_true(registries: Registries, registry: str) -> None:
    standard = interface_id(signatures_of(registry, "ERC-8004"))

    assert registries[registry].supportsInterface(standard)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_supports_interface__when_id_is_of_our_additions__is_true(registries: Registries, registry: str) -> None:
    own = signatures_of(registry, OWN_INTERFACES[registry])
    if registry == "IdentityRegistry":
        own.append("isAuthorizedOrOwner(address,uint256)")

    assert registries[registry].supportsInterface(interface_id(own))


@pytest.mark.parametrize("registry", REGISTRIES)
@pytest.mark.parametrize("group", WELL_KNOWN_IDS)
def test_supports_interface__when_id_is_well_known__is_true_where_implemented(
    registries: Registries, registry: str, group: str
) -> None:
    signatures = signatures_of(registry, group)
    known = bytes.fromhex(WELL_KNOWN_IDS[group])

    assert registries[registry].supportsInterface(known) == bool(signatures)
    if signatures:
        assert interface_id(signatures) == known


@pytest.mark.parametrize("registry", REGISTRIES)
def test_supports_interface__when_id_is_erc4906__is_true_for_identity_alone(
    registries: Registries, registry: str
) -> None:
    supported = registries[registry].supportsInterface(bytes.fromhex(ERC4906_ID))

    assert supported == (registry == "IdentityRegistry")


@pytest.mark.parametrize("registry", REGISTRIES)
@pytest.mark.parametrize("unknown", ["ffffffff", "00000000", "deadbeef"])
def test_supports_interface__when_id_is_unknown__is_false(registries: Registries, registry: str, unknown: str) -> None:
    assert not registries[registry].supportsInterface(bytes.fromhex(unknown))


@pytest.mark.parametrize("registry", REGISTRIES)
def test_get_version__when_read__starts_with_two(registries: Registries, registry: str) -> None:
    assert registries[registry].getVersion() == "2.1.0"


def test_eip712_domain__when_read__is_that_of_the_standards_clients(registries: Registries) -> None:
    identity = registries.identity
    chain_id = registries.evm.chain_id

    assert identity.eip712Domain() == (
        b"\x0f",
        "ERC8004IdentityRegistry",
        "1",
        chain_id,
        identity.address,
        bytes(32),
        (),
    )
