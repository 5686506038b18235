"""`ape run deploy` as a person runs it: a process, a keyfile account, a stand-in of Base Sepolia.

Ape's data folder is a temporary one, so that neither the person's accounts nor Ape's cache take part.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3

from registries.address_config import AddressConfig, Roles
from registries.anvil import anvil
from registries.chains import LOCAL
from registries.errors import DeploymentError
from scripts import deploy as script
from tests.deployment import ADMIN, DEPLOYER, PAUSER, REGISTRY_ADMIN

ALIAS, PASSPHRASE = "test-deployer", "correct horse battery staple"
CHAIN_ID = 84532
ROLES = Roles(admin=str(ADMIN), pausers=(str(DEPLOYER),), registry_admin=str(REGISTRY_ADMIN), admin_delay=90_000)
ROLE_OPTIONS = (
    *("--admin", ROLES.admin),
    *("--pauser", ROLES.pausers[0]),
    *("--registry-admin", ROLES.registry_admin),
    *("--admin-delay", str(ROLES.admin_delay)),
)
ANVIL = ("--block-time", "1")


@dataclass(frozen=True)
class Person:
    """Somebody with a keyfile account who runs the script."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "deployments"

    def deploy(self, url: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ape", "run", "deploy", "--network", "base:sepolia:node", "--folder", self.folder, "--yes", *options],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("DEPLOYER")},
                "APE_DATA_FOLDER": str(self.home),
                "BASE_SEPOLIA_RPC_URL": url,
                "DEPLOYER_PASSPHRASE": PASSPHRASE,
                "COLUMNS": "120",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def refused(self, url: str, *options: str, **environment: str) -> str:
        """What the script prints when it refuses; nothing was sent and nothing written."""
        nonce, files = nonce_of(url), list(self.folder.glob("*"))
        done = self.deploy(url, *options, **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        assert nonce_of(url) == nonce
        assert list(self.folder.glob("*")) == files
        assert_nothing_secret(done)
        return done.stdout + done.stderr


def nonce_of(url: str) -> int:
    return Web3(HTTPProvider(url)).eth.get_transaction_count(Web3.to_checksum_address(DEPLOYER))


def fund(url: str, wei: int) -> str:
    Web3(HTTPProvider(url)).provider.make_request("anvil_setBalance", [str(DEPLOYER), hex(wei)])  # type: ignore[arg-type]
    return url


def assert_nothing_secret(done: subprocess.CompletedProcess[str]) -> None:
    for secret in (PASSPHRASE, DEPLOYER.key.hex()):
        assert secret not in done.stdout + done.stderr


@pytest.fixture
def person(tmp_path: Path) -> Person:
    accounts = tmp_path / "accounts"
    accounts.mkdir()
    keyfile = Account.encrypt(DEPLOYER.key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
    (accounts / f"{ALIAS}.json").write_text(json.dumps(keyfile))
    return Person(tmp_path)


@pytest.fixture(scope="module")
def base_sepolia() -> Iterator[str]:
    """The stand-in, with the deployer funded."""
    with anvil("--chain-id", str(CHAIN_ID), *ANVIL) as url:
        yield fund(url, 10**18)


def test_deploy__given_base_sepolia__deploys_once(person: Person, base_sepolia: str) -> None:
    done = person.deploy(base_sepolia, "--account", ALIAS, *ROLE_OPTIONS)
    assert done.returncode == 0, done.stderr
    assert_nothing_secret(done)

    config = AddressConfig.read(CHAIN_ID, person.folder)
    assert (config.chain_name, config.roles) == ("base:sepolia", ROLES)
    web3 = Web3(HTTPProvider(base_sepolia))
    for name, registry in config.registries.items():
        assert f"{name:10}  {registry.address}  {registry.block}" in done.stdout
        assert web3.eth.get_code(Web3.to_checksum_address(registry.address))
    assert nonce_of(base_sepolia) == 3

    error = person.refused(base_sepolia, *ROLE_OPTIONS, DEPLOYER=ALIAS)
    assert f"the registries are live, identity at {config.identity.address}; with force it is overwritten" in error


def test_account__given_none_on_a_live_chain__is_refused() -> None:
    with pytest.raises(DeploymentError, match=r"^account: --account or DEPLOYER is required on base:sepolia$"):
        script._account(None, "base:sepolia")


def test_account__given_an_unknown_alias__names_it() -> None:
    with pytest.raises(DeploymentError, match=r"^account: Ape has none with the alias 'nobody-at-all'"):
        script._account("nobody-at-all", "base:sepolia")


def test_roles__given_some_missing_on_a_live_chain__names_them() -> None:
    account = script._account(None, LOCAL)
    with pytest.raises(DeploymentError, match=r"^roles: --admin, --registry-admin required on base:sepolia$"):
        script._roles("base:sepolia", account, admin=None, pauser=str(PAUSER), registry_admin=None, admin_delay=90_000)


def test_roles__given_some_missing_on_a_local_chain__are_the_deployers() -> None:
    account = script._account(None, LOCAL)
    roles = script._roles(LOCAL, account, admin=None, pauser=str(PAUSER), registry_admin=None, admin_delay=90_000)
    assert roles == Roles(str(account.address), (str(PAUSER),), str(account.address), 90_000)


def test_deploy__given_a_wrong_passphrase__says_so(person: Person, base_sepolia: str) -> None:
    error = person.refused(base_sepolia, "--account", ALIAS, *ROLE_OPTIONS, DEPLOYER_PASSPHRASE="wrong")
    assert "Invalid password" in error


def test_deploy__given_another_chain_behind_the_url__is_refused(person: Person) -> None:
    with anvil("--chain-id", "8453") as url:
        error = person.refused(fund(url, 10**18), "--account", ALIAS, *ROLE_OPTIONS)
    assert "chain ID '8453', which does not match network chain ID '84532'" in error


def test_deploy__given_an_empty_account__names_the_need(person: Person) -> None:
    with anvil("--chain-id", str(CHAIN_ID)) as url:
        error = person.refused(fund(url, 0), "--account", ALIAS, *ROLE_OPTIONS)
    assert f"balance: {DEPLOYER} has 0.000000 ETH and needs 0.0" in error
