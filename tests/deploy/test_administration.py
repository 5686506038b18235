"""What role holders do: by accounts, and as batches that a Safe sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from registries.address_config import AddressConfig
from registries.administration import Administration, Call
from registries.anvil import anvil
from registries.build import Build
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.holders import present_roles
from registries.journal import open_journal
from registries.safe import batch
from registries.signers import KeySigner
from registries.transactions import Transactions
from registries.verification import Status, verify
from tests.deploy.stand_in import PACE, chain_for, deploy, fund, nonce_of, order_for, request, send_as, undone
from tests.deployment import ADMIN, BUYER, PAUSER, REGISTRY_ADMIN, STRANGER
from tests.evm import Actor

SAFE = str(BUYER)
DELAY = 2 * 86_400


class World:
    """A deployment, and those who administer it."""

    def __init__(self, url: str, web3: Web3, config: AddressConfig, build: Build, folder: Path) -> None:
        self.url, self.web3, self.config, self.build, self.folder = url, web3, config, build, folder
        self.administration = Administration(web3, config, build)

    def send(self, sender: Actor, calls: list[Call]) -> None:
        fund(self.url, sender)
        signer = KeySigner(Account.from_key(sender.key))
        with open_journal(self.folder, 84532) as journal:
            transactions = Transactions(self.web3, chain_for(84532), signer, journal, FeePolicy(), pace=PACE)
            for call in calls:
                transactions.ensure(call)
            journal.close()

    def wait(self, seconds: int) -> None:
        request(self.url, "evm_increaseTime", hex(seconds))
        request(self.url, "evm_mine")

    def failing(self) -> set[str]:
        results = verify(self.web3, self.config, self.build)
        return {result.name for result in results if result.status is not Status.PASSED}


@pytest.fixture(scope="module")
def deployed(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with anvil("--chain-id", "84532") as url:
        folder = tmp_path_factory.mktemp("deployments")
        order = order_for(fund(url), built, folder)
        yield World(url, order.web3, deploy(order), built, folder)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    with undone(deployed.url):
        yield deployed


def test_hand_over__when_announced_and_accepted__leaves_the_new_admin_alone(world: World) -> None:
    new_admin = str(STRANGER)
    world.send(ADMIN, world.administration.begin_transfer(new_admin))
    with pytest.raises(DeploymentError, match=r"^identity: the transfer can be accepted in 17[0-9],[0-9]{3} seconds$"):
        world.administration.accept_transfer(new_admin)

    world.wait(DELAY + 1)
    world.send(STRANGER, world.administration.accept_transfer(new_admin))

    assert world.failing() == {"roles-exact", "default-admin"}
    world = World(world.url, world.web3, _with_present_roles(world), world.build, world.folder)
    assert world.config.roles.admin == new_admin
    assert world.failing() == set()


def _with_present_roles(world: World) -> AddressConfig:
    return replace(world.config, roles=present_roles(world.web3, world.config, world.build))


def test_accept__given_another_announcement__names_it(world: World) -> None:
    with pytest.raises(DeploymentError, match=r"^identity: 0x0{40} is announced as the new admin, not 0x"):
        world.administration.accept_transfer(str(STRANGER))


def test_hand_over__when_cancelled__is_off(world: World) -> None:
    world.send(ADMIN, world.administration.begin_transfer(str(STRANGER)))
    assert world.failing() == {"no-pending-admin"}
    world.send(ADMIN, world.administration.cancel_transfer())
    assert world.failing() == set()


def test_pause__when_by_the_pauser__stops_and_ends(world: World) -> None:
    world.send(PAUSER, world.administration.pause(paused=True))
    assert {"not-paused", "simulated-registration", "simulated-feedback"} <= world.failing()
    world.send(PAUSER, world.administration.pause(paused=False))
    assert world.failing() == set()


def test_calls__when_done_already__are_not_sent_again(world: World) -> None:
    world.send(PAUSER, world.administration.pause(paused=True))
    nonce = nonce_of(world.url, PAUSER)
    world.send(PAUSER, world.administration.pause(paused=True))
    assert nonce_of(world.url, PAUSER) == nonce == 3


def test_calls__when_by_somebody_else__cost_nothing(world: World) -> None:
    with pytest.raises(DeploymentError, match=r"^identity: pause\(\): the call reverts with 0x"):
        world.send(STRANGER, world.administration.pause(paused=True))
    assert nonce_of(world.url, STRANGER) == 0


@pytest.mark.parametrize(("role", "count"), [("PAUSER_ROLE", 3), ("REGISTRY_ADMIN_ROLE", 1)])
def test_roles__when_granted_and_revoked__are_recorded(world: World, role: str, count: int) -> None:
    calls = world.administration.set_role(role, str(STRANGER), held=True)
    assert len(calls) == count
    world.send(ADMIN, calls)
    assert world.failing() == {"roles-exact"}
    if role == "PAUSER_ROLE":
        assert set(_with_present_roles(world).roles.pausers) == {str(PAUSER), str(STRANGER)}
    else:
        with pytest.raises(DeploymentError, match=r"^registry admin: there is to be one, not 2$"):
            _with_present_roles(world)
        world.send(ADMIN, world.administration.set_role(role, str(REGISTRY_ADMIN), held=False))
        assert _with_present_roles(world).roles.registry_admin == str(STRANGER)
        world.send(ADMIN, world.administration.set_role(role, str(REGISTRY_ADMIN), held=True))
    world.send(ADMIN, world.administration.set_role(role, str(STRANGER), held=False))
    assert world.failing() == set()


def test_roles__given_a_pauser_of_one_registry_only__are_not_recorded(world: World) -> None:
    world.send(ADMIN, world.administration.set_role("PAUSER_ROLE", str(STRANGER), held=True)[:1])
    with pytest.raises(DeploymentError, match=r"^pausers: the registries differ: "):
        _with_present_roles(world)


def test_base_uri__when_set__is_the_registrys(world: World) -> None:
    world.send(REGISTRY_ADMIN, world.administration.set_base_uri("https://example.org/"))
    assert Administration(world.web3, world.config, world.build).set_base_uri("https://example.org/")[0].done()


# A SAFE


def calldata(transaction: dict[str, Any]) -> bytes:
    """What the Safe's transaction builder makes of a transaction in a batch."""
    inputs = transaction["contractMethod"]["inputs"]
    types = [entry["type"] for entry in inputs]
    given = [transaction["contractInputsValues"][entry["name"]] for entry in inputs]
    values = [bytes.fromhex(text[2:]) if kind == "bytes32" else text for kind, text in zip(types, given, strict=True)]
    signature = f"{transaction['contractMethod']['name']}({','.join(types)})"
    return keccak(text=signature)[:4] + encode(types, values)


def test_batch__when_a_safe_sends_it__does_what_the_calls_do(world: World) -> None:
    world.send(ADMIN, world.administration.begin_transfer(SAFE))
    world.wait(DELAY + 1)
    accept = world.administration.accept_transfer(SAFE)
    grant = world.administration.set_role("PAUSER_ROLE", str(STRANGER), held=True)
    content = batch(
        [*accept, *grant], chain_id=84532, name="Acceptance", description="of the admin", safe=SAFE, time=1_800_000_000
    )

    assert json.loads(json.dumps(content)) == content
    assert (content["version"], content["chainId"], content["createdAt"]) == ("1.0", "84532", 1_800_000_000_000)
    assert content["meta"]["createdFromSafeAddress"] == SAFE
    for transaction, call in zip(content["transactions"], [*accept, *grant], strict=True):
        assert (transaction["to"], transaction["value"], transaction["data"]) == (call.to, "0", None)
        assert calldata(transaction) == call.data
        send_as(world.url, SAFE, transaction["to"], Web3.to_hex(calldata(transaction)))
        assert call.done()
