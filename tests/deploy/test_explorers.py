"""Sources on explorers: a stand-in compiles what is submitted, and compares it with the code on the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ape
import pytest

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.build import Build
from registries.errors import DeploymentError
from registries.explorers import EtherscanLike, Explorer, ExplorerError, Sourcify, Submission, publish
from registries.standard_input import identifier_of, standard_inputs
from tests.deploy.explorer import KEY, Site, explorer
from tests.deploy.stand_in import deploy, fund, order_for


@pytest.fixture(scope="module")
def deployed(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, AddressConfig]]:
    with anvil("--chain-id", "84532") as url:
        yield url, deploy(order_for(fund(url), built, tmp_path_factory.mktemp("deployments")))


@pytest.fixture
def site(deployed: tuple[str, AddressConfig]) -> Iterator[Site]:
    with explorer(deployed[0]) as running:
        yield running


def submission(deployed: tuple[str, AddressConfig], built: Build, name: str) -> Submission:
    config = deployed[1]
    registry = config.registries[name]
    return Submission(
        chain_id=84532,
        address=registry.address,
        transaction=registry.transaction,
        identifier=identifier_of(name),
        compiler=config.compiler.version,
        arguments=built.creation_with(name, registry.arguments)[len(built.creation_code(name)) :],
        standard_input=standard_inputs(Path(ape.project.path))[name],
    )


def on(site: Site, kind: str) -> Explorer:
    return Sourcify(site.url) if kind == "sourcify" else EtherscanLike(f"{site.url}/v2/api", KEY)


@pytest.mark.parametrize(("kind", "name"), [("etherscan", "identity"), ("sourcify", "validation")])
def test_publish__given_the_deployed_sources__are_verified(
    deployed: tuple[str, AddressConfig], built: Build, site: Site, kind: str, name: str
) -> None:
    publish(on(site, kind), submission(deployed, built, name), poll=0.01)
    assert site.verified == [deployed[1].registries[name].address]
    # Once more, they are known.
    publish(on(site, kind), submission(deployed, built, name))


@pytest.mark.parametrize("kind", ["etherscan", "sourcify"])
def test_publish__given_other_sources__says_so(
    deployed: tuple[str, AddressConfig], built: Build, site: Site, kind: str
) -> None:
    right = submission(deployed, built, "validation")
    sources = dict(right.standard_input["sources"])
    path = "contracts/base/RegistryBase.sol"
    sources[path] = {"content": sources[path]["content"] + "// changed\n"}
    wrong = replace(right, standard_input={**right.standard_input, "sources": sources})
    with pytest.raises(ExplorerError, match=r"^contracts/ValidationRegistry\.sol:ValidationRegistry: not verified: "):
        publish(on(site, kind), wrong, poll=0.01)
    assert site.verified == []


def test_publish__given_other_arguments__says_so(deployed: tuple[str, AddressConfig], built: Build, site: Site) -> None:
    right = submission(deployed, built, "validation")
    wrong = replace(right, arguments=right.arguments[32:] + right.arguments[:32])
    with pytest.raises(ExplorerError, match="constructor arguments do not match"):
        publish(on(site, "etherscan"), wrong, poll=0.01)


def test_publish__given_a_wrong_key__does_not_tell_it(
    deployed: tuple[str, AddressConfig], built: Build, site: Site
) -> None:
    with pytest.raises(ExplorerError, match="refused: Invalid API Key") as error:
        publish(EtherscanLike(f"{site.url}/v2/api", "another-secret"), submission(deployed, built, "validation"))
    assert "another-secret" not in str(error.value)


def test_publish__given_no_explorer__does_not_tell_the_key(deployed: tuple[str, AddressConfig], built: Build) -> None:
    with pytest.raises(ExplorerError, match=r"^explorer: cannot be reached: ConnectionError$"):
        publish(EtherscanLike("http://127.0.0.1:1/api", "secret"), submission(deployed, built, "validation"))


def test_publish__given_an_explorer_that_does_not_decide__gives_up(
    deployed: tuple[str, AddressConfig], built: Build, site: Site
) -> None:
    site.pending = 10**6
    with pytest.raises(DeploymentError, match=r"the explorer has not decided after 0 s$"):
        publish(on(site, "sourcify"), submission(deployed, built, "validation"), patience=0.05, poll=0.01)
