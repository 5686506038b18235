"""How a command line and the environment name a chain, its RPC, its addresses and its fees."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from web3 import Web3

from registries.chains import CHAINS, LOCAL, LOCAL_RPC_URL, Chain, chain_of, rpc_url_of
from registries.create2 import PROXY, PROXY_COST, PROXY_SENDER, PROXY_TRANSACTION, address_of
from registries.errors import DeploymentError
from registries.fees import FeePolicy, Fees
from tests.deploy.stand_in import request


@pytest.mark.parametrize("name", CHAINS)
def test_chain_of__given_a_name_or_its_id__gives_the_chain(name: str) -> None:
    chain = CHAINS[name]
    assert chain_of(name) == chain_of(f"{name}:node") == chain_of(str(chain.id)) == chain
    assert chain.confirmations >= (3 if chain.is_public else 1)


def test_chain_of__given_another_id__gives_a_chain_from_the_environment() -> None:
    chain = chain_of("10")
    assert (chain.name, chain.id, chain.rpc_variable, chain.is_public) == ("eip155:10", 10, "RPC_URL", True)
    assert rpc_url_of(chain, {"RPC_URL": "https://rpc.example/key"}) == "https://rpc.example/key"


@pytest.mark.parametrize("network", ["base", "", "0", "-1", "base:goerli", "1e3", "٣", "http://localhost"])
def test_chain_of__given_nonsense__names_it(network: str) -> None:
    with pytest.raises(DeploymentError, match=f"^network: {network!r} is unknown; known are ethereum:mainnet, "):
        chain_of(network)


def test_rpc_url_of__given_none__names_the_variable() -> None:
    with pytest.raises(DeploymentError, match=r"^RPC: BASE_RPC_URL is not set; it names the RPC of base:mainnet$"):
        rpc_url_of(CHAINS["base:mainnet"], {"RPC_URL": "https://rpc.example"})
    assert rpc_url_of(LOCAL, {}) == LOCAL_RPC_URL


def test_rpc_url_of__given_something_else__does_not_show_it() -> None:
    with pytest.raises(DeploymentError) as error:
        rpc_url_of(Chain("eip155:10", 10, "RPC_URL", 1), {"RPC_URL": "secret-key"})
    assert str(error.value) == "RPC: RPC_URL does not begin with http:// or https://"


# ADDRESSES


def test_address_of__when_asked_of_the_proxy__is_the_same(chain: str) -> None:
    code, salt = bytes.fromhex("60015f5360015ff3"), b"\x07" * 32  # creates a contract of one byte
    call = {"to": PROXY, "data": Web3.to_hex(salt + code)}
    assert to_checksum_address(request(chain, "eth_call", call, "latest")) == address_of(code, salt)


def test_proxy_transaction__when_recovered__is_of_its_sender_and_makes_the_proxy() -> None:
    assert Account.recover_transaction(PROXY_TRANSACTION) == PROXY_SENDER
    assert PROXY_COST == 100_000 * 100 * 10**9


# FEES


def test_offer__given_a_base_fee__covers_twice_of_it(chain: str) -> None:
    web3 = Web3(Web3.HTTPProvider(chain))
    request(chain, "anvil_setNextBlockBaseFeePerGas", hex(7 * 10**9))
    request(chain, "evm_mine")
    assert FeePolicy(priority_fee=10**9).offer(web3) == Fees(15 * 10**9, 10**9)
    assert FeePolicy(cap=9 * 10**9, priority_fee=10**9).offer(web3) == Fees(9 * 10**9, 10**9)
    with pytest.raises(
        DeploymentError, match=r"^fees: the base fee of 7 gwei and the priority fee of 1 gwei are above"
    ):
        FeePolicy(cap=8 * 10**9 - 1, priority_fee=10**9).offer(web3)


def test_replacement__given_an_old_offer__is_an_eighth_better_or_none(chain: str) -> None:
    web3 = Web3(Web3.HTTPProvider(chain))
    request(chain, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
    request(chain, "evm_mine")
    old = Fees(100 * 10**9, 8 * 10**9)
    assert FeePolicy().replacement(web3, old) == Fees(125 * 10**9, 10 * 10**9)
    assert FeePolicy(cap=113 * 10**9).replacement(web3, old) == Fees(113 * 10**9, 10 * 10**9)
    assert FeePolicy(cap=113 * 10**9 - 1).replacement(web3, old) is None


def test_replacement__given_a_market_that_rose__follows_it(chain: str) -> None:
    web3 = Web3(Web3.HTTPProvider(chain))
    request(chain, "anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    request(chain, "evm_mine")
    better = FeePolicy(priority_fee=3 * 10**9).replacement(web3, Fees(10**9, 10**9))
    assert better == Fees(103 * 10**9, 3 * 10**9)
