"""Drafts of transactions on a real chain: what is signed does what the draft says, and each refusal has its code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import example, given
from hypothesis import strategies as st
from web3 import HTTPProvider, Web3

from registries.anvil import anvil
from registries.chains import chain_of
from registries.verification.interface import LIMITS
from registry_api import drafts
from registry_api.abi import function
from registry_api.blocks import Log
from registry_api.chain import CallFailedError, RPCChain
from registry_api.drafts import Draft, DraftError, Feedback, draft_feedback, draft_registration, refusal
from registry_api.errors import FatalError, RetryableError
from registry_api.events import Event, MetadataSet, NewFeedback, Registered, read
from tests.api.world import World, living
from tests.deploy.faulty_rpc import Pass, Reply, faulty_rpc, rate_limited
from tests.deploy.stand_in import fund, nonce_of, request, undone
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, OWNER, PAUSER, STRANGER
from tests.evm import Actor

GOOD = Feedback(87, 0, "starred")
HASH = keccak(text="a file")
GIVE = "reputation", "giveFeedback"
LOWER_CASE = str(BUYER).lower()


@pytest.fixture(scope="module")
def only_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("deployments")) as world:
        for actor in (BUYER, CLIENT, OWNER):
            fund(world.url, actor)
        yield world


@pytest.fixture
def world(only_world: World) -> Iterator[World]:
    """Agent 1, which the client has rated twice; what a test does is undone."""
    with undone(only_world.url):
        yield only_world


def sign_and_send(world: World, signer: Actor, draft: Draft) -> tuple[int, list[Event]]:
    """Does what a wallet does with a draft.

    :returns: the gas used, and what the registries announced
    """
    web3 = Web3(HTTPProvider(world.url))
    signed = Account.sign_transaction(draft.transaction, signer.key)
    receipt = web3.eth.wait_for_transaction_receipt(
        web3.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.01
    )
    assert receipt["status"] == 1
    transaction = world.chain().transaction(Web3.to_hex(receipt["transactionHash"]))
    assert transaction is not None
    return receipt["gasUsed"], [event for log in transaction.logs if (event := _event(world, log)) is not None]


def _event(world: World, log: Log) -> Event | None:
    return read(log, world.source.registries)


def answering(data: bytes, *, reverts: bool) -> str:
    """Runtime code that gives the same answer to every call: it copies what follows its own 12 bytes, and ends."""
    size = len(data).to_bytes(2, "big").hex()
    # PUSH2 size, PUSH1 12, PUSH0, CODECOPY, PUSH2 size, PUSH0, REVERT or RETURN
    return f"0x61{size}600c5f3961{size}5f{'fd' if reverts else 'f3'}{data.hex()}"


# WHAT IS SIGNED DOES WHAT THE DRAFT SAYS


@pytest.mark.parametrize(
    ("uri", "metadata", "signature", "arguments"),
    [
        (None, {}, "register()", {}),
        ("", None, "register()", {}),
        ("ipfs://agent", {}, "register(string)", {"agentURI": "ipfs://agent"}),
        (
            None,
            {"colour": b"\x00\xff", "größe": b"", "": b"x"},
            "register(string,(string,bytes)[])",
            {
                "agentURI": "",
                "metadata": [
                    {"metadataKey": "colour", "metadataValue": "0x00ff"},
                    {"metadataKey": "größe", "metadataValue": "0x"},
                    {"metadataKey": "", "metadataValue": "0x78"},
                ],
            },
        ),
    ],
)
def test_draft_registration__when_signed_and_sent__registers_the_agent_predicted(
    world: World, uri: str | None, metadata: dict[str, bytes] | None, signature: str, arguments: dict[str, Any]
) -> None:
    draft = draft_registration(world.chain(), world.source, LOWER_CASE, uri, metadata)
    assert (draft.function, draft.arguments) == (signature, arguments)
    assert draft.expected == ("agentId", 2, "if nothing else registers first")
    assert draft.block == world.chain().latest()
    used, events = sign_and_send(world, BUYER, draft)
    assert [(event.agent_id, event.uri) for event in events if isinstance(event, Registered)] == [(2, uri or "")]
    told = {event.key: event.value for event in events if isinstance(event, MetadataSet)}
    assert told == {"agentWallet": bytes.fromhex(LOWER_CASE[2:]), **(metadata or {})}
    assert used <= int(draft.transaction["gas"], 16)


@pytest.mark.parametrize(
    "feedback",
    [
        GOOD,
        Feedback(-(10**38), 18, "t" * 128, "ü" * 64, "https://" + "e" * 2_040, "ipfs://" + "u" * 10_233, HASH),
        Feedback(0, 0),
    ],
)
def test_draft_feedback__when_signed_and_sent__has_the_index_predicted(world: World, feedback: Feedback) -> None:
    draft = draft_feedback(world.chain(), world.source, CLIENT, 1, feedback)
    assert draft.expected == ("feedbackIndex", 3, "if the client gives this agent no other feedback first")
    used, [event] = sign_and_send(world, CLIENT, draft)
    assert isinstance(event, NewFeedback)
    assert (event.agent_id, event.client, event.feedback_index) == (1, CLIENT, 3)
    told = (event.value, event.decimals, event.tag1, event.tag2, event.endpoint, event.uri, event.hash)
    assert told == feedback
    assert used <= int(draft.transaction["gas"], 16)


def test_draft_feedback__given_a_new_client__begins_with_index_1(world: World) -> None:
    fund(world.url, OTHER_CLIENT)
    draft = draft_feedback(world.chain(), world.source, OTHER_CLIENT, 1, GOOD)
    assert draft.expected.value == 1
    _, [event] = sign_and_send(world, OTHER_CLIENT, draft)
    assert isinstance(event, NewFeedback)
    assert event.feedback_index == 1


def test_draft__is_a_whole_transaction_in_json(world: World) -> None:
    draft = draft_feedback(world.chain(), world.source, CLIENT, 1, Feedback(2**53, 2, "starred", uri="ipfs://why"))
    web3 = Web3(HTTPProvider(world.url))
    base_fee = web3.eth.get_block("latest")["baseFeePerGas"]
    tip = web3.eth.max_priority_fee
    call = {name: draft.transaction[name] for name in ("from", "to", "data")}
    estimate = int(request(world.url, "eth_estimateGas", call), 16)
    assert {name: value for name, value in draft.transaction.items() if name != "data"} == {
        "type": "0x2",
        "chainId": hex(84532),
        "from": CLIENT,
        "to": world.source.reputation,
        "value": "0x0",
        "nonce": hex(nonce_of(world.url, CLIENT)),
        "gas": hex(estimate * 115 // 100),
        "maxFeePerGas": hex(2 * base_fee + tip),
        "maxPriorityFeePerGas": hex(tip),
    }
    assert draft.arguments == {
        "agentId": 1,
        "value": "9007199254740992",
        "valueDecimals": 2,
        "tag1": "starred",
        "tag2": "",
        "endpoint": "",
        "feedbackURI": "ipfs://why",
        "feedbackHash": "0x" + "00" * 32,
    }
    assert draft.meaning == (
        f"Gives agent 1 feedback of 90071992547409.92 as the client {CLIENT}, tag1 'starred', URI 'ipfs://why'."
    )


def test_draft__given_texts_that_deceive__shows_them_escaped_and_short(world: World) -> None:
    uri = "ipfs://\u202efdp.exe\n" + "x" * 100
    draft = draft_registration(world.chain(), world.source, BUYER, uri, {"colour": b"red"})
    assert draft.arguments["agentURI"] == uri
    shown = r"'ipfs://\u202efdp.exe\nxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    assert draft.meaning == f"Registers an agent that {BUYER} owns, with the URI {shown} and the metadata 'colour'."


def test_draft__given_transactions_on_their_way__comes_behind_them(world: World) -> None:
    request(world.url, "evm_setAutomine", False)
    try:
        first = draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD)
        signed = Account.sign_transaction(first.transaction, CLIENT.key)
        request(world.url, "eth_sendRawTransaction", Web3.to_hex(signed.raw_transaction))
        second = draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD)
    finally:
        request(world.url, "evm_setAutomine", True)
    assert int(second.transaction["nonce"], 16) == int(first.transaction["nonce"], 16) + 1


def test_draft__given_an_estimate_near_the_limit_of_a_transaction__has_a_smaller_margin(world: World) -> None:
    fund(world.url, BUYER, 10**20)
    metadata = {"first": b"\xff" * 10_240, "second": b"\xff" * 10_240}
    draft = draft_registration(world.chain(), world.source, BUYER, None, metadata)
    assert int(draft.transaction["gas"], 16) == 2**24
    used, _ = sign_and_send(world, BUYER, draft)
    assert 2**24 * 100 // 115 < used < 2**24


# WHAT IS REFUSED BEFORE THE CHAIN IS ASKED


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        (LOWER_CASE[:-1], "is not an address in EIP-55 form"),
        (LOWER_CASE[2:], "is not an address in EIP-55 form"),
        (LOWER_CASE + "\n", "is not an address in EIP-55 form"),
        (str(BUYER).swapcase().replace("X", "x", 1), "is not an address in EIP-55 form"),
        ("vitalik.eth", "sender: 'vitalik.eth' is not an address"),
        ("0x" + "00" * 20, "is nobody's"),
    ],
)
def test_draft__given_no_address__refuses(world: World, sender: str, text: str) -> None:
    with pytest.raises(DraftError, match=text) as refused:
        draft_registration(world.chain(), world.source, sender)
    assert refused.value.code == "INVALID_ADDRESS"
    with pytest.raises(DraftError, match=text):
        draft_feedback(world.chain(), world.source, sender, 1, GOOD)


@pytest.mark.parametrize(
    ("agent_id", "feedback", "text"),
    [
        (-1, GOOD, "agent id: -1 is not from 0 to"),
        (2**256, GOOD, "agent id: a number of 257 bits is not from 0 to"),
        (1, Feedback(10**38 + 1, 0), "value: 1000.*001 is not from -10+ to 10+"),
        (1, Feedback(-(10**38) - 1, 0), "value: -1000.*001 is not"),
        (1, Feedback(1, 19), "decimals: 19 is not from 0 to 18"),
        (1, Feedback(1, -1), "decimals: -1 is not"),
        (1, Feedback(1, 0, "t" * 129), "tag1: 129 bytes are more than 128"),
        (1, Feedback(1, 0, "", "ü" * 65), "tag2: 130 bytes are more than 128"),
        (1, Feedback(1, 0, endpoint="e" * 2_049), "endpoint: 2049 bytes are more than 2048"),
        (1, Feedback(1, 0, uri="u" * 10_241), "URI: 10241 bytes are more than 10240"),
        (1, Feedback(1, 0, "\ud800"), "tag1: '.ud800' has half of a surrogate pair"),
        (1, Feedback(1, 0, hash=bytes(31)), "hash: 31 bytes are not the 32"),
        # Python itself refuses to write more than 4,300 digits.
        pytest.param(1, Feedback(10**5_000, 0), "value: a number of 16610 bits is not", id="thousands of digits"),
    ],
)
def test_draft_feedback__given_a_value_that_breaks_a_limit__refuses_without_the_chain(
    world: World, agent_id: int, feedback: Feedback, text: str
) -> None:
    with faulty_rpc(world.url) as rpc:
        chain = world.chain(rpc.url)
        asked = len(rpc.methods)
        with pytest.raises(DraftError, match=text) as refused:
            draft_feedback(chain, world.source, CLIENT, agent_id, feedback)
        assert (refused.value.code, refused.value.error) == ("INVALID_VALUE", None)
        assert len(rpc.methods) == asked


@pytest.mark.parametrize(
    ("uri", "metadata", "text"),
    [
        ("u" * 10_241, {}, "URI: 10241 bytes are more than 10240"),
        ("\udfff", {}, "half of a surrogate pair"),
        (None, {"agentWallet": bytes(20)}, "metadata: the key 'agentWallet' is the registry's own"),
        (None, {"ü" * 65: b"x"}, "metadata key '.*': 130 bytes are more than 128"),
        (None, {"k": bytes(10_241)}, "metadata value of 'k': 10241 bytes are more than 10240"),
        (None, {str(n): b"x" for n in range(51)}, "metadata: 51 keys are more than 50"),
    ],
)
def test_draft_registration__given_a_value_that_breaks_a_limit__refuses_without_the_chain(
    world: World, uri: str | None, metadata: dict[str, bytes], text: str
) -> None:
    with faulty_rpc(world.url) as rpc:
        chain = world.chain(rpc.url)
        asked = len(rpc.methods)
        with pytest.raises(DraftError, match=text) as refused:
            draft_registration(chain, world.source, BUYER, uri, metadata)
        assert refused.value.code == "INVALID_VALUE"
        assert len(rpc.methods) == asked


def test_draft_registration__given_the_most_keys_and_an_empty_one__registers(world: World) -> None:
    metadata = {**{str(n): b"x" for n in range(50)}, "none": b""}
    draft = draft_registration(world.chain(), world.source, BUYER, None, metadata)
    _, events = sign_and_send(world, BUYER, draft)
    assert sum(isinstance(event, MetadataSet) for event in events) == 52


def test_limits__are_those_of_the_contracts() -> None:
    ours = {name: limit for name, limit in vars(drafts).items() if name.startswith("MAX_")}
    deployed = {**LIMITS["identity"], **LIMITS["reputation"]}
    assert ours.keys() - deployed.keys() == {"MAX_GAS", "MAX_REASON_SIZE"}
    assert all(deployed[name] == limit for name, limit in ours.items() if name in deployed)


# WHAT THE REGISTRIES REFUSE


def test_draft_feedback__given_the_owner__is_self_feedback(world: World) -> None:
    with pytest.raises(DraftError, match=r"would revert with SelfFeedback\(agentId 1, caller 0x") as refused:
        draft_feedback(world.chain(), world.source, OWNER, 1, GOOD)
    assert refused.value.code == "SELF_FEEDBACK"
    assert refused.value.error == ("SelfFeedback", {"agentId": 1, "caller": OWNER})


@pytest.mark.parametrize("agent_id", [0, 2, 2**256 - 1])
def test_draft_feedback__given_an_unknown_agent__does_not_find_it(world: World, agent_id: int) -> None:
    with pytest.raises(DraftError) as refused:
        draft_feedback(world.chain(), world.source, CLIENT, agent_id, GOOD)
    assert refused.value.code == "AGENT_NOT_FOUND"
    shown = agent_id if agent_id < 2**53 else str(agent_id)
    assert refused.value.error == ("ERC721NonexistentToken", {"tokenId": shown})


def test_draft__given_paused_registries__says_so(world: World) -> None:
    for registry in ("identity", "reputation"):
        world.do(PAUSER, registry, "pause")
    with pytest.raises(DraftError) as registration:
        draft_registration(world.chain(), world.source, BUYER)
    with pytest.raises(DraftError) as feedback:
        draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD)
    assert registration.value.code == feedback.value.code == "REGISTRY_PAUSED"
    assert registration.value.error == ("EnforcedPause", {})


@pytest.mark.parametrize(
    ("sender", "call", "refused"),
    [
        (BUYER, ("identity", "setAgentURI", 1, "x"), ("UNAUTHORIZED_OPERATION", "NotAuthorized")),
        (OWNER, ("identity", "setMetadata", 1, "agentWallet", b""), ("INVALID_VALUE", "ReservedMetadataKey")),
        (CLIENT, (*GIVE, 1, 1, 19, "", "", "", "", HASH), ("INVALID_VALUE", "DecimalsOutOfRange")),
        (CLIENT, (*GIVE, 1, 10**38 + 1, 0, "", "", "", "", HASH), ("INVALID_VALUE", "ValueOutOfRange")),
        (CLIENT, (*GIVE, 1, 1, 0, "t" * 129, "", "", "", HASH), ("INVALID_VALUE", "SizeLimitExceeded")),
        (CLIENT, ("reputation", "revokeFeedback", 1, 9), ("SIMULATION_FAILED", "FeedbackNotFound")),
    ],
)
def test_refusal__given_a_revert_of_the_registries__has_its_code(
    world: World, sender: Actor, call: tuple[Any, ...], refused: tuple[str, str]
) -> None:
    registry, name, *arguments = call
    data = Web3.to_hex(function(registry, name, len(arguments)).encode(arguments))
    chain = world.chain()
    request = {"from": str(sender), "to": world.config.registries[registry].address, "data": data}
    with pytest.raises(CallFailedError) as failed:
        chain.simulate(request, chain.latest().hash)
    found = refusal(failed.value)
    assert (found.code, found.error and found.error.name) == refused


# WHAT OTHER REGISTRIES AND NODES SAY


def error_data(signature: str, types: list[str], *values: Any) -> bytes:
    return keccak(text=signature)[:4] + encode(types, values)


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        (
            error_data("Error(string)", ["string"], "Self-feedback not allowed"),
            "SIMULATION_FAILED",
            "would revert: Self-feedback not allowed$",
        ),
        (
            error_data("Error(string)", ["string"], "x" * 5_000),
            "SIMULATION_FAILED",
            f"would revert: {'x' * 200}[.]{{3}}$",
        ),
        (error_data("Panic(uint256)", ["uint256"], 0x11), "SIMULATION_FAILED", r"would revert with Panic\(code 17\)"),
        (error_data("ERC721NonexistentToken(uint256)", ["uint256"], 7), "AGENT_NOT_FOUND", "tokenId 7"),
        # Of another contract; too short for what its selector says; nothing at all.
        (error_data("Other(uint256)", ["uint256"], 7), "SIMULATION_FAILED", "would fail: .*0x[0-9a-f]{8}0+7$"),
        (keccak(text="ERC721NonexistentToken(uint256)")[:4], "SIMULATION_FAILED", "would fail: .*0x7e273289$"),
        (b"", "SIMULATION_FAILED", "would fail: execution reverted"),
    ],
)
def test_draft__given_registries_that_revert_in_their_own_way__gives_their_words(
    world: World, data: bytes, code: str, text: str
) -> None:
    other = replace(world.source, reputation=str(STRANGER), is_standard=True)
    request(world.url, "anvil_setCode", str(STRANGER), answering(data, reverts=True))
    with pytest.raises(DraftError, match=text) as refused:
        draft_feedback(world.chain(), other, CLIENT, 1, GOOD)
    assert refused.value.code == code


@example(keccak(text="DecimalsOutOfRange(uint8,uint8)")[:4], b"\xff" * 64, "a number of more than 8 bits")
@example(keccak(text="Error(string)")[:4], b"\xff" * 64, "a text that begins beyond all data")
@example(keccak(text="Error(string)")[:4], encode(["uint256", "uint256"], [32, 2**256 - 1]), "a text without an end")
@given(st.sampled_from([*drafts._ERRORS, b"", bytes(4)]), st.binary(max_size=300), st.text())
def test_refusal__given_any_revert_data__is_a_refusal_of_bounded_size(selector: bytes, rest: bytes, text: str) -> None:
    found = refusal(CallFailedError(text, selector + rest))
    assert len(str(found)) < 1_000
    assert len(json.dumps(found.error)) < 5_000


def test_draft__given_the_public_reference__leaves_sizes_to_it(world: World) -> None:
    index = encode(["uint64"], [4])
    request(world.url, "anvil_setCode", str(STRANGER), answering(index, reverts=False))
    other = replace(world.source, identity=str(STRANGER), reputation=str(STRANGER), is_standard=True)
    long = "x" * 10_241
    feedback = draft_feedback(world.chain(), other, CLIENT, 1, Feedback(1, 0, long, long, long, long))
    assert feedback.expected.value == 5
    metadata = {long: long.encode(), **{str(n): b"x" for n in range(50)}}
    registration = draft_registration(world.chain(), other, BUYER, long, metadata)
    assert registration.expected.value == 4
    with pytest.raises(DraftError, match="decimals: 19"):
        draft_feedback(world.chain(), other, CLIENT, 1, Feedback(1, 19))
    with pytest.raises(DraftError, match="the registry's own"):
        draft_registration(world.chain(), other, BUYER, None, {"agentWallet": b""})


def test_draft__given_an_address_without_a_registry__refuses(world: World) -> None:
    other = replace(world.source, identity=str(STRANGER), reputation=str(STRANGER))
    with pytest.raises(DraftError, match=r"gives 0x for register\(\): it is no identity registry") as refused:
        draft_registration(world.chain(), other, BUYER)
    assert refused.value.code == "SIMULATION_FAILED"
    with pytest.raises(DraftError, match="it is no reputation registry"):
        draft_feedback(world.chain(), other, CLIENT, 1, GOOD)


def test_draft__given_more_than_a_block_can_hold__refuses(world: World) -> None:
    metadata = {str(n): b"\xff" * 10_240 for n in range(12)}
    with pytest.raises(DraftError, match=r"(?i)would fail: .*out ?of ?gas") as refused:
        draft_registration(world.chain(), world.source, BUYER, None, metadata)
    assert refused.value.code == "SIMULATION_FAILED"


def test_draft__given_a_sender_without_funds__says_what_it_takes(world: World) -> None:
    with pytest.raises(
        DraftError, match=f"insufficient funds: {STRANGER} has 0[.]0* ETH, and .* may cost 0[.]0"
    ) as refused:
        draft_feedback(world.chain(), world.source, STRANGER, 1, GOOD)
    assert refused.value.code == "SIMULATION_FAILED"


def test_draft__given_just_the_funds_that_it_takes__is_sent(world: World) -> None:
    transaction = draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD).transaction
    cost = int(transaction["gas"], 16) * int(transaction["maxFeePerGas"], 16)
    fund(world.url, CLIENT, cost - 1)
    with pytest.raises(DraftError, match="insufficient funds"):
        draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD)
    fund(world.url, CLIENT, cost)
    draft = draft_feedback(world.chain(), world.source, CLIENT, 1, GOOD)
    assert draft.transaction == transaction
    sign_and_send(world, CLIENT, draft)


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "eth_getTransactionCount", "eth_getBalance"])
def test_draft__given_an_rpc_that_refuses__may_be_tried_again(world: World, method: str) -> None:
    def refuse(asked: str, _count: int, pass_on: Pass) -> Reply | None:
        return rate_limited(pass_on) if asked == method else pass_on()

    with faulty_rpc(world.url) as rpc:
        chain = world.chain(rpc.url)
        rpc.rule = refuse
        with pytest.raises(RetryableError, match="limit exceeded"):
            draft_feedback(chain, world.source, CLIENT, 1, GOOD)


def test_draft__given_an_estimate_of_a_node_that_lags__is_refused_by_the_simulation(world: World) -> None:
    def lag(method: str, _count: int, pass_on: Pass) -> Reply | None:
        estimate = b'{"jsonrpc": "2.0", "id": 1, "result": "0x15f90"}'
        return (200, estimate) if method == "eth_estimateGas" else pass_on()

    with faulty_rpc(world.url) as rpc:
        rpc.rule = lag
        with pytest.raises(DraftError) as refused:
            draft_feedback(world.chain(rpc.url), world.source, OWNER, 1, GOOD)
        assert refused.value.code == "SELF_FEEDBACK"


def test_draft__given_a_pause_after_the_block_simulated__is_refused_by_the_estimate(world: World) -> None:
    def pause_before(method: str, _count: int, pass_on: Pass) -> Reply | None:
        if method == "eth_estimateGas":
            world.do(PAUSER, "reputation", "pause")
        return pass_on()

    with faulty_rpc(world.url) as rpc:
        rpc.rule = pause_before
        with pytest.raises(DraftError) as refused:
            draft_feedback(world.chain(rpc.url), world.source, CLIENT, 1, GOOD)
        assert refused.value.code == "REGISTRY_PAUSED"


def test_terms__given_a_chain_without_base_fees__are_none() -> None:
    with anvil("--chain-id", "84532", "--hardfork", "berlin") as url:
        chain = RPCChain(chain_of("84532"), url, ())
        with pytest.raises(FatalError, match="no base fee"):
            chain.terms({"from": fund(url, CLIENT) and str(CLIENT), "to": str(OWNER), "data": "0x"})
