"""The deployment scripts as a person runs them: processes, a keyfile account, stand-ins for Base Sepolia and Ethereum.

Ape's data folder is a temporary one, so that neither the person's accounts nor Ape's cache take part.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3

from registries.address_config import AddressConfig, Roles
from registries.anvil import anvil
from registries.build import Build
from registries.chains import CHAINS, chain_of
from registries.cli.accounts import load_account
from registries.cli.roles import roles_of
from registries.create2 import SALT
from registries.errors import DeploymentError
from registries.release import creations
from registries.verification import CHECKS
from tests.deploy.explorer import explorer
from tests.deploy.faulty_rpc import Pass, Reply, faulty_rpc
from tests.deploy.stand_in import fund, nonce_of, request
from tests.deployment import ADMIN, DEPLOYER, PAUSER, REGISTRY_ADMIN, STRANGER
from tests.evm import Actor

NEW_ADMIN = Actor.of("new admin")
ALIAS, PASSPHRASE = "test-deployer", "correct horse battery staple"
ROLES = Roles(admin=str(ADMIN), pausers=(str(PAUSER),), registry_admin=str(REGISTRY_ADMIN), admin_delay=90_000)
ROLE_OPTIONS = (
    *("--admin", ROLES.admin),
    *("--pauser", ROLES.pausers[0]),
    *("--registry-admin", ROLES.registry_admin),
    *("--admin-delay", str(ROLES.admin_delay)),
)
DEPLOY = ("--account", ALIAS, *ROLE_OPTIONS, "--yes")
ROLES_FILE = {
    "admin": ROLES.admin,
    "pauser": ROLES.pausers[0],
    "registryAdmin": ROLES.registry_admin,
    "adminDelay": ROLES.admin_delay,
}
NOT_GIVEN: dict[str, Any] = dict.fromkeys(("admin", "pauser", "registry_admin", "admin_delay"))
GIVEN: dict[str, Any] = {**NOT_GIVEN, "roles_file": None, "pauser": str(PAUSER)}
BLOCK_TIME = "0.2"
"""Seconds."""
RPC_VARIABLES = {84532: "BASE_SEPOLIA_RPC_URL", 1: "ETHEREUM_RPC_URL"}


@dataclass(frozen=True)
class Person:
    """Somebody with a keyfile account who runs the scripts on a chain."""

    home: Path
    chain_id: int
    url: str

    @property
    def folder(self) -> Path:
        return self.home / "deployments"

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOYER")}
        own = {
            "APE_DATA_FOLDER": str(self.home),
            RPC_VARIABLES[self.chain_id]: self.url,
            "DEPLOYER_PASSPHRASE": PASSPHRASE,
            "COLUMNS": "160",
        }
        return {**inherited, **own, **changes}

    def command(self, name: str, *options: str) -> list[str]:
        network = chain_of(str(self.chain_id)).name
        return ["ape", "run", name, *options, "--network", network, "--folder", str(self.folder)]

    def run(self, name: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(name, *options),
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert_nothing_secret(done)
        return done

    def succeeds(self, name: str, *options: str, **environment: str) -> str:
        done = self.run(name, *options, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def dies_deploying(self, step: int) -> None:
        """The process is killed with the transaction of a step on the way; those before it are in blocks."""
        while nonce_of(self.url) < step:
            time.sleep(0.05)
        with faulty_rpc(self.url) as rpc:
            process = subprocess.Popen(
                self.command("deploy", *DEPLOY),
                env=self.environment(**{RPC_VARIABLES[self.chain_id]: rpc.url}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

            def kill(method: str, _count: int, pass_on: Pass) -> Reply | None:
                reply = pass_on()
                if method == "eth_sendRawTransaction":
                    os.killpg(process.pid, signal.SIGKILL)
                return reply

            rpc.rule = kill
            process.wait(timeout=120)
        assert process.returncode == -signal.SIGKILL

    def refused(self, *options: str, **environment: str) -> str:
        """What the deployment prints when it refuses; nothing was sent and nothing written."""
        nonce, files = nonce_of(self.url), list(self.folder.glob("*.json"))
        done = self.run("deploy", *options, **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        assert nonce_of(self.url) == nonce
        assert list(self.folder.glob("*.json")) == files
        return done.stdout + done.stderr


def assert_nothing_secret(done: subprocess.CompletedProcess[str]) -> None:
    for secret in (PASSPHRASE, DEPLOYER.key.hex(), "127.0.0.1"):
        assert secret not in done.stdout + done.stderr


@pytest.fixture(params=[84532, 1])
def person(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Person]:
    with anvil("--chain-id", str(request.param), "--block-time", BLOCK_TIME) as url:
        for account in (ADMIN, NEW_ADMIN):
            fund(url, account)
        yield with_keyfiles(Person(tmp_path, request.param, fund(url)))


@pytest.fixture
def on_base(tmp_path: Path, node: str) -> Person:
    """On the stand-in that takes each transaction at once."""
    return with_keyfiles(Person(tmp_path, 84532, node))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """On a stand-in for Base Sepolia, having deployed."""
    with anvil("--chain-id", "84532", "--block-time", BLOCK_TIME) as url:
        person = with_keyfiles(Person(tmp_path_factory.mktemp("home"), 84532, fund(url)))
        person.succeeds("deploy", *DEPLOY)
        yield person


def with_keyfiles(person: Person) -> Person:
    folder = person.home / "accounts"
    folder.mkdir()
    for alias, account in {ALIAS: DEPLOYER, "admin": ADMIN, "new-admin": NEW_ADMIN}.items():
        keyfile = Account.encrypt(account.key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
        (folder / f"{alias}.json").write_text(json.dumps(keyfile))
    return person


def test_scripts__when_used_as_documented__lead_from_a_prediction_to_another_admin(
    person: Person, built: Build
) -> None:
    predicted = {name: creation.address for name, creation in creations(built, ROLES).items()}
    shown = subprocess.run(
        ["ape", "run", "addresses", *ROLE_OPTIONS],
        env={**person.environment(), RPC_VARIABLES[person.chain_id]: ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name, address in predicted.items():
        assert f"{name:10}  {address}" in shown

    plan = person.succeeds("deploy", "--account", ALIAS, *ROLE_OPTIONS, "--plan", "--rehearse")
    assert "Rehearsed on a fork: it can be carried out, and the registries pass every check" in plan
    for text in (*predicted.values(), ROLES.admin, "create the validation registry", "gwei", "ETH"):
        assert text in plan
    assert nonce_of(person.url) == 0
    assert not person.folder.exists()

    for step in range(len(predicted)):
        person.dies_deploying(step)
        assert not (person.folder / f"{person.chain_id}.json").exists()

    shown = person.succeeds("deploy", *DEPLOY)
    config = AddressConfig.read(person.chain_id, person.folder)
    assert config.roles == ROLES
    assert {name: registry.address for name, registry in config.registries.items()} == predicted
    for name, registry in config.registries.items():
        assert f"{name:10}  {registry.address}  {registry.block}" in shown
    assert nonce_of(person.url) == 3

    assert f"{len(CHECKS)} passed" in person.succeeds("verify_deployment")

    person.succeeds("administer", "hand-over", str(NEW_ADMIN), "--account", "admin", "--yes")
    request(person.url, "evm_increaseTime", hex(ROLES.admin_delay + 1))
    person.succeeds("accept_admin", "--account", "new-admin", "--yes")
    person.succeeds("record_roles", "--yes")
    assert AddressConfig.read(person.chain_id, person.folder).roles == replace(ROLES, admin=str(NEW_ADMIN))
    assert f"{len(CHECKS)} passed" in person.succeeds("verify_deployment")


def test_verify_deployment__given_a_failure__says_so_to_people_and_machines(deployed: Person, tmp_path: Path) -> None:
    person = replace(deployed, home=tmp_path)
    config = AddressConfig.read(84532, deployed.folder)
    path = replace(config, roles=replace(config.roles, pausers=(str(PAUSER), str(STRANGER)))).write(person.folder)

    done = person.run("verify_deployment")
    assert done.returncode == 1
    assert f"identity: {STRANGER} does not have PAUSER_ROLE" in done.stdout
    assert "1 failed" in done.stdout

    done = person.run("verify_deployment", "--json")
    assert done.returncode == 1
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert [result["name"] for result in results] == list(CHECKS)
    assert [result["name"] for result in results if result["status"] == "failed"] == ["roles-exact"]

    path.unlink()
    done = person.run("verify_deployment")
    assert done.returncode == 1
    assert "no deployment on chain 84532 is known" in done.stderr


def test_publish_sources__given_a_deployment__publishes_all_of_it(deployed: Person, tmp_path: Path) -> None:
    addresses = {
        name: registry.address for name, registry in AddressConfig.read(84532, deployed.folder).registries.items()
    }
    with explorer(deployed.url) as site:
        site.pending = 0
        options = ("--on", "sourcify", "--url", site.url, "--export", str(tmp_path))
        shown = deployed.succeeds("publish_sources", *options)
    assert site.verified == list(addresses.values())
    for name, address in addresses.items():
        assert f"{name}  {address}  verified on sourcify" in shown
        assert json.loads((tmp_path / f"{name}.standard-input.json").read_text())["language"] == "Solidity"


def test_deploy__given_a_wrong_passphrase__says_so(on_base: Person) -> None:
    assert "Invalid password" in on_base.refused(*DEPLOY, DEPLOYER_PASSPHRASE="wrong")


def test_deploy__given_another_chain_behind_the_url__is_refused(on_base: Person) -> None:
    with anvil("--chain-id", "8453") as url:
        error = replace(on_base, url=url).refused(*DEPLOY)
    assert "base:sepolia has chain id 84532, but the RPC's is 8453" in error


def test_deploy__given_no_rpc__names_the_variable(on_base: Person) -> None:
    assert "RPC: BASE_SEPOLIA_RPC_URL is not set" in on_base.refused(*DEPLOY, BASE_SEPOLIA_RPC_URL="")


def test_deploy__given_no_answer_to_its_question__deploys_nothing(on_base: Person) -> None:
    assert "Deploy? [y/N]" in on_base.refused("--account", ALIAS, *ROLE_OPTIONS)


def test_account__given_none_on_a_public_chain__is_refused() -> None:
    with pytest.raises(DeploymentError, match=r"^account: --account or DEPLOYER is required on base:sepolia$"):
        load_account(None, CHAINS["base:sepolia"])


def test_account__given_an_unknown_alias__names_it() -> None:
    with pytest.raises(DeploymentError, match=r"^account: Ape has none with the alias 'nobody-at-all'"):
        load_account("nobody-at-all", CHAINS["base:sepolia"])


def test_roles__given_some_missing__names_them() -> None:
    with pytest.raises(DeploymentError, match=r"^roles: --admin, --registry-admin required$"):
        roles_of(**GIVEN)


def test_roles__given_some_missing_and_a_default__are_its() -> None:
    roles = roles_of(**GIVEN, default=str(DEPLOYER))
    assert roles == Roles(str(DEPLOYER), (str(PAUSER),), str(DEPLOYER), 172_800)


def test_roles__given_a_file__are_those_in_it(tmp_path: Path) -> None:
    path = tmp_path / "roles.json"
    path.write_text(json.dumps(ROLES_FILE))
    assert roles_of(**NOT_GIVEN, roles_file=path) == ROLES


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "roles.json: cannot be read as JSON: "),
        ("[]", "roles.json: it is to be an object with admin, pauser, registryAdmin, adminDelay"),
        ('{"owner": "0x"}', "roles.json: owner unknown; known are admin, pauser, registryAdmin, adminDelay"),
        ('{"admin": "0x"}', "roles: --pauser, --registry-admin required"),
    ],
)
def test_roles__given_another_file__are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "roles.json"
    path.write_text(content)
    with pytest.raises(DeploymentError, match=message):
        roles_of(**NOT_GIVEN, roles_file=path)


def test_roles__given_twice__are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"^roles: --pauser cannot go with --roles$"):
        roles_of(**{**GIVEN, "roles_file": tmp_path / "roles.json"})


def test_salt__is_of_the_contracts_version(built: Build) -> None:
    # What changes the contracts changes their version, and with it the salt.
    assert Web3.keccak(text="hardened-erc8004 2.1.0") == SALT
