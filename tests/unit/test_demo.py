"""The demo fails when a step does not do what it says, and computes what it holds the chain against correctly."""

from __future__ import annotations

from collections.abc import Iterator

import ape
import pytest
from web3.contract import Contract

from registries.demo.chain import Chain, DemoError, expect
from registries.demo.roster import cid, data_uri, load_examples, read_data_uri
from registries.demo.scores import average
from tests.live_chain import abi_of, anvil_account, live_chain

OWNER, STRANGER = anvil_account(0), anvil_account(1)
NOT_AUTHORIZED = f"NotAuthorized(1, {STRANGER.address})"


# ------------------------------------------------------------------------------------------------- ROSTER, SCORES


def test_cid__when_the_content_is_known__is_what_ipfs_gives_it() -> None:
    assert cid(b"hello world") == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def test_data_uri__when_read_back__is_the_file() -> None:
    example = next(example for example in load_examples() if example.slug == "translator")
    assert read_data_uri(data_uri(example.content)) == example.file


@pytest.mark.parametrize("uri", ["https://translator.example/agent.json", "data:text/plain;base64,e30=", ""])
def test_read_data_uri__when_it_is_no_json_data_uri__raises(uri: str) -> None:
    with pytest.raises(ValueError, match="not a JSON data: URI"):
        read_data_uri(uri)


def test_examples__always__have_a_uri_of_their_kind() -> None:
    prefixes = {"https": "https://", "ipfs": "ipfs://bafkrei", "data": "data:application/json;base64,", "auto": ""}
    for example in load_examples():
        assert example.uri.startswith(prefixes[example.kind])
        assert bool(example.uri) == (example.kind != "auto")


@pytest.mark.parametrize(
    ("entries", "summary"),
    [
        ([(87, 0)], (1, 87, 0)),
        ([(9999, 2), (98, 0)], (2, 9899, 2)),
        ([(31, 1), (-8, 1), (42, 1)], (3, 21, 1)),
        ([(-1, 0), (0, 0)], (2, 0, 0)),
        ([(-5, 0), (-6, 0)], (2, -5, 0)),
    ],
)
def test_average__when_values_differ_in_sign_and_decimals__cuts_off_towards_zero(
    entries: list[tuple[int, int]], summary: tuple[int, int, int]
) -> None:
    assert average(entries) == summary


# ----------------------------------------------------------------------------------------------------------- CHAIN


@pytest.fixture(scope="module")
def chain_and_identity() -> Iterator[tuple[Chain, Contract]]:
    """A chain with one agent, the owner's."""
    with live_chain() as live:
        chain = Chain(live.rpc_url, [ape.project.get_contract("IdentityRegistry").contract_type])
        address = chain.web3.to_checksum_address(live.identity)
        identity = chain.web3.eth.contract(address, abi=abi_of("IdentityRegistry"))
        chain.send(OWNER, identity.functions.register("https://agent.example/"))
        chain.settle()
        yield chain, identity


def test_expect__when_the_chain_says_otherwise__names_both() -> None:
    with pytest.raises(DemoError, match=r"^the owner: the chain says '0x1', expected '0x2'$"):
        expect("0x1", "0x2", "the owner")


def test_settle__given_a_batch__confirms_it_and_notes_the_gas_by_overload(
    chain_and_identity: tuple[Chain, Contract],
) -> None:
    chain, identity = chain_and_identity
    chain.send(STRANGER, identity.functions.register())
    chain.send(STRANGER, identity.functions.register())

    receipts = chain.settle()

    assert [receipt["status"] for receipt in receipts] == [1, 1]
    assert chain.gas_used["register()"] == [receipt["gasUsed"] for receipt in receipts]
    assert chain.settle() == []


def test_send__when_it_would_revert__names_the_error(chain_and_identity: tuple[Chain, Contract]) -> None:
    chain, identity = chain_and_identity
    with pytest.raises(DemoError) as failure:
        chain.send(STRANGER, identity.functions.setAgentURI(1, "https://other.example/"))
    assert str(failure.value) == f"setAgentURI reverts with {NOT_AUTHORIZED}"


def test_send_refused__when_the_registry_refuses__notes_it_and_the_transaction_fails(
    chain_and_identity: tuple[Chain, Contract],
) -> None:
    chain, identity = chain_and_identity
    call = identity.functions.setAgentURI(1, "https://other.example/")
    chain.send_refused(STRANGER, call, NOT_AUTHORIZED, "writes another's URI")

    receipts = chain.settle()

    assert [receipt["status"] for receipt in receipts] == [0]
    assert (chain.refusals[-1].sender, chain.refusals[-1].reason) == (STRANGER.address, NOT_AUTHORIZED)
    assert "setAgentURI" not in chain.gas_used


def test_send_refused__when_nothing_refuses__fails(chain_and_identity: tuple[Chain, Contract]) -> None:
    chain, identity = chain_and_identity
    call = identity.functions.setAgentURI(1, "https://other.example/")
    with pytest.raises(DemoError, match=r"^writes its own URI: setAgentURI was not refused$"):
        chain.send_refused(OWNER, call, NOT_AUTHORIZED, "writes its own URI")


def test_send_refused__when_the_reason_is_another__fails(chain_and_identity: tuple[Chain, Contract]) -> None:
    chain, identity = chain_and_identity
    call = identity.functions.setAgentURI(1, "https://other.example/")
    with pytest.raises(DemoError, match=r"says 'NotAuthorized\(1, .*expected 'EnforcedPause\(\)'"):
        chain.send_refused(STRANGER, call, "EnforcedPause()", "writes another's URI")
