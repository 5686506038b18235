"""The runbook's commands, as role holders give them, with accounts of Ape's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ape
import click
import pytest
from click.testing import CliRunner

from registries.abis import ABIS
from registries.address_config import AddressConfig, Roles
from registries.anvil import anvil
from registries.build import Build
from registries.errors import DeploymentError
from registries.transactions import Pace, Transactions
from scripts import accept_admin, administer, record_roles, verify_deployment
from tests.deploy.stand_in import PACE, deploy, fund, order_for, request, undone
from tests.deployment import STRANGER

ALIASES = ("new-admin", "admin", "pauser", "registry-admin", "stranger")
SAFE = str(STRANGER)
DELAY = 2 * 86_400


@dataclass(frozen=True)
class Office:
    """Where the commands are given: a deployment whose roles Ape's test accounts hold."""

    url: str
    folder: Path

    def give(self, command: click.Command, *words: str) -> str:
        done = CliRunner().invoke(command, [*words, "--network", "base:sepolia", "--folder", str(self.folder)])
        assert done.exit_code == 0, done.output
        return done.output

    def administer(self, *words: str, account: str) -> str:
        return self.give(administer.cli, *words, "--account", account, "--yes")

    def refused(self, command: click.Command, *words: str) -> str:
        done = CliRunner().invoke(command, [*words, "--network", "base:sepolia", "--folder", str(self.folder)])
        assert done.exit_code == 1
        return done.output

    @property
    def config(self) -> AddressConfig:
        return AddressConfig.read(84532, self.folder)

    def wait(self, seconds: int) -> None:
        request(self.url, "evm_increaseTime", hex(seconds))
        request(self.url, "evm_mine")


def address(alias: str) -> str:
    return str(ape.accounts.test_accounts[ALIASES.index(alias)].address)


@pytest.fixture(scope="module")
def deployed(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    roles = Roles(address("admin"), (address("pauser"),), address("registry-admin"))
    with anvil("--chain-id", "84532") as url:
        folder = tmp_path_factory.mktemp("deployments")
        deploy(order_for(fund(url), built, folder, roles=roles))
        yield Office(url, folder)


@pytest.fixture
def office(deployed: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    def load(alias: str | None, _chain: object) -> object:
        if alias not in ALIASES:
            raise DeploymentError(f"account: {alias}")
        return ape.accounts.test_accounts[ALIASES.index(alias)]

    monkeypatch.setattr("registries.cli.administration.load_account", load)
    monkeypatch.setenv("BASE_SEPOLIA_RPC_URL", deployed.url)
    monkeypatch.setattr(Transactions.__init__, "__kwdefaults__", {**_kwdefaults(), "pace": PACE})
    config = (deployed.folder / "84532.json").read_bytes()
    with undone(deployed.url):
        for alias in ALIASES:
            fund(deployed.url, address(alias))
        yield deployed
    (deployed.folder / "84532.json").write_bytes(config)


def _kwdefaults() -> dict[str, Pace | None]:
    return dict(Transactions.__init__.__kwdefaults__ or {})


def test_hand_over__by_accounts__is_recorded_and_verified(office: Office) -> None:
    office.administer("hand-over", address("new-admin"), account="admin")
    assert "the transfer can be accepted in 17" in office.refused(accept_admin.cli, "--account", "new-admin", "--yes")

    office.wait(DELAY + 1)
    office.give(accept_admin.cli, "--account", "new-admin", "--yes")
    office.refused(verify_deployment.cli)
    shown = office.give(record_roles.cli, "--yes")
    assert address("new-admin") in shown
    assert office.config.roles.admin == address("new-admin")
    office.give(verify_deployment.cli)
    assert "The address config has the present roles" in office.give(record_roles.cli)


def test_hand_over__to_a_safe__is_exported(office: Office, tmp_path: Path) -> None:
    office.administer("hand-over", SAFE, account="admin")
    office.wait(DELAY + 1)
    path = tmp_path / "batches" / "accept.json"
    shown = office.give(accept_admin.cli, "--safe", SAFE, "--export", str(path))
    assert "import it in the Safe's transaction builder" in " ".join(shown.split())
    content = json.loads(path.read_text())
    assert [transaction["contractMethod"]["name"] for transaction in content["transactions"]] == [
        "acceptDefaultAdminTransfer"
    ] * 3
    assert [transaction["to"] for transaction in content["transactions"]] == [
        registry.address for registry in office.config.registries.values()
    ]
    assert "go together" in office.refused(accept_admin.cli, "--safe", SAFE)


def test_hand_over__when_cancelled__is_off(office: Office) -> None:
    office.administer("hand-over", SAFE, account="admin")
    office.refused(verify_deployment.cli)
    office.administer("cancel-hand-over", account="admin")
    office.give(verify_deployment.cli)


def test_roles__when_granted_and_revoked__are_as_recorded(office: Office) -> None:
    office.administer("grant", "PAUSER_ROLE", address("stranger"), account="admin")
    office.give(record_roles.cli, "--yes")
    assert set(office.config.roles.pausers) == {address("pauser"), address("stranger")}
    office.give(verify_deployment.cli)
    office.administer("revoke", "PAUSER_ROLE", address("stranger"), account="admin")
    office.give(record_roles.cli, "--yes")
    office.give(verify_deployment.cli)


def test_pause__by_the_pauser__stops_and_ends(office: Office) -> None:
    office.administer("pause", account="pauser")
    assert "not-paused" in office.refused(verify_deployment.cli)
    office.administer("unpause", account="pauser")
    office.give(verify_deployment.cli)
    assert "reverts with 0x" in office.refused(administer.cli, "pause", "--account", "stranger", "--yes")


def test_base_uri__by_the_registry_admin__is_set_once(office: Office) -> None:
    base = "https://example.org/agents/"
    assert "to do" in office.administer("set-base-uri", base, account="registry-admin")
    assert "to do" not in office.administer("set-base-uri", base, account="registry-admin")


def test_abis__of_the_module__are_those_of_the_build(built: Build) -> None:
    for name, abi in ABIS.items():
        selectors = {(entry["type"], entry.get("name", "")) for entry in abi}
        assert selectors == {(entry["type"], entry.get("name", "")) for entry in built.abi(name)}
        assert len(abi) == len(built.abi(name))
