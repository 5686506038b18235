"""The exports against the chain, the standard's own selectors, and files that are not what the sources give."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from audit import exports
from audit.exports import ExportError, differences, make_exports, storage_layout, write
from registries.build import CONTRACT_NAMES, Build, immutable_values, trusted_build
from tests.deployment import Registries
from tests.layout import variables

TRANSFER = "transferFrom(address,address,uint256)"


@pytest.fixture(scope="module")
def built() -> Build:
    return trusted_build()


@pytest.fixture(scope="module")
def files(built: Build) -> dict[str, str]:
    return make_exports(built)


def load(files: dict[str, str], name: str) -> Any:
    return json.loads(files[name])


@pytest.mark.parametrize("short_name", CONTRACT_NAMES)
def test_contracts__given_a_deployed_registry__have_the_hash_of_its_code(
    files: dict[str, str], built: Build, registries: Registries, short_name: str
) -> None:
    contract = getattr(registries, short_name)
    runtime = built.runtime_code(short_name)
    # The EVM pads code with zeros.
    deployed = contract.evm.raw.basic(contract.address).code[: len(runtime)]
    exported = load(files, "contracts.json")["contracts"][CONTRACT_NAMES[short_name]]

    assert immutable_values(runtime, deployed) is not None
    assert exported["runtime_keccak256"] == "0x" + keccak(runtime).hex()
    assert exported["runtime_size"] == len(runtime)
    assert bytes.fromhex(exported["metadata_multihash"][2:]) in deployed


def test_selectors__of_what_standards_fix__are_the_standards_own(files: dict[str, str]) -> None:
    identity = load(files, "IdentityRegistry.selectors.json")

    assert identity["functions"][TRANSFER] == "0x23b872dd"
    assert identity["errors"]["ERC721NonexistentToken(uint256)"] == "0x7e273289"
    assert (
        identity["events"]["Transfer(address,address,uint256)"]
        == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    )


@pytest.mark.parametrize("contract", CONTRACT_NAMES.values())
def test_selectors__of_each_registry__name_every_entry_of_the_abi(files: dict[str, str], contract: str) -> None:
    abi = load(files, f"{contract}.abi.json")
    selectors = load(files, f"{contract}.selectors.json")

    for kind in ("function", "error", "event"):
        names = sorted(entry["name"] for entry in abi if entry["type"] == kind)
        assert sorted(signature.partition("(")[0] for signature in selectors[f"{kind}s"]) == names


@pytest.mark.parametrize("contract", CONTRACT_NAMES.values())
def test_storage__of_each_registry__is_the_layout_that_the_tests_use(files: dict[str, str], contract: str) -> None:
    exported = load(files, f"{contract}.storage.json")["storage"]

    assert {item["label"]: (int(item["slot"]), 8 * item["offset"]) for item in exported} == {
        name: (place.slot, place.offset) for name, place in variables(contract).items()
    }


def test_storage__of_each_registry__has_no_number_that_other_sources_change(files: dict[str, str]) -> None:
    layouts = [text for name, text in files.items() if name.endswith(".storage.json")]

    assert len(layouts) == 3
    for text in layouts:
        assert "t_struct(" in text
        assert not re.search(r"\)\d+|astId", text)


def test_storage_layout__given_two_structs_of_one_name__is_refused() -> None:
    kinds = {f"t_struct(Pair){number}_storage": {"numberOfBytes": str(number)} for number in (32, 64)}

    with pytest.raises(ExportError, match=r"t_struct\(Pair\)_storage"):
        storage_layout({"storage": [], "types": kinds})


def test_differences__given_the_files_as_written__are_none(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Removed.abi.json").write_text("[]", encoding="utf-8")

    write(files, tmp_path)

    assert differences(files, tmp_path) == []


def test_differences__given_files_that_drifted__are_named(files: dict[str, str], tmp_path: Path) -> None:
    write(files, tmp_path)
    (tmp_path / "contracts.json").unlink()
    (tmp_path / "Extra.abi.json").write_text("[]", encoding="utf-8")
    drifted = tmp_path / "IdentityRegistry.selectors.json"
    drifted.write_text(files[drifted.name].replace("0x23b872dd", "0x23b872de"), encoding="utf-8")

    assert differences(files, tmp_path) == [
        "Extra.abi.json is none of the exports",
        f"{drifted.name}: functions > {TRANSFER} is '0x23b872de', and '0x23b872dd' by the sources",
        "contracts.json is missing",
    ]


def test_main__given_check_and_no_files__fails_in_words(
    files: dict[str, str],
    built: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(exports, "FOLDER", tmp_path / "none")
    monkeypatch.setattr(exports, "trusted_build", lambda: built)
    monkeypatch.setattr(exports, "make_exports", lambda _: files)
    monkeypatch.setattr("sys.argv", ["exports", "--check"])

    assert exports.main() == 1
    assert "exports: storage.md is missing" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
