"""What a deployment leaves beside its config, and how two of them compare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from registries.address_config import AddressConfig
from registries.comparison import OF_THE_CHAIN, differences
from registries.outputs import environment_lines, summary, write_outputs
from tests.deploy.examples import CONFIG, IDENTITY, REPUTATION, VALIDATION
from tests.deployment import ADMIN, STRANGER


def on_another_chain() -> AddressConfig:
    """The same release elsewhere."""
    moved = {
        name: replace(registry, block=registry.block + 100, transaction="0x" + "ab" * 32)
        for name, registry in CONFIG.registries.items()
    }
    moved["identity"] = replace(moved["identity"], code_hash="0x" + "cd" * 32)
    return replace(
        CONFIG,
        chain_id=1,
        chain_name="ethereum:mainnet",
        time="2026-02-03T04:05:06Z",
        identity=moved["identity"],
        reputation=moved["reputation"],
        validation=moved["validation"],
    )


def test_environment_lines__given_a_deployment__are_what_an_indexer_needs() -> None:
    assert environment_lines(CONFIG).splitlines() == [
        "CHAIN_ID=84532",
        "START_BLOCK=7",
        f"IDENTITY_REGISTRY={IDENTITY}",
        f"REPUTATION_REGISTRY={REPUTATION}",
        f"VALIDATION_REGISTRY={VALIDATION}",
    ]


def test_summary__given_a_deployment__names_addresses_roles_and_build(tmp_path: Path) -> None:
    paths = write_outputs(CONFIG, tmp_path)
    assert [path.name for path in paths] == ["84532.env", "84532.md"]
    text = (tmp_path / "84532.md").read_text(encoding="utf-8")
    assert text == summary(CONFIG)
    for part in (IDENTITY, REPUTATION, VALIDATION, str(ADMIN), CONFIG.commit, CONFIG.salt, CONFIG.identity.transaction):
        assert f"`{part}`" in text
    assert "172,800 s to hand over" in text
    assert "ape run verify_deployment --network 84532" in text


def test_differences__given_one_release_on_two_chains__are_of_the_chain() -> None:
    found = differences(CONFIG, on_another_chain())
    assert {difference.place for difference in found} == OF_THE_CHAIN
    assert all(difference.is_expected for difference in found)
    assert differences(CONFIG, CONFIG) == []


def test_differences__given_another_admin__are_more_than_of_the_chain() -> None:
    other = replace(on_another_chain(), roles=replace(CONFIG.roles, admin=str(STRANGER)))
    (found,) = [difference for difference in differences(CONFIG, other) if not difference.is_expected]
    assert found == ("roles.admin", str(ADMIN), str(STRANGER))
