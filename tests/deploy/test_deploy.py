"""A deployment on a stand-in: what it writes, what it refuses before any transaction, what it finds afterwards."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from registries import build, deployer
from registries.address_config import ZERO_ADDRESS, AddressConfig, path_of
from registries.anvil import anvil
from registries.build import Build, trusted_build
from registries.chains import LOCAL
from registries.create2 import PROXY, PROXY_CODE, PROXY_COST, PROXY_SENDER
from registries.deployer import Order, carry_out, prepare
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.location import locate
from registries.plan import code_at
from registries.preflight import check_roles
from registries.release import creations
from tests.deploy.examples import CONFIG, ROLES
from tests.deploy.stand_in import (
    FUNDS,
    PACE,
    SIGNER,
    blocks,
    chain_for,
    deploy,
    fund,
    nonce_of,
    order_for,
    request,
)
from tests.deployment import ADMIN, DEPLOYER, PAUSER, STRANGER

BASE_SEPOLIA = chain_for(84532)


def refuse(url: str, built: Build, folder: Path, match: str, **changes: Any) -> None:
    """Asserts that a deployment is refused before any transaction, and leaves the folder as it is."""
    nonce, files = nonce_of(url), contents(folder)
    with pytest.raises(DeploymentError, match=match):
        prepare(order_for(url, built, folder, **changes))
    assert nonce_of(url) == nonce
    assert contents(folder) == files


def contents(folder: Path) -> dict[str, bytes]:
    """The address configs."""
    return {entry.name: entry.read_bytes() for entry in folder.glob("*.json")}


# WHAT IT DOES


def test_deploy__given_a_stand_in__writes_what_is_on_the_chain(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    steps: list[str] = []
    config = deploy(order, progress=steps.append)

    assert AddressConfig.read(84532, tmp_path) == config
    assert (config.chain_name, config.roles, config.abi_version) == ("base:sepolia", ROLES, "2.1.0")
    assert steps == [
        "Create the identity registry",
        "Create the reputation registry",
        "Create the validation registry",
        "Waiting until everything is 1 blocks deep",
        "Verifying the registries on the chain",
        "Writing the address config",
    ]
    for registry in config.registries.values():
        receipt = order.web3.eth.get_transaction_receipt(registry.transaction)  # type: ignore[arg-type]
        assert (receipt["to"], receipt["blockNumber"], receipt["status"]) == (PROXY, registry.block, 1)
        assert registry.code_hash == "0x" + keccak(code_at(order.web3, registry.address)).hex()
    assert dict(config.identity.arguments) == {
        "adminDelay": 172_800,
        "admin": ROLES.admin,
        "pauser": ROLES.pausers[0],
        "registryAdmin": ROLES.registry_admin,
    }
    assert dict(config.reputation.arguments) == dict(config.validation.arguments)
    compiler = config.compiler
    assert (compiler.evm_version, compiler.optimizer_runs, compiler.via_ir) == ("cancun", 200, True)
    assert compiler.version.startswith("0.8.37+commit.")


def test_deploy__on_two_chains__gives_the_predicted_addresses_on_both(built: Build, tmp_path: Path) -> None:
    predicted = {name: creation.address for name, creation in creations(built, ROLES).items()}
    for chain_id, confirmations in ((84532, 3), (1, 5)):
        with anvil("--chain-id", str(chain_id)) as url, blocks(fund(url)):
            chain = chain_for(chain_id, confirmations=confirmations)
            config = deploy(order_for(url, built, tmp_path, chain))
        assert {name: registry.address for name, registry in config.registries.items()} == predicted
    assert sorted(contents(tmp_path)) == ["1.json", "84532.json"]


def test_deploy__given_no_proxy__creates_it_first(built: Build, tmp_path: Path) -> None:
    with anvil("--chain-id", "84532", "--disable-default-create2-deployer") as url:
        order = order_for(fund(url), built, tmp_path)
        plan = prepare(order)
        assert [step.name for step in plan.steps][:2] == [
            "give the proxy's sender its gas",
            "create the deployment proxy",
        ]
        assert sum(step.value for step in plan.steps) == PROXY_COST
        config = carry_out(order, plan, SIGNER, pace=PACE)
        assert code_at(order.web3, PROXY) == PROXY_CODE
        assert config.identity.address == creations(built, ROLES)["identity"].address
        assert nonce_of(url) == 4
        assert nonce_of(url, PROXY_SENDER) == 1


def test_deploy__given_another_proxy__is_refused(chain: str, built: Build, tmp_path: Path) -> None:
    request(chain, "anvil_setCode", PROXY, "0x00")
    refuse(chain, built, tmp_path, f"^proxy: the code at {PROXY} is not that of the deterministic deployment proxy$")


def test_plan__when_carried_out__takes_less_gas_than_it_says(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    gas = {step.creates: step.gas for step in prepare(order).steps}
    for registry in deploy(order).registries.values():
        used = order.web3.eth.get_transaction_receipt(registry.transaction)["gasUsed"]  # type: ignore[arg-type]
        assert used < gas[registry.address] < 1.05 * used


def test_locate__given_an_old_contract__finds_its_creation(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    config = deploy(order)
    request(chain, "anvil_mine", hex(1_000))
    for registry in config.registries.values():
        location = locate(order.web3, registry.address)
        assert (location.block, location.transaction) == (registry.block, registry.transaction)
    with pytest.raises(DeploymentError, match=f"^no code at {STRANGER}$"):
        locate(order.web3, str(STRANGER))


def test_deploy__given_other_live_registries__is_refused_without_force(
    chain: str, built: Build, tmp_path: Path
) -> None:
    first = deploy(order_for(chain, built, tmp_path))
    other = replace(ROLES, admin_delay=90_000)
    match = rf"84532\.json: other registries are live, identity at {first.identity.address}; with --force the file is"
    refuse(chain, built, tmp_path, match, roles=other)

    second = deploy(order_for(chain, built, tmp_path, roles=other, force=True))
    assert AddressConfig.read(84532, tmp_path) == second
    assert second.identity.address != first.identity.address


def test_deploy__given_a_config_without_code_on_the_chain__replaces_it(
    chain: str, built: Build, tmp_path: Path
) -> None:
    CONFIG.write(tmp_path)
    config = deploy(order_for(chain, built, tmp_path))
    assert AddressConfig.read(84532, tmp_path) == config


def test_deploy__given_an_unreadable_config__is_refused_without_force(chain: str, built: Build, tmp_path: Path) -> None:
    path_of(84532, tmp_path).write_text("{")
    refuse(chain, built, tmp_path, r"84532\.json: cannot be read as JSON: .*; with --force it is overwritten")


# MONEY


def test_deploy__given_too_little_balance__names_need_and_have(chain: str, built: Build, tmp_path: Path) -> None:
    fund(chain, DEPLOYER, 10**15)
    refuse(
        chain, built, tmp_path, rf"^balance: {DEPLOYER} has 0\.001 ETH and needs 0\.0[0-9]+ ETH \([0-9,]+ gas at up to"
    )


def test_deploy__given_a_balance_one_wei_below_the_need__is_refused(chain: str, built: Build, tmp_path: Path) -> None:
    order = order_for(chain, built, tmp_path)
    need = sum(step.gas for step in prepare(order).steps) * FeePolicy().offer(order.web3).max_fee
    fund(chain, DEPLOYER, need)
    prepare(order)
    fund(chain, DEPLOYER, need - 1)
    refuse(chain, built, tmp_path, "^balance: ")
    assert need < FUNDS


def test_deploy__given_a_cap_below_the_base_fee__is_refused(chain: str, built: Build, tmp_path: Path) -> None:
    match = (
        r"^fees: the base fee of [0-9.]+ gwei and the priority fee of [0-9.]+ gwei are above the cap of 0\.000000001"
    )
    refuse(chain, built, tmp_path, match, fees=FeePolicy(cap=1))


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
    chain: str, built: Build, tmp_path: Path, change: dict[str, Any], match: str
) -> None:
    refuse(chain, built, tmp_path, match, roles=replace(ROLES, **change))


@pytest.mark.parametrize("delay", [86_400, 2_592_000])
def test_check_roles__given_a_delay_at_its_limit__passes(delay: int) -> None:
    check_roles(replace(ROLES, admin_delay=delay), str(STRANGER), BASE_SEPOLIA)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"pausers": (str(ADMIN),)}, f"^pauser: {ADMIN} is the admin too; on base:sepolia they must differ$"),
        (
            {"registry_admin": str(ADMIN)},
            f"^registry admin: {ADMIN} is the admin too; on base:sepolia they must differ$",
        ),
        ({"admin": str(STRANGER)}, f"^admin: {STRANGER} is the deployer, which may have no role on base:sepolia$"),
        ({"pausers": (str(STRANGER),)}, f"^pauser: {STRANGER} is the deployer, which may have no role"),
        ({"registry_admin": str(STRANGER)}, f"^registry admin: {STRANGER} is the deployer, which may have no role"),
    ],
)
def test_check_roles__given_two_powers_in_one_hand__refuses_on_a_public_chain_only(
    change: dict[str, Any], match: str
) -> None:
    roles = replace(ROLES, **change)
    check_roles(roles, str(STRANGER), LOCAL)
    with pytest.raises(DeploymentError, match=match):
        check_roles(roles, str(STRANGER), BASE_SEPOLIA)


@pytest.mark.parametrize("name", ["identity", "reputation", "validation"])
def test_deploy__given_an_existing_registry_with_a_role__is_refused(
    chain: str, built: Build, tmp_path: Path, name: str
) -> None:
    existing = deploy(order_for(chain, built, tmp_path)).registries[name].address
    match = f"^pauser: {existing} is a contract, a registry for {name}$"
    refuse(chain, built, tmp_path, match, roles=replace(ROLES, pausers=(existing,)), force=True)


def test_deploy__given_a_registry_to_be_with_a_role__is_refused(
    chain: str, built: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Such an address cannot be known in advance: it depends on the roles. Unless the rule for it is broken.
    monkeypatch.setattr("registries.release.Creation.address", property(lambda _self: str(ADMIN)))
    refuse(chain, built, tmp_path, f"^admin: {ADMIN} is going to be the identity registry$")


# WHAT IT FINDS AFTERWARDS


@pytest.fixture
def order(chain: str, built: Build, tmp_path: Path) -> Order:
    return order_for(chain, built, tmp_path)


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | int]:
    """Arguments that the creation code gets instead of those it was given, as a bug in the deployer would."""
    change: dict[str, str | int] = {}
    creation_with = Build.creation_with

    def wrong(self: Build, name: str, arguments: dict[str, str | int]) -> bytes:
        return creation_with(self, name, {**arguments, **{key: change[key] for key in change if key in arguments}})

    monkeypatch.setattr(Build, "creation_with", wrong)
    return change


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"admin": ROLES.pausers[0], "pauser": ROLES.admin}, "default-admin"),
        ({"pauser": str(STRANGER)}, "roles-exact"),
        ({"registryAdmin": str(STRANGER)}, "roles-exact"),
        ({"adminDelay": 86_400}, "admin-delay"),
    ],
)
def test_deploy__given_another_argument_on_the_chain__finds_it_and_writes_nothing(
    order: Order, careless: dict[str, str | int], change: dict[str, str | int], check: str
) -> None:
    careless.update(change)
    with pytest.raises(DeploymentError, match=f"^the registries are on the chain, and wrong:\n(.*\n)*{check}: "):
        deploy(order)
    assert not (order.folder / "84532.json").exists()


def test_deploy__given_a_wire_to_another_identity_registry__finds_it(
    chain: str, built: Build, tmp_path: Path, careless: dict[str, str | int]
) -> None:
    other = deploy(order_for(chain, built, tmp_path / "other", roles=replace(ROLES, admin_delay=90_000)))
    careless["identity"] = other.identity.address
    with pytest.raises(DeploymentError) as error:
        deploy(order_for(chain, built, tmp_path / "own"))
    for name in ("reputation", "validation"):
        assert f"wiring-{name}: {name}: it asks {other.identity.address}, not 0x" in str(error.value)
    assert not (tmp_path / "own" / "84532.json").exists()


def test_deploy__given_a_creation_that_would_revert__costs_nothing(
    chain: str, built: Build, tmp_path: Path, careless: dict[str, str | int]
) -> None:
    careless["identity"] = str(STRANGER)
    with pytest.raises(DeploymentError, match=r"^create the reputation registry: the call reverts with 0x$"):
        deploy(order_for(chain, built, tmp_path))
    assert nonce_of(chain) == 1
    assert not (tmp_path / "84532.json").exists()


# THE BUILD


def test_creation_with__given_other_arguments__names_both(built: Build) -> None:
    with pytest.raises(
        DeploymentError, match=r"^identity registry: its constructor takes \['.*\], we give \['admin'\]$"
    ):
        built.creation_with("identity", {"admin": str(ADMIN)})


def test_creation_with__given_any_order_of_arguments__puts_each_in_its_place(built: Build) -> None:
    arguments = creations(built, ROLES)["identity"].arguments
    reversed_order = {name: arguments[name] for name in reversed(list(arguments))}
    code = built.creation_with("identity", reversed_order)
    assert code == built.creation_with("identity", arguments)
    values = (ROLES.admin_delay, ROLES.admin, ROLES.pausers[0], ROLES.registry_admin)
    assert code == built.creation_code("identity") + encode(["uint48", "address", "address", "address"], values)


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


def test_commit__given_changes__says_so(tmp_path: Path) -> None:
    assert deployer._commit(tmp_path / "nowhere") == "unknown"
