"""`deploy` on a local chain: what it writes, what it refuses before any transaction, what it finds afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from ape.api import AccountAPI
from ape.exceptions import ContractLogicError
from eth_utils.crypto import keccak

from registries import build, deployer
from registries.address_config import ZERO_ADDRESS, AddressConfig, Roles, path_of
from registries.build import Build, immutable_values, trusted_build
from registries.chains import LOCAL
from registries.deployer import STEPS, deploy
from registries.errors import DeploymentError
from registries.preflight import check_roles, creation_gas
from tests.deploy.examples import CONFIG, ROLES
from tests.deployment import ADMIN, PAUSER, STRANGER

CHAIN_ID = 31337


@pytest.fixture(scope="module")
def built() -> Build:
    return trusted_build()


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch, built: Build) -> Iterator[AccountAPI]:
    """A local chain as it was before, whose build is proven once for all tests; gives the deployer."""
    monkeypatch.setattr(deployer, "trusted_build", lambda: built)
    with ape.chain.isolate():
        yield ape.accounts.test_accounts[0]


def refuse(account: AccountAPI, folder: Path, match: str, roles: Roles = ROLES, **options: Any) -> None:
    """Asserts that a deployment is refused before any transaction, and leaves the folder as it is."""
    nonce, files = account.nonce, contents(folder)
    with pytest.raises(DeploymentError, match=match):
        deploy(account, roles, **{"chain_name": LOCAL, "folder": folder, **options})
    assert account.nonce == nonce
    assert contents(folder) == files


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


# WHAT IT DOES


def test_deploy__given_a_local_chain__writes_what_is_on_the_chain(chain: AccountAPI, tmp_path: Path) -> None:
    steps: list[str] = []
    config = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path, progress=steps.append)

    assert AddressConfig.read(CHAIN_ID, tmp_path) == config
    assert (config.chain_id, config.chain_name, config.roles, config.abi_version) == (CHAIN_ID, LOCAL, ROLES, "2.1.0")
    assert len(steps) == STEPS
    provider = ape.chain.provider
    for registry in config.registries.values():
        receipt = provider.get_receipt(registry.transaction)
        assert (receipt.contract_address, receipt.block_number) == (registry.address, registry.block)
        assert registry.code_hash == "0x" + keccak(provider.get_code(registry.address)).hex()
    assert dict(config.identity.arguments) == {
        "adminDelay": 172_800,
        "admin": ROLES.admin,
        "pauser": ROLES.pausers[0],
        "registryAdmin": ROLES.registry_admin,
    }
    assert config.reputation.arguments == config.validation.arguments
    compiler = config.compiler
    assert (compiler.evm_version, compiler.optimizer_runs, compiler.via_ir) == ("cancun", 200, True)
    assert compiler.version.startswith("0.8.37+commit.")


def test_deploy__given_a_local_chain__takes_less_gas_than_asked_for(
    chain: AccountAPI, tmp_path: Path, built: Build
) -> None:
    config = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path)
    for name, registry in config.registries.items():
        used = ape.chain.provider.get_receipt(registry.transaction).gas_used
        assert used < creation_gas(built, name) < 1.05 * used


def test_deploy__given_a_live_deployment__is_refused_without_force(chain: AccountAPI, tmp_path: Path) -> None:
    first = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path)
    refuse(chain, tmp_path, rf"31337\.json: the registries are live, identity at {first.identity.address}")

    second = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path, force=True)
    assert AddressConfig.read(CHAIN_ID, tmp_path) == second
    assert second.identity.address != first.identity.address


def test_deploy__given_a_config_without_code_on_the_chain__replaces_it(chain: AccountAPI, tmp_path: Path) -> None:
    replace(CONFIG, chain_id=CHAIN_ID, chain_name=LOCAL).write(tmp_path)
    config = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path)
    assert AddressConfig.read(CHAIN_ID, tmp_path) == config


def test_deploy__given_an_unreadable_config__is_refused_without_force(chain: AccountAPI, tmp_path: Path) -> None:
    path_of(CHAIN_ID, tmp_path).write_text("{")
    refuse(chain, tmp_path, r"31337\.json: cannot be read as JSON: .*; with force it is overwritten")


# THE CHAIN


def test_deploy__given_an_unknown_chain__is_refused(chain: AccountAPI, tmp_path: Path) -> None:
    refuse(
        chain,
        tmp_path,
        "^chain 'optimism:mainnet' is unknown; known are ethereum:mainnet",
        chain_name="optimism:mainnet",
    )


def test_deploy__given_another_chain_than_named__is_refused(chain: AccountAPI, tmp_path: Path) -> None:
    match = "^base:sepolia has chain id 84532, but the RPC's is 31337$"
    refuse(chain, tmp_path, match, chain_name="base:sepolia")


def test_deploy__given_too_little_balance__names_need_and_have(chain: AccountAPI, tmp_path: Path) -> None:
    chain.balance = 10**15
    refuse(chain, tmp_path, rf"^balance: {chain.address} has 0\.001 ETH and needs 0\.0[0-9]+ ETH \([0-9,]+ gas")


def test_deploy__given_a_balance_one_wei_below_the_need__is_refused(
    chain: AccountAPI, tmp_path: Path, built: Build
) -> None:
    provider = ape.chain.provider
    gas = int(sum(creation_gas(built, name) for name in built.containers) * provider.network.auto_gas_multiplier)
    need = gas * (int(provider.base_fee * provider.network.base_fee_multiplier) + provider.priority_fee)
    chain.balance = need - 1
    refuse(chain, tmp_path, "^balance: ")


# THE ARGUMENTS

BAD_ROLES: list[tuple[dict[str, Any], str]] = [
    ({"admin": ZERO_ADDRESS}, f"^admin: {ZERO_ADDRESS} is the zero address$"),
    ({"pausers": (ZERO_ADDRESS,)}, f"^pauser: {ZERO_ADDRESS} is the zero address$"),
    ({"registry_admin": ZERO_ADDRESS}, f"^registry admin: {ZERO_ADDRESS} is the zero address$"),
    ({"admin": ROLES.admin.lower()}, rf"^admin: '{ROLES.admin.lower()}' is not a checksummed address \(EIP-55\)$"),
    ({"pausers": (ROLES.pausers[0].lower(),)}, r"^pauser: .* is not a checksummed address \(EIP-55\)$"),
    ({"registry_admin": "vitalik.eth"}, r"^registry admin: 'vitalik\.eth' is not a checksummed address"),
    ({"admin": 172_800}, "^admin: 172800 is not an address$"),
    ({"admin": "0x000000000000000000000000000000000002A300"}, "^admin: .* is a number or a precompile"),
    ({"pausers": "0x0000000000000000000000000000000000000001"}, "^pausers: one is needed, not 42"),
    ({"pausers": ()}, "^pausers: one is needed, not 0"),
    ({"pausers": (str(PAUSER), str(STRANGER))}, "^pausers: one is needed, not 2"),
    ({"admin_delay": ROLES.admin}, "^admin delay: '0x.*' is not a number of seconds$"),
    ({"admin_delay": True}, "^admin delay: True is not a number of seconds$"),
    ({"admin_delay": 86_399}, r"^admin delay: 86399 seconds is not from 86400 \(1 day\) to 2592000 \(30 days\)$"),
    ({"admin_delay": 2_592_001}, "^admin delay: 2592001 seconds is not from"),
    ({"admin_delay": int(ROLES.admin, 16)}, "^admin delay: [0-9]+ seconds is not from"),
]


@pytest.mark.parametrize(("change", "match"), BAD_ROLES)
def test_deploy__given_a_wrong_argument__names_it(
    chain: AccountAPI, tmp_path: Path, change: dict[str, Any], match: str
) -> None:
    refuse(chain, tmp_path, match, replace(ROLES, **change))


@pytest.mark.parametrize("delay", [86_400, 2_592_000])
def test_check_roles__given_a_delay_at_its_limit__passes(delay: int) -> None:
    check_roles(replace(ROLES, admin_delay=delay), str(STRANGER), "base:sepolia")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"pausers": (str(ADMIN),)}, f"^pauser: {ADMIN} is the admin too; on base:sepolia they must differ$"),
        (
            {"registry_admin": str(ADMIN)},
            f"^registry admin: {ADMIN} is the admin too; on base:sepolia they must differ$",
        ),
        ({"admin": str(STRANGER)}, f"^admin: {STRANGER} is the deployer; on base:sepolia they must differ$"),
    ],
)
def test_check_roles__given_two_powers_in_one_hand__refuses_on_a_live_chain_only(
    change: dict[str, Any], match: str
) -> None:
    roles = replace(ROLES, **change)
    check_roles(roles, str(STRANGER), LOCAL)
    with pytest.raises(DeploymentError, match=match):
        check_roles(roles, str(STRANGER), "base:sepolia")


def test_check_roles__given_the_deployer_as_pauser__passes_on_a_live_chain() -> None:
    check_roles(replace(ROLES, pausers=(str(STRANGER),)), str(STRANGER), "base:sepolia")


@pytest.mark.parametrize("name", ["identity", "reputation", "validation"])
def test_deploy__given_a_registry_with_a_role__is_refused(chain: AccountAPI, tmp_path: Path, name: str) -> None:
    position = ["identity", "reputation", "validation"].index(name)
    coming = str(chain.get_deployment_address(nonce=chain.nonce + position))
    refuse(chain, tmp_path, f"^admin: {coming} is going to be the {name} registry$", replace(ROLES, admin=coming))

    existing = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path).registries[name].address
    match = f"^pauser: {existing} is a contract, a registry for {name}$"
    refuse(chain, tmp_path, match, replace(ROLES, pausers=(existing,)), force=True)


# WHAT IT FINDS AFTERWARDS


def swap(monkeypatch: pytest.MonkeyPatch, change: dict[str, str | int]) -> None:
    """Makes the creations use other arguments than they were given, as a bug in the deployer would."""
    create = deployer._create

    def careless(account: AccountAPI, built: Build, name: str, arguments: dict[str, str | int]) -> Any:
        wrong = {**arguments, **{key: value for key, value in change.items() if key in arguments}}
        return create(account, built, name, wrong)

    monkeypatch.setattr(deployer, "_create", careless)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"admin": ROLES.pausers[0], "pauser": ROLES.admin}, r"defaultAdmin\(\) is "),
        ({"pauser": str(STRANGER)}, "the set of roles granted is "),
        ({"registryAdmin": str(STRANGER)}, "the set of roles granted is "),
        ({"adminDelay": 86_400}, r"defaultAdminDelay\(\) is 86400, not 172800"),
    ],
)
def test_deploy__given_another_argument_on_the_chain__finds_it_and_writes_nothing(
    chain: AccountAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str | int], finding: str
) -> None:
    swap(monkeypatch, change)
    with pytest.raises(
        DeploymentError, match=f"on the chain, and wrong:\n(.*\n)*identity at 0x[0-9a-fA-F]+: {finding}"
    ):
        deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path)
    assert contents(tmp_path) == {}


def test_deploy__given_a_wire_to_another_identity_registry__finds_it(
    chain: AccountAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path / "other").identity.address
    swap(monkeypatch, {"identity": other})
    with pytest.raises(DeploymentError) as error:
        deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path / "own")
    for name in ("reputation", "validation"):
        assert f"{name} at 0x" in str(error.value)
    assert f"getIdentityRegistry() is '{other}'" in str(error.value)
    assert "the immutables in the code are not those expected" in str(error.value)
    assert not (tmp_path / "own").exists()


def test_deploy__given_a_creation_fails__names_what_was_deployed(
    chain: AccountAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap(monkeypatch, {"identity": str(STRANGER)})
    with pytest.raises(
        DeploymentError, match=r"^reputation registry: not deployed: .*; deployed before: identity 0x"
    ) as error:
        deploy(chain, ROLES, chain_name=LOCAL, folder=tmp_path)
    assert isinstance(error.value.__cause__, ContractLogicError)
    assert contents(tmp_path) == {}


# THE BUILD


def test_immutable_values__given_other_code__finds_it(built: Build) -> None:
    code = bytearray(built.runtime_code("reputation"))
    assert immutable_values(bytes(code), bytes(code)) == [bytes(32)] * 2
    code[100] ^= 1
    assert immutable_values(built.runtime_code("reputation"), bytes(code)) is None
    assert immutable_values(built.runtime_code("reputation"), bytes(code[:-1])) is None


def test_trusted_build__given_a_changed_base_contract__sees_that_the_build_is_stale(tmp_path: Path) -> None:
    project = Path(ape.project.path)
    shutil.copytree(project / "contracts", tmp_path / "contracts", ignore=shutil.ignore_patterns(".cache"))
    (tmp_path / "node_modules").symlink_to(project / "node_modules")
    assert build._is_fresh(build._fresh_metadata(tmp_path))
    # What Ape's own cache misses: of the registries' files, none has changed.
    with (tmp_path / "contracts" / "base" / "RegistryBase.sol").open("a", encoding="utf-8") as file:
        file.write("// changed\n")
    assert not build._is_fresh(build._fresh_metadata(tmp_path))


def test_trusted_build__given_a_stale_build__compiles_anew_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[dict[str, Any]] = []
    monkeypatch.setattr(type(ape.project), "load_contracts", lambda _self, **options: compiled.append(options))
    monkeypatch.setattr(build, "_is_fresh", lambda _metadata: bool(compiled))
    assert set(trusted_build().containers) == {"identity", "reputation", "validation"}
    assert compiled == [{"use_cache": False}]


def test_trusted_build__given_a_build_that_stays_stale__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(ape.project), "load_contracts", lambda _self, **_options: None)
    monkeypatch.setattr(build, "_is_fresh", lambda _metadata: False)
    with pytest.raises(DeploymentError, match=r"^Ape's build is not that of the sources"):
        trusted_build()
