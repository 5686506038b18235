"""A valid address config, and the accounts in it."""

from __future__ import annotations

from eth_utils.crypto import keccak

from registries.address_config import AddressConfig, Compiler, Deployment, Roles
from tests.deployment import ADMIN, PAUSER, REGISTRY_ADMIN
from tests.evm import Actor

CHAIN_ID = 84532
IDENTITY, REPUTATION, VALIDATION = (
    str(Actor.of(f"{name} registry")) for name in ("identity", "reputation", "validation")
)
ROLES = Roles(admin=str(ADMIN), pausers=(str(PAUSER),), registry_admin=str(REGISTRY_ADMIN))

_SHARED: dict[str, str | int] = {"adminDelay": ROLES.admin_delay, "admin": ROLES.admin, "pauser": ROLES.pausers[0]}


def _deployment(address: str, block: int, arguments: dict[str, str | int]) -> Deployment:
    return Deployment(
        address=address,
        block=block,
        transaction="0x" + keccak(text=f"transaction {block}").hex(),
        arguments=arguments,
        code_hash="0x" + keccak(text=f"code {block}").hex(),
    )


CONFIG = AddressConfig(
    chain_id=CHAIN_ID,
    chain_name="base:sepolia",
    abi_version="2.1.0",
    salt="0x" + keccak(text="salt").hex(),
    identity=_deployment(IDENTITY, 7, {**_SHARED, "registryAdmin": ROLES.registry_admin}),
    reputation=_deployment(REPUTATION, 8, {"identity": IDENTITY, **_SHARED}),
    validation=_deployment(VALIDATION, 9, {"identity": IDENTITY, **_SHARED}),
    roles=ROLES,
    compiler=Compiler(version="0.8.37+commit.f401782d", evm_version="cancun", optimizer_runs=200, via_ir=True),
    commit="b0091c446f90e2d93fc2b74fd33cb67de2cf1c28",
    time="2026-01-02T03:04:05Z",
)
