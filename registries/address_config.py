"""The address config: what was deployed where, by whom it is administered and how it was built, one JSON file a chain.

The file's form is `address-config.schema.json`. It is checked on writing and on reading, together with what a schema
cannot say.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from eth_utils.address import is_checksum_address
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from registries.files import replace_file

FOLDER = Path("deployments")
SCHEMA_PATH = Path(__file__).with_name("address-config.schema.json")
ZERO_ADDRESS = "0x" + "00" * 20
DEFAULT_ADMIN_DELAY = 2 * 86_400
"""Seconds."""

REGISTRY_NAMES = ("identity", "reputation", "validation")


class AddressConfigError(ValueError):
    """An address config that breaks a rule; the text names the value and the rule."""


@dataclass(frozen=True)
class Deployment:
    """One registry.

    :ivar transaction: the hash of the transaction that created it
    :ivar arguments: its constructor's arguments by name
    :ivar code_hash: keccak256 of its runtime code
    """

    address: str
    block: int
    transaction: str
    arguments: Mapping[str, str | int]
    code_hash: str


@dataclass(frozen=True)
class Roles:
    """Who may do what, the same in each registry.

    :ivar admin: the default admin, which grants and revokes the other roles
    :ivar admin_delay: seconds between announcing and accepting a new default admin
    :ivar pausers: who may pause and unpause
    :ivar registry_admin: who may set the identity registry's base URI
    """

    admin: str
    pausers: tuple[str, ...]
    registry_admin: str
    admin_delay: int = DEFAULT_ADMIN_DELAY


@dataclass(frozen=True)
class Compiler:
    """What the registries were compiled with.

    :ivar version: solc's, with its commit
    """

    version: str
    evm_version: str
    optimizer_runs: int
    via_ir: bool


@dataclass(frozen=True)
class AddressConfig:
    """One deployment of the three registries on one chain.

    :ivar abi_version: what the registries' `getVersion()` says
    :ivar salt: of the addresses, in hexadecimal (EIP-1014)
    :ivar commit: the project's, see the schema
    :ivar time: when the last of the three was created, by its block, as ISO 8601 in UTC
    """

    chain_id: int
    chain_name: str
    abi_version: str
    identity: Deployment
    reputation: Deployment
    validation: Deployment
    salt: str
    roles: Roles
    compiler: Compiler
    commit: str
    time: str

    @property
    def registries(self) -> dict[str, Deployment]:
        """The three registries by name."""
        return {name: getattr(self, name) for name in REGISTRY_NAMES}

    def to_json(self) -> dict[str, Any]:
        """The file's content.

        :raises AddressConfigError: if it breaks a rule
        """
        data = _to_json(self)
        check(data)
        return data

    @classmethod
    def from_json(cls, data: Any) -> AddressConfig:
        """The config in a file's content.

        :raises AddressConfigError: if it breaks a rule
        """
        check(data)
        return _from_json(data)

    def write(self, folder: Path = FOLDER) -> Path:
        """Writes the chain's file and gives its path. Whatever goes wrong, the file is the old one or the new one.

        :raises AddressConfigError: if the config breaks a rule; nothing is written then
        """
        text = json.dumps(self.to_json(), indent=2) + "\n"
        path = path_of(self.chain_id, folder)
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
        return path

    @classmethod
    def read(cls, chain_id: int, folder: Path = FOLDER) -> AddressConfig:
        """The config of a chain.

        :raises AddressConfigError: if there is none, or it breaks a rule
        """
        path = path_of(chain_id, folder)
        try:
            config = cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise AddressConfigError(f"{path}: no deployment on chain {chain_id} is known") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise AddressConfigError(f"{path}: cannot be read as JSON: {error}") from error
        except AddressConfigError as error:
            raise AddressConfigError(f"{path}: {error}") from error
        if config.chain_id != chain_id:
            raise AddressConfigError(f"{path}: chainId: {config.chain_id} is not the chain in the file's name")
        return config


def path_of(chain_id: int, folder: Path = FOLDER) -> Path:
    """Where a chain's config is."""
    return folder / f"{chain_id}.json"


# JSON


def _to_json(config: AddressConfig) -> dict[str, Any]:
    return {
        "chainId": config.chain_id,
        "chainName": config.chain_name,
        "abiVersion": config.abi_version,
        "registries": {
            name: {
                "address": registry.address,
                "block": registry.block,
                "transaction": registry.transaction,
                "arguments": dict(registry.arguments),
                "codeHash": registry.code_hash,
            }
            for name, registry in config.registries.items()
        },
        "salt": config.salt,
        "roles": {
            "admin": config.roles.admin,
            "adminDelay": config.roles.admin_delay,
            "pausers": list(config.roles.pausers),
            "registryAdmin": config.roles.registry_admin,
        },
        "compiler": {
            "version": config.compiler.version,
            "evmVersion": config.compiler.evm_version,
            "optimizerRuns": config.compiler.optimizer_runs,
            "viaIR": config.compiler.via_ir,
        },
        "commit": config.commit,
        "time": config.time,
    }


def _from_json(data: dict[str, Any]) -> AddressConfig:
    registries = {
        name: Deployment(
            address=entry["address"],
            block=entry["block"],
            transaction=entry["transaction"],
            arguments=entry["arguments"],
            code_hash=entry["codeHash"],
        )
        for name, entry in data["registries"].items()
    }
    roles, compiler = data["roles"], data["compiler"]
    return AddressConfig(
        chain_id=data["chainId"],
        chain_name=data["chainName"],
        abi_version=data["abiVersion"],
        **registries,
        salt=data["salt"],
        roles=Roles(
            admin=roles["admin"],
            pausers=tuple(roles["pausers"]),
            registry_admin=roles["registryAdmin"],
            admin_delay=roles["adminDelay"],
        ),
        compiler=Compiler(
            version=compiler["version"],
            evm_version=compiler["evmVersion"],
            optimizer_runs=compiler["optimizerRuns"],
            via_ir=compiler["viaIR"],
        ),
        commit=data["commit"],
        time=data["time"],
    )


# RULES


@functools.cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(data: Any) -> None:
    """Checks a file's content.

    :raises AddressConfigError: for the first rule that is broken
    """
    error = best_match(_validator().iter_errors(data))
    if error is not None:
        raise AddressConfigError(f"{error.json_path.removeprefix('$.')}: {error.message}")
    for place, text in _strings(data):
        _check_line(place, text)
    for place, address in _addresses(data):
        _check_address(place, address)
    _check_time(data["time"])
    _check_distinct(data["registries"])
    _check_wiring(data["registries"])
    _check_roles(data["registries"], data["roles"])


def _strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Each string in a file with its place."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _strings(entry, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            yield from _strings(entry, f"{place}[{position}]")
    elif isinstance(value, str):
        yield place, value


def _addresses(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Each address in a valid file with its place: the strings of 20 bytes."""
    for where, text in _strings(value, place):
        if text.startswith("0x") and len(text) == len(ZERO_ADDRESS):
            yield where, text


def _check_line(place: str, text: str) -> None:
    """In Python, the `$` that ends the schema's patterns lets one pass."""
    if "\n" in text:
        raise AddressConfigError(f"{place}: {text!r} has a line break")


def _check_address(place: str, address: str) -> None:
    if address == ZERO_ADDRESS:
        raise AddressConfigError(f"{place}: {address} is the zero address")
    if not is_checksum_address(address):
        raise AddressConfigError(f"{place}: {address} is not checksummed (EIP-55)")


def _check_time(time: str) -> None:
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise AddressConfigError(f"time: {time} is not a time") from None


def _check_distinct(registries: dict[str, Any]) -> None:
    seen: dict[str, str] = {}
    for name, registry in registries.items():
        address = registry["address"]
        if address in seen:
            raise AddressConfigError(
                f"registries.{name}.address: {address} is also {seen[address]}'s; the three must differ"
            )
        seen[address] = name


def _check_wiring(registries: dict[str, Any]) -> None:
    identity = registries["identity"]["address"]
    for name in ("reputation", "validation"):
        wire = registries[name]["arguments"]["identity"]
        if wire != identity:
            raise AddressConfigError(
                f"registries.{name}.arguments.identity: {wire} is not the identity registry, {identity}"
            )


def _check_roles(registries: dict[str, Any], roles: dict[str, Any]) -> None:
    """No registry holds a role, and all were created with the same arguments. Roles change hands later."""
    addresses = {registry["address"]: name for name, registry in registries.items()}
    for place, account in _addresses(roles, "roles"):
        if account in addresses:
            raise AddressConfigError(f"{place}: {account} is the {addresses[account]} registry; no registry has a role")
    first = registries["identity"]["arguments"]
    for name, registry in registries.items():
        for argument, given in registry["arguments"].items():
            if argument in first and given != first[argument]:
                place = f"registries.{name}.arguments.{argument}"
                raise AddressConfigError(f"{place}: {given} is not the identity registry's, {first[argument]}")
