"""What the holders of roles do after a deployment: calls of the registries, to be sent or exported for a Safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from web3 import Web3
from web3.contract import Contract

from registries.address_config import ZERO_ADDRESS, AddressConfig
from registries.build import CONTRACT_NAMES, Build
from registries.errors import DeploymentError
from registries.roles import ROLES


@dataclass(frozen=True)
class Call:
    """One call of a registry: a task for {registries.transactions}.

    :ivar function: its entry in the ABI
    :ivar arguments: by name, in their order
    :ivar done: whether it has had its effect
    """

    registry: str
    contract: Contract
    function: dict[str, Any]
    arguments: dict[str, Any]
    done: Callable[[], bool]
    value: int = 0
    signed: bytes = b""

    @property
    def name(self) -> str:
        """In words."""
        arguments = ", ".join(_text(value) for value in self.arguments.values())
        return f"{self.registry}: {self.function['name']}({arguments})"

    @property
    def key(self) -> str:
        """See {registries.transactions.Task}."""
        return self.name

    @property
    def to(self) -> str:
        """The registry's address."""
        return str(self.contract.address)

    @property
    def data(self) -> bytes:
        """The calldata."""
        encoded = self.contract.encode_abi(self.function["name"], list(self.arguments.values()))
        return bytes.fromhex(encoded.removeprefix("0x"))

    def is_done(self, _web3: Web3) -> bool:
        """Whether it has had its effect."""
        return self.done()


def _text(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


class Administration:
    """The calls that administer a deployment, one for each registry that they concern."""

    def __init__(self, web3: Web3, config: AddressConfig, build: Build) -> None:
        self._web3 = web3
        self._abis = {name: build.abi(name) for name in CONTRACT_NAMES}
        self._contracts = {
            name: web3.eth.contract(Web3.to_checksum_address(config.registries[name].address), abi=abi)
            for name, abi in self._abis.items()
        }

    def begin_transfer(self, new_admin: str) -> list[Call]:
        """Announces a new default admin, who may accept after the delay. By the admin."""
        return [
            self._call(
                name, "beginDefaultAdminTransfer", [new_admin], lambda registry: self._pending(registry)[0] == new_admin
            )
            for name in CONTRACT_NAMES
        ]

    def cancel_transfer(self) -> list[Call]:
        """Takes the announcement back. By the admin."""
        return [
            self._call(
                name, "cancelDefaultAdminTransfer", [], lambda registry: self._pending(registry) == (ZERO_ADDRESS, 0)
            )
            for name in CONTRACT_NAMES
        ]

    def accept_transfer(self, new_admin: str) -> list[Call]:
        """Makes the announced account the default admin. By that account.

        :raises DeploymentError: if another one, or none, is announced, or the delay is not over
        """
        now = self._web3.eth.get_block("latest")["timestamp"]
        for name in CONTRACT_NAMES:
            pending, schedule = self._pending(name)
            if self._admin(name) == new_admin:
                continue
            if pending != new_admin:
                raise DeploymentError(f"{name}: {pending} is announced as the new admin, not {new_admin}")
            if now <= schedule:
                raise DeploymentError(f"{name}: the transfer can be accepted in {schedule - now + 1:,} seconds")
        return [
            self._call(name, "acceptDefaultAdminTransfer", [], lambda registry: self._admin(registry) == new_admin)
            for name in CONTRACT_NAMES
        ]

    def pause(self, *, paused: bool) -> list[Call]:
        """Pauses all registries, or unpauses them. By a pauser."""
        function = "pause" if paused else "unpause"
        return [
            self._call(name, function, [], lambda registry: self._ask(registry, "paused") == paused)
            for name in CONTRACT_NAMES
        ]

    def set_role(self, role: str, account: str, *, held: bool) -> list[Call]:
        """Grants a role in each registry that has it, or revokes it. By the admin.

        :param role: PAUSER_ROLE or REGISTRY_ADMIN_ROLE
        """
        function = "grantRole" if held else "revokeRole"
        return [
            self._call(
                name,
                function,
                [ROLES[role], account],
                lambda registry: self._ask(registry, "hasRole", ROLES[role], account) == held,
            )
            for name in registries_with(role)
        ]

    def set_base_uri(self, base: str) -> list[Call]:
        """Sets the base of the auto URIs. By the registry admin."""
        return [self._call("identity", "setBaseURI", [base], lambda registry: self._ask(registry, "baseURI") == base)]

    def _call(self, name: str, function: str, arguments: list[Any], done: Callable[[str], bool]) -> Call:
        entry = next(entry for entry in self._abis[name] if entry["type"] == "function" and entry["name"] == function)
        names = [item["name"] for item in entry["inputs"]]
        return Call(name, self._contracts[name], entry, dict(zip(names, arguments, strict=True)), partial(done, name))

    def _ask(self, name: str, function: str, *arguments: Any) -> Any:
        return self._contracts[name].get_function_by_name(function)(*arguments).call()

    def _admin(self, name: str) -> str:
        return str(self._ask(name, "defaultAdmin"))

    def _pending(self, name: str) -> tuple[str, int]:
        """Who is announced, and the time after which the transfer can be accepted."""
        account, schedule = self._ask(name, "pendingDefaultAdmin")
        return account, schedule


def registries_with(role: str) -> tuple[str, ...]:
    """The registries that have a role."""
    return ("identity",) if role == "REGISTRY_ADMIN_ROLE" else tuple(CONTRACT_NAMES)
