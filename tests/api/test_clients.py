"""agent0-sdk 1.7.1, unchanged, registers and rates on a chain with a block every two seconds; the read API keeps up."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from agent0_sdk import SDK
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from registries.demo.roster import EXAMPLES
from tests.api.person import Person, Running, wait_for
from tests.api.world import World
from tests.deploy.stand_in import request
from tests.live_chain import anvil_account

OWNER, CLIENT = anvil_account(0), anvil_account(1)
BLOCK_TIME = 2
"""Seconds: Base's."""
SKILL = "natural_language_processing/language_translation/translation"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def files() -> Iterator[str]:
    """The URL of a server with the examples' registration files."""
    handler = functools.partial(_Quiet, directory=str(EXAMPLES / "agents"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def running(world: World, tmp_path: Path, database_url: str) -> Iterator[Running]:
    """The read API and its indexer on a chain that goes on."""
    person = Person(world.url, tmp_path / "deployments", database_url)
    with person.answered("run", REGISTRY_API_ALLOW_PRIVATE_ADDRESSES="true") as running:
        wait_for(lambda: running.data("/agents/1") is not None)
        request(world.url, "evm_setIntervalMining", BLOCK_TIME)
        yield running


def sdk_of(world: World, account: LocalAccount) -> Any:
    """The SDK as a user sets it up; with the read API in place of its own indexer."""
    chain_id = world.source.chain_id
    return SDK(
        chainId=chain_id,
        rpcUrl=world.url,
        signer=account.key.hex(),
        registryOverrides={chain_id: {"IDENTITY": world.source.identity, "REPUTATION": world.source.reputation}},
        subgraphOverrides={chain_id: ""},
    )


def block_of(world: World, handle: Any) -> int:
    """The block of the SDK's transaction."""
    handle.wait_mined()
    return int(Web3(HTTPProvider(world.url)).eth.get_transaction_receipt(handle.tx_hash)["blockNumber"])


def appears(running: Running, since: int, is_there: Callable[[Any], bool], path: str, **parameters: Any) -> Any:
    """The first answer in which something is there, which has to be within two blocks."""
    found: list[Any] = []

    def has() -> bool:
        response = running.ask(path, **parameters)
        if response.status_code == 200 and is_there(response.json()["data"]):
            found.append(response.json())
        return bool(found)

    wait_for(has)
    assert found[0]["at"]["block"] <= since + 2
    return found[0]["data"]


def test_read_api__when_the_sdk_registers_and_rates__knows_within_two_blocks(world: World, running: Running) -> None:
    agent = sdk_of(world, OWNER).createAgent("Polyglot", "Translates documents.", "https://translator.example/logo.png")
    agent.setMCP("https://translator.example/mcp", auto_fetch=False).addSkill(SKILL).setActive(True)
    registered = block_of(world, agent.registerOnChain())
    agent_id = int(agent.agentId.split(":")[1])

    told = appears(running, registered, lambda one: one["file"]["state"] == "valid", f"/agents/{agent_id}")
    assert (told["owner"], told["wallet"], told["registered"]["block"] <= registered) == (
        OWNER.address,
        OWNER.address,
        True,
    )
    assert (told["file"]["name"], told["file"]["active"]) == ("Polyglot", True)
    for search in ({"text": "polyglot"}, {"service": "MCP"}, {"skill": SKILL}, {"owner": OWNER.address}):
        assert [one["agent_id"] for one in running.data("/agents", **search)] == [agent_id]
    assert running.data("/agents", service="A2A") == []

    rated = block_of(world, sdk_of(world, CLIENT).giveFeedback(agent.agentId, "99.77", "uptime", "day"))
    [given] = appears(running, rated, lambda given: len(given) == 1, f"/agents/{agent_id}/feedback")
    assert (given["client"], given["score"], given["tag1"], given["tag2"]) == (CLIENT.address, "99.77", "uptime", "day")
    [group] = running.data(f"/agents/{agent_id}/reputation")
    assert (group["tag1"], group["tag2"], group["decimals"], group["count"]) == ("uptime", "day", 2, 1)
    assert float(group["average"]) == 99.77
    assert [one["agent_id"] for one in running.data("/agents", tag="uptime", min_score=99.77)] == [agent_id]


def test_read_api__when_the_sdk_names_a_server__has_the_file_within_two_blocks(
    world: World, running: Running, files: str
) -> None:
    file = json.loads((EXAMPLES / "agents" / "translator.json").read_text(encoding="utf-8"))
    agent = sdk_of(world, OWNER).createAgent(file["name"], file["description"])
    registered = block_of(world, agent.register(f"{files}/translator.json"))
    agent_id = int(agent.agentId.split(":")[1])

    told = appears(running, registered, lambda one: one["file"]["state"] == "valid", f"/agents/{agent_id}")
    assert (told["uri"], told["file"]["name"]) == (f"{files}/translator.json", file["name"])
    for search in ({"text": "通訳"}, {"service": "A2A"}, {"skill": SKILL}, {"trust": "reputation"}):
        assert [one["agent_id"] for one in running.data("/agents", **search)] == [agent_id]
