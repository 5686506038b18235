"""Publishes a deployment's sources on an explorer: `ape run publish_sources --network base:sepolia --on sourcify`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import ape
import click

from registries.address_config import AddressConfig
from registries.build import trusted_build
from registries.chains import Chain
from registries.cli.options import folder_option, network_option, readable
from registries.cli.output import CONSOLE
from registries.errors import DeploymentError
from registries.explorers import (
    BLOCKSCOUT_URLS,
    ETHERSCAN_URL,
    SOURCIFY_URL,
    EtherscanLike,
    Explorer,
    Sourcify,
    Submission,
    publish,
)
from registries.files import replace_file
from registries.standard_input import identifier_of, standard_inputs


@click.command()
@network_option
@folder_option
@click.option("--on", "site", type=click.Choice(["etherscan", "blockscout", "sourcify"]), help="Where to publish.")
@click.option("--url", help="Of the explorer's API, if it is another one than the usual.")
@click.option("--export", type=click.Path(file_okay=False, path_type=Path), help="Write the standard JSON inputs here.")
def cli(*, chain: Chain, folder: Path, site: str | None, url: str | None, export: Path | None) -> None:
    """Submits the standard JSON input of each registry, and waits until the explorer has verified it.

    Etherscan needs ETHERSCAN_API_KEY.
    """
    with readable():
        inputs = standard_inputs(Path(ape.project.path))
        if export is not None:
            export.mkdir(parents=True, exist_ok=True)
            for name, content in inputs.items():
                replace_file(export / f"{name}.standard-input.json", json.dumps(content, indent=1) + "\n")
            CONSOLE.print(f"Written to {export}")
        if site is None:
            return
        explorer = _explorer(site, chain, url)
        config, build = AddressConfig.read(chain.id, folder), trusted_build()
        for name, registry in config.registries.items():
            code = build.creation_with(name, registry.arguments)
            submission = Submission(
                chain_id=chain.id,
                address=registry.address,
                transaction=registry.transaction,
                identifier=identifier_of(name),
                compiler=config.compiler.version,
                arguments=code[len(build.creation_code(name)) :],
                standard_input=inputs[name],
            )
            publish(explorer, submission)
            CONSOLE.print(f"{name}  {registry.address}  verified on {site}")


def _explorer(site: str, chain: Chain, url: str | None) -> Explorer:
    """The explorer that is meant.

    :raises DeploymentError: if there is none for the chain, or its key is missing
    """
    if site == "sourcify":
        return Sourcify(url or SOURCIFY_URL)
    if site == "blockscout":
        found = url or BLOCKSCOUT_URLS.get(chain.id)
        if found is None:
            raise DeploymentError(f"explorer: no Blockscout is known for {chain.name}; name it with --url")
        return EtherscanLike(found)
    key = os.environ.get("ETHERSCAN_API_KEY", "")
    if not key:
        raise DeploymentError("explorer: ETHERSCAN_API_KEY is not set")
    return EtherscanLike(url or ETHERSCAN_URL, key)
