"""What else a deployment leaves beside its address config: lines for the read API's environment, and a summary."""

from __future__ import annotations

from pathlib import Path

from registries.address_config import AddressConfig
from registries.files import replace_file


def write_outputs(config: AddressConfig, folder: Path) -> list[Path]:
    """Writes both files, and gives their paths."""
    texts = {f"{config.chain_id}.env": environment_lines(config), f"{config.chain_id}.md": summary(config)}
    for name, text in texts.items():
        replace_file(folder / name, text)
    return [folder / name for name in texts]


def environment_lines(config: AddressConfig) -> str:
    """What an indexer has to know, one variable a line."""
    start = min(registry.block for registry in config.registries.values())
    variables = {
        "CHAIN_ID": config.chain_id,
        "START_BLOCK": start,
        **{f"{name.upper()}_REGISTRY": registry.address for name, registry in config.registries.items()},
    }
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def summary(config: AddressConfig) -> str:
    """The deployment on a page of Markdown."""
    rows = [
        f"| {name} | `{registry.address}` | {registry.block} | `{registry.transaction}` |"
        for name, registry in config.registries.items()
    ]
    roles = config.roles
    compiler = config.compiler
    pipeline = ", through the IR pipeline" if compiler.via_ir else ""
    lines = [
        f"# ERC-8004 registries on {config.chain_name}",
        "",
        f"Chain id {config.chain_id}, ABI version {config.abi_version}, {config.time}, commit `{config.commit}`.",
        "",
        "| registry | address | block | transaction |",
        "|---|---|---|---|",
        *rows,
        "",
        "| role | account |",
        "|---|---|",
        f"| default admin | `{roles.admin}`, {roles.admin_delay:,} s to hand over |",
        *(f"| pauser | `{pauser}` |" for pauser in roles.pausers),
        f"| registry admin | `{roles.registry_admin}` |",
        "",
        f"solc {compiler.version}, {compiler.evm_version}, {compiler.optimizer_runs} runs{pipeline}.",
        "",
        f"Salt of the addresses: `{config.salt}`.",
        "",
        f"Check it yourself: `ape run verify_deployment --network {config.chain_id}`.",
    ]
    return "\n".join(lines) + "\n"
