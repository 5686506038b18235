"""Proof of payments on a real chain: native currency, tokens, x402's authorised transfers; and each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from registries.build import compiler_settings, run_solc
from registry_api.chain import Transaction
from registry_api.errors import RetryableError
from registry_api.payments import Payment, PaymentError, prove_payment, wallet_at
from tests.api.world import World, living
from tests.deploy.faulty_rpc import Pass, Reply, faulty_rpc, rate_limited
from tests.deploy.stand_in import fund, request, undone
from tests.deployment import BUYER, CLIENT, OWNER, STRANGER, WALLET
from tests.evm import Actor

NOBODY = "0x" + "00" * 20
TRANSFER = keccak(text="Transfer(address,address,uint256)")
FACILITATOR = Actor.of("facilitator")
UNKNOWN = "0x" + "ab" * 32

SOURCE = """
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// A token as x402 pays with.
contract Coin is ERC3009 {
    constructor(address holder) ERC20("Coin", "COIN") EIP712("Coin", "1") {
        _mint(holder, 1_000_000);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

/// Emits whatever it is told to, as any contract may.
contract Herald {
    struct Item {
        bytes32[] topics;
        bytes data;
    }

    function announce(Item[] calldata items) external {
        for (uint256 i = 0; i < items.length; ++i) {
            bytes32[] memory t = items[i].topics;
            bytes memory data = items[i].data;
            assembly {
                let start := add(data, 32)
                let size := mload(data)
                switch mload(t)
                case 0 { log0(start, size) }
                case 1 { log1(start, size, mload(add(t, 32))) }
                case 2 { log2(start, size, mload(add(t, 32)), mload(add(t, 64))) }
                case 3 { log3(start, size, mload(add(t, 32)), mload(add(t, 64)), mload(add(t, 96))) }
                default {
                    log4(start, size, mload(add(t, 32)), mload(add(t, 64)), mload(add(t, 96)), mload(add(t, 128)))
                }
            }
        }
    }
}

/// Passes native currency on.
contract Forwarder {
    function forward(address payable recipient) external payable {
        (bool done,) = recipient.call{value: msg.value}("");
        require(done);
    }
}
"""


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    """The contracts above, by the compiler of the registries."""
    settings = {**compiler_settings(), "viaIR": False, "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}}
    source = {"language": "Solidity", "sources": {"Tokens.sol": {"content": SOURCE}}, "settings": settings}
    answer = run_solc(Path(ape.project.path), source)
    assert "contracts" in answer, answer
    contracts: dict[str, Any] = answer["contracts"]["Tokens.sol"]
    return contracts


@pytest.fixture(scope="module")
def only_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("deployments")) as world:
        yield world


@pytest.fixture
def world(only_world: World) -> Iterator[World]:
    """Agent 1, whose wallet is its owner; what a test does is undone."""
    with undone(only_world.url):
        yield only_world


def send(world: World, sender: str, to: str | None, *, value: int = 0, data: str = "0x", mined: bool = True) -> str:
    """A transaction of an account whose key nobody needs.

    :param to: None: it creates a contract
    :param mined: whether to wait until it is in a block, succeeded or not
    :returns: its hash
    """
    fund(world.url, sender)
    request(world.url, "anvil_impersonateAccount", str(sender))
    # With a limit of its own the node does not try it first, and so takes one that reverts.
    call = {"from": str(sender), "value": hex(value), "data": data, "gas": hex(3_000_000)}
    digest = str(request(world.url, "eth_sendTransaction", {**call, "to": to} if to else call))
    if mined:
        Web3(HTTPProvider(world.url)).eth.wait_for_transaction_receipt(digest, poll_latency=0.01)  # type: ignore[arg-type]
    return digest


def confirm(world: World) -> None:
    """As many blocks as it takes, with the transaction's own."""
    request(world.url, "anvil_mine", hex(world.source.confirmations - 1))


def create(world: World, contract: dict[str, Any], *arguments: Any) -> Contract:
    web3 = Web3(HTTPProvider(world.url))
    factory = web3.eth.contract(abi=contract["abi"], bytecode=contract["evm"]["bytecode"]["object"])
    data = str(factory.constructor(*arguments).data_in_transaction)
    receipt = web3.eth.get_transaction_receipt(send(world, STRANGER, None, data=data))  # type: ignore[arg-type]
    assert receipt["contractAddress"] is not None
    return web3.eth.contract(receipt["contractAddress"], abi=contract["abi"])


def sent(world: World, sender: str, contract: Contract, function: str, *arguments: Any) -> str:
    return send(world, sender, contract.address, data=contract.encode_abi(function, list(arguments)))


def prove(world: World, digest: str, agent_id: int = 1) -> tuple[Payment, ...]:
    return prove_payment(world.chain(), world.source, agent_id, digest)


def refused(world: World, digest: str, agent_id: int = 1) -> PaymentError:
    with pytest.raises(PaymentError) as error:
        prove(world, digest, agent_id)
    return error.value


def mined(world: World, digest: str) -> Transaction:
    transaction = world.chain().transaction(digest)
    assert transaction is not None
    assert transaction.block is not None
    return transaction


def where(world: World, digest: str) -> dict[str, Any]:
    """What every payment of a transaction has."""
    block = mined(world, digest).block
    assert block is not None
    return {"transaction": digest, "block": block.number, "block_hash": block.hash, "time": block.time}


# PAYMENTS


def test_prove_payment__given_native_currency__is_one(world: World) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)
    assert prove(world, digest) == (
        Payment(log_index=None, token=None, payer=BUYER, recipient=OWNER, amount=5, **where(world, digest)),
    )


def test_prove_payment__given_a_token__is_one(world: World, compiled: dict[str, Any]) -> None:
    coin = create(world, compiled["Coin"], BUYER)
    digest = sent(world, BUYER, coin, "transfer", OWNER, 250_000)
    confirm(world)
    assert prove(world, digest) == (
        Payment(log_index=0, token=coin.address, payer=BUYER, recipient=OWNER, amount=250_000, **where(world, digest)),
    )


def test_prove_payment__given_an_allowance__is_of_whose_tokens_they_were(
    world: World, compiled: dict[str, Any]
) -> None:
    coin = create(world, compiled["Coin"], CLIENT)
    sent(world, CLIENT, coin, "approve", FACILITATOR, 9)
    digest = sent(world, FACILITATOR, coin, "transferFrom", CLIENT, OWNER, 9)
    confirm(world)
    [payment] = prove(world, digest)
    assert (payment.payer, payment.amount) == (CLIENT, 9)


def test_prove_payment__given_x402__is_of_the_client_and_not_of_the_facilitator(
    world: World, compiled: dict[str, Any]
) -> None:
    coin = create(world, compiled["Coin"], CLIENT)
    message = {"from": str(CLIENT), "to": str(OWNER), "value": 10_000, "validAfter": 0, "validBefore": 2**40}
    message["nonce"] = keccak(text="x402")
    types = [("from", "address"), ("to", "address"), ("value", "uint256")]
    types += [("validAfter", "uint256"), ("validBefore", "uint256"), ("nonce", "bytes32")]
    signed = Account.sign_typed_data(
        CLIENT.key,
        {"name": "Coin", "version": "1", "chainId": 84532, "verifyingContract": coin.address},
        {"TransferWithAuthorization": [{"name": name, "type": type_} for name, type_ in types]},
        message,
    )
    signature = signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)
    name = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
    digest = sent(world, FACILITATOR, coin, name, *message.values(), *signature)
    confirm(world)
    [payment] = prove(world, digest)
    assert (payment.payer, payment.recipient, payment.amount) == (CLIENT, OWNER, 10_000)
    assert mined(world, digest).sender == FACILITATOR


def word(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def log(sender: str, recipient: str, amount: int) -> tuple[list[bytes], bytes]:
    return [TRANSFER, word(sender), word(recipient)], encode(["uint256"], [amount])


def test_prove_payment__given_many_logs__is_of_those_that_are_transfers_to_the_wallet(
    world: World, compiled: dict[str, Any]
) -> None:
    herald = create(world, compiled["Herald"])
    transfer, amount = log(BUYER, OWNER, 3)
    logs = [
        log(BUYER, OWNER, 1),
        log(BUYER, STRANGER, 2),  # to somebody else
        log(OWNER, BUYER, 2),  # from the wallet
        log(OWNER, OWNER, 2),  # to itself
        log(BUYER, OWNER, 0),  # nothing
        ([*transfer, word(OWNER)], b""),  # ERC-721's
        ([*transfer, word(OWNER)], amount),
        ([TRANSFER, word(BUYER)], amount),
        (transfer[:1], word(BUYER) + word(OWNER) + amount),  # nothing indexed
        ([], amount),
        (transfer, b""),
        (transfer, amount + amount),
        (transfer, amount[1:]),
        ([keccak(text="Approval(address,address,uint256)"), *transfer[1:]], amount),
        ([TRANSFER, b"\1" + word(BUYER)[1:], word(OWNER)], amount),  # no address
        ([TRANSFER, word(BUYER), b"\1" + word(OWNER)[1:]], amount),
        log(NOBODY, OWNER, 2**256 - 1),  # new tokens
        log(BUYER, OWNER, 1),
    ]
    digest = sent(world, STRANGER, herald, "announce", logs)
    confirm(world)
    found = [(payment.log_index, payment.payer, payment.amount) for payment in prove(world, digest)]
    assert found == [(0, BUYER, 1), (16, NOBODY, 2**256 - 1), (17, BUYER, 1)]


def test_prove_payment__given_currency_and_a_token_at_once__is_both(world: World) -> None:
    # The wallet is a contract that announces a transfer when it is paid.
    request(world.url, "anvil_setCode", str(OWNER), announcing(log(BUYER, OWNER, 7)))
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)
    assert [(payment.token, payment.amount) for payment in prove(world, digest)] == [(None, 5), (OWNER, 7)]


def announcing(item: tuple[list[bytes], bytes]) -> str:
    """Runtime code that emits one log of three topics and one word."""
    topics, data = item
    # PUSH32 data, PUSH0, MSTORE; PUSH32 each topic, the last one first; PUSH1 32, PUSH0, LOG3
    pushed = "".join(f"7f{topic.hex()}" for topic in reversed(topics))
    return f"0x7f{data.hex()}5f52{pushed}60205fa300"


# THE WALLET IS THAT OF THE PAYMENT'S BLOCK


def test_prove_payment__given_a_wallet_that_was_changed_since__is_still_one(world: World) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    world.do(OWNER, "identity", "transferFrom", OWNER, WALLET, 1)
    confirm(world)
    assert [payment.recipient for payment in prove(world, digest)] == [OWNER]


def test_prove_payment__given_a_later_wallet__is_none(world: World) -> None:
    early = send(world, BUYER, WALLET, value=5)
    world.do(OWNER, "identity", "unsetAgentWallet", 1)
    late = send(world, BUYER, OWNER, value=5)
    confirm(world)
    error = refused(world, early)
    assert error.reason == "no_transfer_to_wallet"
    assert f"no transfer to agent 1's wallet {OWNER} at block" in str(error)
    assert "agent 1, which has no wallet at block" in str(refused(world, late))


def test_wallet_at__given_blocks_before_agent_and_registry__is_none(world: World) -> None:
    chain = world.chain()
    first, latest = chain.block(0), chain.latest()
    assert first is not None
    identity = world.source.identity
    assert wallet_at(chain, identity, 1, latest.hash) == OWNER
    assert wallet_at(chain, identity, 2, latest.hash) is None
    assert wallet_at(chain, identity, 1, first.hash) is None


def test_prove_payment__given_a_node_without_the_state_of_the_block__says_so(world: World) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)
    gone = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "missing trie node 0b1c (path )"}}'

    def forgetful(method: str, _count: int, pass_on: Pass) -> Reply | None:
        return (200, gone) if method == "eth_call" else pass_on()

    with faulty_rpc(world.url) as rpc:
        rpc.rule = forgetful
        with pytest.raises(RetryableError, match=r"agent 1: .* keeps no old states .*missing trie node"):
            prove_payment(world.chain(rpc.url), world.source, 1, digest)


# REFUSALS


@pytest.mark.parametrize("digest", ["", "0x12", UNKNOWN[2:], UNKNOWN + "0", UNKNOWN + "\n", "0x" + "zz" * 32])
def test_prove_payment__given_no_hash__refuses(world: World, digest: str) -> None:
    with pytest.raises(ValueError, match="is not 0x and 64 hexadecimal digits"):
        prove(world, digest)


def test_prove_payment__given_capitals__gives_the_hash_in_lower_case(world: World) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)
    assert prove(world, "0x" + digest[2:].upper()) == prove(world, digest)


def test_prove_payment__given_an_unknown_transaction__may_find_it_later(world: World) -> None:
    error = refused(world, UNKNOWN)
    assert (error.reason, error.may_change) == ("not_found", True)
    assert UNKNOWN in str(error)


def test_prove_payment__until_it_is_confirmed__says_what_is_missing(world: World) -> None:
    request(world.url, "evm_setAutomine", False)
    try:
        digest = send(world, BUYER, OWNER, value=5, mined=False)
        errors = [refused(world, digest)]
        for _ in range(world.source.confirmations - 1):
            request(world.url, "evm_mine")
            errors.append(refused(world, digest))
        request(world.url, "evm_mine")
        assert [payment.amount for payment in prove(world, digest)] == [5]
    finally:
        request(world.url, "evm_setAutomine", True)
    assert [error.reason for error in errors] == ["pending", "unconfirmed", "unconfirmed"]
    assert all(error.may_change for error in errors)
    assert "1 of 3 confirmations" in str(errors[1])
    assert "2 of 3 confirmations" in str(errors[2])


def test_prove_payment__given_a_transaction_that_failed__refuses_for_good(
    world: World, compiled: dict[str, Any]
) -> None:
    coin = create(world, compiled["Coin"], STRANGER)
    digest = sent(world, BUYER, coin, "transfer", OWNER, 1)
    assert refused(world, digest).reason == "unconfirmed"
    confirm(world)
    error = refused(world, digest)
    assert (error.reason, error.may_change) == ("reverted", False)


@pytest.mark.parametrize(
    ("sender", "recipient", "value"), [(BUYER, STRANGER, 5), (BUYER, OWNER, 0), (OWNER, OWNER, 5), (OWNER, BUYER, 5)]
)
def test_prove_payment__given_no_payment_of_the_wallet__refuses_for_good(
    world: World, sender: Actor, recipient: Actor, value: int
) -> None:
    digest = send(world, sender, recipient, value=value)
    confirm(world)
    error = refused(world, digest)
    assert (error.reason, error.may_change) == ("no_transfer_to_wallet", False)


def test_prove_payment__given_an_unknown_agent__finds_no_wallet(world: World) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)
    assert "agent 2, which has no wallet" in str(refused(world, digest, 2))
    # Nobody's wallet is not the zero address either.
    burnt = send(world, BUYER, NOBODY, value=5)
    confirm(world)
    assert refused(world, burnt, 2).reason == "no_transfer_to_wallet"


def test_prove_payment__given_currency_passed_on_by_a_contract__does_not_see_it(
    world: World, compiled: dict[str, Any]
) -> None:
    forwarder = create(world, compiled["Forwarder"])
    before = request(world.url, "eth_getBalance", str(OWNER), "latest")
    digest = send(world, BUYER, forwarder.address, value=5, data=forwarder.encode_abi("forward", [str(OWNER)]))
    confirm(world)
    assert int(request(world.url, "eth_getBalance", str(OWNER), "latest"), 16) == int(before, 16) + 5
    assert refused(world, digest).reason == "no_transfer_to_wallet"


def test_prove_payment__given_a_contract_creation_with_currency__is_none(
    world: World, compiled: dict[str, Any]
) -> None:
    digest = send(world, BUYER, None, value=5, data="0x00")
    confirm(world)
    assert refused(world, digest).reason == "no_transfer_to_wallet"


def test_prove_payment__given_a_block_that_is_not_of_the_chain_any_more__is_pending(tmp_path: Path) -> None:
    with living(tmp_path / "deployments") as world, faulty_rpc(world.url) as rpc:
        digest = send(world, BUYER, OWNER, value=5)
        kept: dict[str, Reply] = {}

        def behind(method: str, _count: int, pass_on: Pass) -> Reply | None:
            """Some of a provider's nodes have not seen the reorganisation yet."""
            if method in {"eth_getTransactionByHash", "eth_getTransactionReceipt"}:
                return kept.setdefault(method, pass_on())
            return pass_on()

        rpc.rule = behind
        chain = world.chain(rpc.url)
        with pytest.raises(PaymentError) as error:
            prove_payment(chain, world.source, 1, digest)
        assert error.value.reason == "unconfirmed"
        request(world.url, "anvil_reorg", 1, [])
        confirm(world)
        with pytest.raises(PaymentError) as error:
            prove_payment(chain, world.source, 1, digest)
        assert error.value.reason == "pending"
        assert refused(world, digest).may_change


@pytest.mark.parametrize("method", ["eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_call"])
def test_prove_payment__given_an_rpc_that_refuses__may_be_tried_again(world: World, method: str) -> None:
    digest = send(world, BUYER, OWNER, value=5)
    confirm(world)

    def refuse(asked: str, _count: int, pass_on: Pass) -> Reply | None:
        return rate_limited(pass_on) if asked == method else pass_on()

    with faulty_rpc(world.url) as rpc:
        chain = world.chain(rpc.url)
        rpc.rule = refuse
        with pytest.raises(RetryableError, match="limit exceeded"):
            prove_payment(chain, world.source, 1, digest)


# WHAT TOKENS SAY OF THEMSELVES
