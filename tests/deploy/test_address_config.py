"""The address config: its rules on writing and on reading, and that no file is ever half-written."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registries.address_config import ZERO_ADDRESS, AddressConfig, AddressConfigError, path_of
from tests.deploy.examples import CHAIN_ID, CONFIG, IDENTITY, REPUTATION, ROLES
from tests.deployment import ADMIN, PAUSER, STRANGER

DATA = CONFIG.to_json()


def places(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where each value of a JSON document is, the objects' own included."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from places(entry, (*place, key))


def value_at(data: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        data = data[key]
    return data


def changed(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The valid document with one other value."""
    data = copy.deepcopy(DATA)
    value_at(data, place[:-1])[place[-1]] = value
    return data


ALL = list(places(DATA))
LEAVES = [place for place in ALL if not isinstance(value_at(DATA, place), dict)]
ADDRESSES = [place for place in LEAVES if len(str(value_at(DATA, place))) == len(ZERO_ADDRESS)]

OUT_OF_RANGE = [
    ("chainId", 0),
    ("chainName", "Base Sepolia"),
    ("abiVersion", "1.0.0"),
    ("registries.identity.block", -1),
    ("registries.identity.transaction", "0x12"),
    ("registries.validation.codeHash", "0x" + "AB" * 32),
    ("registries.reputation.arguments.adminDelay", 86_399),
    ("roles.adminDelay", 2_592_001),
    ("roles.pausers", []),
    ("roles.pausers", list(ROLES.pausers) * 2),
    ("compiler.version", "0.8.37"),
    ("compiler.optimizerRuns", 0),
    ("commit", "main"),
    ("time", "2026-01-02 03:04:05"),
]


def dotted(place: tuple[str, ...]) -> str:
    return ".".join(place)


def test_write__given_a_valid_config__reads_back_equal(tmp_path: Path) -> None:
    path = CONFIG.write(tmp_path / "deployments")
    assert path == tmp_path / "deployments" / "84532.json"
    assert AddressConfig.read(CHAIN_ID, tmp_path / "deployments") == CONFIG
    assert [entry.name for entry in path.parent.iterdir()] == ["84532.json"]


def test_write__when_written__anybody_may_read_it(tmp_path: Path) -> None:
    assert CONFIG.write(tmp_path).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("place", ALL, ids=dotted)
def test_from_json__given_a_value_missing__names_it(place: tuple[str, ...]) -> None:
    data = copy.deepcopy(DATA)
    del value_at(data, place[:-1])[place[-1]]
    with pytest.raises(AddressConfigError, match=f"'{place[-1]}' is a required property"):
        AddressConfig.from_json(data)


@pytest.mark.parametrize("place", ALL, ids=dotted)
def test_from_json__given_a_value_of_another_type__names_it(place: tuple[str, ...]) -> None:
    with pytest.raises(AddressConfigError, match=rf"^{dotted(place)}: None is not of type"):
        AddressConfig.from_json(changed(place, None))


@pytest.mark.parametrize(("place", "value"), OUT_OF_RANGE)
def test_from_json__given_a_value_out_of_range__names_it(place: str, value: object) -> None:
    with pytest.raises(AddressConfigError, match=f"^{place}: "):
        AddressConfig.from_json(changed(tuple(place.split(".")), value))


@pytest.mark.parametrize("place", [(), ("registries",), ("registries", "identity"), ("roles",), ("compiler",)])
def test_from_json__given_an_unknown_name__names_it(place: tuple[str, ...]) -> None:
    with pytest.raises(AddressConfigError, match="'surprise' was unexpected"):
        AddressConfig.from_json(changed((*place, "surprise"), 1))


@pytest.mark.parametrize("place", ADDRESSES, ids=dotted)
def test_from_json__given_a_zero_address__names_it(place: tuple[str, ...]) -> None:
    with pytest.raises(AddressConfigError, match=f"^{dotted(place)}: {ZERO_ADDRESS} is the zero address$"):
        AddressConfig.from_json(changed(place, ZERO_ADDRESS))


@pytest.mark.parametrize("place", ADDRESSES, ids=dotted)
def test_from_json__given_an_address_without_checksum__names_it(place: tuple[str, ...]) -> None:
    address = value_at(DATA, place).lower()
    with pytest.raises(AddressConfigError, match=rf"^{dotted(place)}: {address} is not checksummed \(EIP-55\)$"):
        AddressConfig.from_json(changed(place, address))


def test_from_json__given_a_pauser_without_checksum__names_it() -> None:
    pauser = ROLES.pausers[0].lower()
    with pytest.raises(AddressConfigError, match=rf"^roles.pausers\[0\]: {pauser} is not checksummed"):
        AddressConfig.from_json(changed(("roles", "pausers"), [pauser]))


def test_from_json__given_one_address_twice__names_both() -> None:
    place = ("registries", "validation", "address")
    with pytest.raises(AddressConfigError, match=f"^{dotted(place)}: {REPUTATION} is also reputation's"):
        AddressConfig.from_json(changed(place, REPUTATION))


@pytest.mark.parametrize("name", ["reputation", "validation"])
def test_from_json__given_a_wrong_wire__names_it(name: str) -> None:
    place = ("registries", name, "arguments", "identity")
    with pytest.raises(
        AddressConfigError, match=f"^{dotted(place)}: {STRANGER} is not the identity registry, {IDENTITY}"
    ):
        AddressConfig.from_json(changed(place, str(STRANGER)))


@pytest.mark.parametrize("role", ["admin", "registryAdmin"])
def test_from_json__given_a_registry_with_a_role__names_it(role: str) -> None:
    with pytest.raises(AddressConfigError, match=f"^roles.{role}: {IDENTITY} is the identity registry"):
        AddressConfig.from_json(changed(("roles", role), IDENTITY))


@pytest.mark.parametrize(
    ("argument", "value", "wanted"),
    [("admin", str(STRANGER), ADMIN), ("pauser", str(STRANGER), PAUSER), ("adminDelay", 90_000, 172_800)],
)
def test_from_json__given_other_arguments_than_the_identity_registrys__names_both(
    argument: str, value: str | int, wanted: str | int
) -> None:
    place = ("registries", "validation", "arguments", argument)
    with pytest.raises(
        AddressConfigError, match=f"^{dotted(place)}: {value} is not the identity registry's, {wanted}$"
    ):
        AddressConfig.from_json(changed(place, value))


def test_from_json__given_no_such_time__names_it() -> None:
    with pytest.raises(AddressConfigError, match=r"^time: 2026-02-30T00:00:00Z is not a time$"):
        AddressConfig.from_json(changed(("time",), "2026-02-30T00:00:00Z"))


def test_from_json__given_a_line_break_after_an_address__names_it() -> None:
    with pytest.raises(AddressConfigError, match=r"^roles.admin: .* has a line break$"):
        AddressConfig.from_json(changed(("roles", "admin"), ROLES.admin + "\n"))


@pytest.mark.parametrize("data", [None, [], "text", {}])
def test_from_json__given_another_document__is_refused(data: object) -> None:
    with pytest.raises(AddressConfigError):
        AddressConfig.from_json(data)


def test_write__given_a_schema_violation__writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(AddressConfigError, match=r"^abiVersion: '3' does not match"):
        replace(CONFIG, abi_version="3").write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_write__given_a_broken_rule_beyond_the_schema__keeps_the_old_file(tmp_path: Path) -> None:
    CONFIG.write(tmp_path)
    with pytest.raises(AddressConfigError, match="is also reputation's"):
        replace(CONFIG, validation=CONFIG.reputation).write(tmp_path)
    assert AddressConfig.read(CHAIN_ID, tmp_path) == CONFIG


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_write__given_the_disk_fails_halfway__keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    old = CONFIG.write(tmp_path).read_bytes()
    target, name = (os, "fsync") if step == "fsync" else (Path, "replace")
    monkeypatch.setattr(target, name, fail)
    with pytest.raises(OSError, match="No space left"):
        replace(CONFIG, abi_version="2.9.9").write(tmp_path)
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"84532.json": old}


def test_read__given_no_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(AddressConfigError, match=r"84532.json: no deployment on chain 84532 is known$"):
        AddressConfig.read(CHAIN_ID, tmp_path)


def test_read__given_half_a_file__says_so(tmp_path: Path) -> None:
    path = path_of(CHAIN_ID, tmp_path)
    path.write_text(json.dumps(DATA)[:500])
    with pytest.raises(AddressConfigError, match=r"84532.json: cannot be read as JSON: "):
        AddressConfig.read(CHAIN_ID, tmp_path)


def test_read__given_a_broken_rule__names_file_and_value(tmp_path: Path) -> None:
    path_of(CHAIN_ID, tmp_path).write_text(json.dumps(changed(("roles", "admin"), ZERO_ADDRESS)))
    with pytest.raises(AddressConfigError, match=f"84532.json: roles.admin: {ZERO_ADDRESS} is the zero address$"):
        AddressConfig.read(CHAIN_ID, tmp_path)


def test_read__given_another_chains_file__says_so(tmp_path: Path) -> None:
    CONFIG.write(tmp_path).rename(path_of(8453, tmp_path))
    with pytest.raises(AddressConfigError, match=r"8453.json: chainId: 84532 is not the chain in the file's name$"):
        AddressConfig.read(8453, tmp_path)
