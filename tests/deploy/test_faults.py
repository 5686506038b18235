"""Whatever happens to a deployment, it is resumed by the same call, and nothing is ever created twice."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.build import Build
from registries.deployer import carry_out, prepare
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.journal import Journal
from registries.rpc import RPCError, connect
from tests.deploy.faulty_rpc import (
    FaultyRPC,
    Pass,
    Reply,
    faulty_rpc,
    not_json,
    rate_limited,
    reply_lost,
    reset,
    too_many_requests,
    too_slow,
    unavailable,
)
from tests.deploy.stand_in import PACE, SIGNER, blocks, chain_for, deploy, fund, nonce_of, order_for, request, undone
from tests.deployment import DEPLOYER, STRANGER

SEND = "eth_sendRawTransaction"
SHORT = 0.5
"""A timeout that `too_slow` is beyond, seconds."""
CREATIONS = 3
METHODS = (
    "eth_blockNumber",
    "eth_call",
    "eth_chainId",
    "eth_estimateGas",
    "eth_getBalance",
    "eth_getBlockByNumber",
    "eth_getCode",
    "eth_getLogs",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
    "eth_maxPriorityFeePerGas",
    SEND,
)
"""Those that are asked for again when they fail on the way."""


@pytest.fixture
def rpc(chain: str) -> Iterator[FaultyRPC]:
    with faulty_rpc(chain) as running:
        yield running


def places(config: AddressConfig) -> dict[str, Any]:
    """What does not depend on when each transaction came into a block."""
    content = config.to_json()
    for registry in content["registries"].values():
        del registry["block"], registry["transaction"]
    del content["time"]
    return content


def assert_deployed_once(url: str, folder: Path, config: AddressConfig) -> None:
    assert AddressConfig.read(84532, folder) == config
    assert nonce_of(url) == CREATIONS
    assert not (folder / "84532.journal.json").exists()
    # Each was created by one of the account's three transactions.
    web3 = connect(chain_for(84532), url)
    nonces = {web3.eth.get_transaction(registry.transaction)["nonce"] for registry in config.registries.values()}  # type: ignore[arg-type]
    assert nonces == set(range(CREATIONS))


# THE PROCESS


def run_until_killed(work: Callable[[], Any]) -> int:
    """Runs something in a child process; gives the signal that ended it, 0 if none did."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize("position", range(CREATIONS))
@pytest.mark.parametrize("moment", ["before it is sent", "after it was sent"])
def test_deploy__when_killed_at_a_transaction__resumes_with_it(
    chain: str, built: Build, tmp_path: Path, position: int, moment: str
) -> None:
    with undone(chain):
        expected = places(deploy(order_for(chain, built, tmp_path / "undisturbed")))
    request(chain, "evm_snapshot")
    victim = order_for(chain, built, tmp_path)

    def work() -> None:
        def kill(method: str, count: int, pass_on: Pass) -> Reply | None:
            if method == SEND and count == position:
                if moment == "after it was sent":
                    pass_on()
                os.kill(os.getpid(), signal.SIGKILL)
            return pass_on()

        # The server lives in the process that is killed: nothing else has to be told.
        with faulty_rpc(chain) as rpc:
            rpc.rule = kill
            deploy(order_for(rpc.url, built, tmp_path))

    assert run_until_killed(work) == signal.SIGKILL
    assert not (tmp_path / "84532.json").exists()
    assert (
        len(Journal(tmp_path / "84532.journal.json").of(list(prepare(victim).creations.values())[position].address))
        == 1
    )

    config = deploy(victim)
    assert places(config) == expected
    assert_deployed_once(chain, tmp_path, config)


@pytest.mark.parametrize("moment", ["Waiting", "Verifying", "Writing"])
def test_deploy__when_killed_after_the_transactions__finishes_without_another(
    chain: str, built: Build, tmp_path: Path, moment: str
) -> None:
    def work() -> None:
        def kill(step: str) -> None:
            if step.startswith(moment):
                os.kill(os.getpid(), signal.SIGKILL)

        deploy(order_for(chain, built, tmp_path), progress=kill)

    assert run_until_killed(work) == signal.SIGKILL
    assert not (tmp_path / "84532.json").exists()
    assert_deployed_once(chain, tmp_path, deploy(order_for(chain, built, tmp_path)))


def test_deploy__when_repeated__sends_nothing_and_writes_the_same(chain: str, built: Build, tmp_path: Path) -> None:
    deploy(order_for(chain, built, tmp_path))
    content = (tmp_path / "84532.json").read_bytes()
    assert_deployed_once(chain, tmp_path, deploy(order_for(chain, built, tmp_path)))
    assert (tmp_path / "84532.json").read_bytes() == content


def test_deploy__while_another_process_deploys__is_refused(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    refusals: list[str] = []

    def meanwhile(step: str) -> None:
        if step.startswith("Create the reputation"):
            with pytest.raises(DeploymentError) as error:
                deploy(order)
            refusals.append(str(error.value))

    deploy(order, progress=meanwhile)
    assert refusals == [f"{tmp_path / '.84532.lock'}: another process is deploying on chain 84532"]


def test_deploy__given_a_broken_journal__says_what_to_do(chain: str, built: Build, tmp_path: Path) -> None:
    (tmp_path / "84532.journal.json").write_text("[{")
    with pytest.raises(DeploymentError, match=r"84532\.journal\.json: cannot be read: .*; remove it once none of"):
        deploy(order_for(chain, built, tmp_path))
    assert nonce_of(chain) == 0


# THE RPC


def test_methods__are_those_that_a_deployment_asks_for(rpc: FaultyRPC, built: Build, tmp_path: Path) -> None:
    deploy(order_for(rpc.url, built, tmp_path))
    optional = {"eth_getStorageAt", "eth_getTransactionByHash", "eth_simulateV1"}
    assert set(rpc.methods) - optional == set(METHODS)


@pytest.mark.parametrize("fault", [reset, reply_lost, too_many_requests, unavailable, too_slow])
def test_deploy__given_a_fault_of_the_rpc_now_and_then__is_not_disturbed(
    rpc: FaultyRPC, chain: str, built: Build, tmp_path: Path, fault: Callable[[Pass], Reply | None]
) -> None:
    # The first two requests of each method fail, whatever it is.
    rpc.rule = lambda method, count, pass_on: fault(pass_on) if method in METHODS and count < 2 else pass_on()
    assert_deployed_once(chain, tmp_path, deploy(order_for(rpc.url, built, tmp_path, timeout=SHORT)))
    assert all(rpc.methods.count(method) > 2 for method in METHODS)


@pytest.mark.parametrize(
    ("position", "fault", "message"),
    [
        (0, reset, "RPC: cannot be reached"),
        (1, reset, "RPC: cannot be reached"),
        (2, reset, "RPC: cannot be reached"),
        (1, too_many_requests, "RPC: answers with HTTP status 429"),
        (1, unavailable, "RPC: answers with HTTP status 503"),
        (1, rate_limited, "RPC: refused: limit exceeded"),
        (1, not_json, "RPC: "),
    ],
)
def test_deploy__given_an_rpc_that_goes_away__ends_and_resumes(  # noqa: PLR0917 (three fixtures, and a row)
    rpc: FaultyRPC,
    built: Build,
    tmp_path: Path,
    position: int,
    fault: Callable[[Pass], Reply | None],
    message: str,
) -> None:
    gone = threading.Event()

    def fail(method: str, count: int, pass_on: Pass) -> Reply | None:
        if method == SEND and count == position:
            gone.set()
        return fault(pass_on) if gone.is_set() else pass_on()

    order = order_for(rpc.url, built, tmp_path)
    plan = prepare(order)
    rpc.rule = fail
    with pytest.raises(DeploymentError) as error:
        carry_out(order, plan, SIGNER, pace=PACE)
    assert message in str(error.value)
    assert not (tmp_path / "84532.json").exists()

    assert_deployed_once(rpc.node, tmp_path, deploy(order_for(rpc.node, built, tmp_path)))


def test_errors__of_any_kind__do_not_tell_the_url(chain: str, built: Build, tmp_path: Path) -> None:
    secret = "0123456789abcdef"
    with faulty_rpc(chain, path=f"/v2/{secret}?key={secret}") as rpc:
        order = order_for(rpc.url, built, tmp_path, timeout=SHORT)
        plan = prepare(order)
        for fault in (reset, too_many_requests, unavailable, too_slow, rate_limited, not_json):
            rpc.rule = lambda _method, _count, pass_on, fault=fault: fault(pass_on)  # type: ignore[misc]
            with pytest.raises(DeploymentError) as error:
                carry_out(order, plan, SIGNER, pace=PACE)
            assert secret not in str(error.value)
    with pytest.raises(RPCError, match=r"^RPC: cannot be reached$"):
        connect(chain_for(84532), rpc.url, backoff=0.0)


def test_connect__given_another_chain__is_refused(chain: str) -> None:
    with pytest.raises(DeploymentError, match=r"^base:mainnet has chain id 8453, but the RPC's is 84532$"):
        connect(chain_for(8453), chain)


# THE TRANSACTIONS


def test_deploy__given_dropped_transactions__sends_the_same_again(
    rpc: FaultyRPC, chain: str, built: Build, tmp_path: Path
) -> None:
    dropped: list[int] = []

    def drop(method: str, count: int, pass_on: Pass) -> Reply | None:
        if method == SEND and count % 2 == 0:
            dropped.append(count)
            return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x" + "00" * 32}).encode()
        return pass_on()

    rpc.rule = drop
    config = deploy(order_for(rpc.url, built, tmp_path), pace=replace(PACE, resend=0.05))
    # Each once at least: where a block takes its time, the same transaction is sent a third time, and harms nobody.
    assert len(dropped) >= CREATIONS
    assert_deployed_once(chain, tmp_path, config)


def stuck_until(url: str, mined: Callable[[], bool]) -> threading.Thread:
    """Begins to mine only once something has happened."""

    def mine() -> None:
        while not mined():
            time.sleep(0.01)
        request(url, "evm_setAutomine", True)
        request(url, "evm_mine")

    thread = threading.Thread(target=mine, daemon=True)
    thread.start()
    return thread


def test_deploy__given_a_stuck_transaction__replaces_it(chain: str, built: Build, tmp_path: Path) -> None:
    request(chain, "evm_setAutomine", False)
    order = order_for(chain, built, tmp_path, chain_for(84532, stuck_after=0.1))
    first = next(iter(prepare(order).creations.values())).address

    def attempts() -> list[Any]:
        return Journal(tmp_path / "84532.journal.json").of(first)

    seen: list[Any] = []

    def replaced() -> bool:
        seen[:] = attempts()
        return len(seen) >= 3

    thread = stuck_until(chain, replaced)
    config = deploy(order, pace=replace(PACE, resend=0.05))
    thread.join()

    assert {entry.nonce for entry in seen} == {0}
    for older, newer in itertools.pairwise(seen):
        assert newer.max_fee * 100 >= older.max_fee * 113
        assert newer.priority_fee * 100 >= older.priority_fee * 113
    assert_deployed_once(chain, tmp_path, config)


def test_deploy__given_a_stuck_transaction_at_the_cap__waits_without_replacing(
    chain: str, built: Build, tmp_path: Path
) -> None:
    order = order_for(chain, built, tmp_path, chain_for(84532, stuck_after=0.0))
    offered = FeePolicy().offer(order.web3)
    order = replace(order, fees=FeePolicy(cap=offered.max_fee))
    request(chain, "evm_setAutomine", False)
    with pytest.raises(
        DeploymentError, match=r"^create the identity registry: still in no block after 1 s; run it again$"
    ):
        deploy(order, pace=replace(PACE, resend=0.05, patience=1.0))
    first = next(iter(prepare(order).creations.values())).address
    assert len(Journal(tmp_path / "84532.journal.json").of(first)) == 1
    request(chain, "evm_setAutomine", True)
    request(chain, "evm_mine")
    assert_deployed_once(chain, tmp_path, deploy(replace(order, fees=FeePolicy())))


def test_deploy__given_a_reorganisation__creates_again_what_was_lost(built: Build, tmp_path: Path) -> None:
    with anvil("--chain-id", "84532") as url:
        order = order_for(fund(url), built, tmp_path, chain_for(84532, confirmations=6))
        lost: list[int] = []

        def reorganise(step: str) -> None:
            if step.startswith("Waiting") and not lost:
                lost.append(nonce_of(url))
                # However many blocks have come since: one creation goes.
                while nonce_of(url) == CREATIONS:
                    request(url, "anvil_rollback", 1)
                lost.append(nonce_of(url))

        with blocks(url, interval=0.2):
            config = deploy(order, progress=reorganise)
        assert lost[0] == CREATIONS
        assert lost[1] < CREATIONS
        assert_deployed_once(url, tmp_path, config)
        head = int(request(url, "eth_blockNumber"), 16)
        assert all(head - registry.block + 1 >= 6 for registry in config.registries.values())


def test_deploy__when_the_money_runs_out__names_it_and_resumes(
    rpc: FaultyRPC, chain: str, built: Build, tmp_path: Path
) -> None:
    def impoverish(method: str, count: int, pass_on: Pass) -> Reply | None:
        if method == SEND and count == 1:
            fund(chain, DEPLOYER, 10**12)
        return pass_on()

    rpc.rule = impoverish
    with pytest.raises(
        DeploymentError, match=f"^create the reputation registry: {DEPLOYER} has 0.000001 ETH, too little"
    ):
        deploy(order_for(rpc.url, built, tmp_path))
    fund(chain)
    assert_deployed_once(chain, tmp_path, deploy(order_for(chain, built, tmp_path)))


def test_deploy__given_somebody_elses_same_creation__takes_it_as_done(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    step = prepare(order).steps[0]
    fund(chain, STRANGER)
    request(chain, "anvil_impersonateAccount", str(STRANGER))
    call = {"from": str(STRANGER), "to": step.to, "data": Web3.to_hex(step.data), "gas": hex(4_000_000)}
    digest = request(chain, "eth_sendTransaction", call)
    order.web3.eth.wait_for_transaction_receipt(digest, poll_latency=0.01)

    config = deploy(order)
    assert config.identity.transaction == digest
    assert nonce_of(chain) == CREATIONS - 1


def test_deploy__given_a_transaction_that_failed__sends_a_new_one_in_the_next_run(
    rpc: FaultyRPC, chain: str, built: Build, tmp_path: Path
) -> None:
    estimate = json.dumps({"jsonrpc": "2.0", "id": 1, "result": hex(1_200_000)}).encode()
    rpc.rule = lambda method, _count, pass_on: (200, estimate) if method == "eth_estimateGas" else pass_on()
    with pytest.raises(
        DeploymentError, match=r"^create the identity registry: transaction 0x[0-9a-f]{64} failed in block"
    ):
        deploy(order_for(rpc.url, built, tmp_path), pace=replace(PACE, resend=0.05))
    config = deploy(order_for(chain, built, tmp_path))
    assert nonce_of(chain) == 1 + CREATIONS
    assert AddressConfig.read(84532, tmp_path) == config
