"""agent0-sdk 1.7.1, unchanged, does its whole life cycle against a fresh deployment on a real chain."""

from __future__ import annotations

import time
from typing import Any

import pytest
from agent0_sdk import SDK
from agent0_sdk.core.models import EndpointType
from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from registries.demo.roster import load_examples
from tests.live_chain import LiveChain, anvil_account

OWNER, CLIENT, OTHER_CLIENT, BUYER = (anvil_account(index) for index in range(4))
WALLET: LocalAccount = Account.from_key(keccak(text="the agent's wallet"))
OTHER_WALLET: LocalAccount = Account.from_key(keccak(text="the agent's other wallet"))

EXAMPLES = {example.slug: example.file for example in load_examples()}
KNOWN_SERVICES = {kind.value for kind in EndpointType}
"""Not `web` and `email`, though the standard has them: the SDK refuses a file with a service that it does not know."""


def sdk_of(chain: LiveChain, account: LocalAccount | None) -> Any:
    """The SDK as a user sets it up; read-only without an account."""
    return SDK(
        chainId=chain.chain_id,
        rpcUrl=chain.rpc_url,
        signer=account.key.hex() if account else None,
        registryOverrides={chain.chain_id: {"IDENTITY": chain.identity, "REPUTATION": chain.reputation}},
    )


@pytest.fixture
def owner_sdk(chain: LiveChain) -> Any:
    return sdk_of(chain, OWNER)


@pytest.fixture
def client_sdk(chain: LiveChain) -> Any:
    return sdk_of(chain, CLIENT)


@pytest.fixture
def reader_sdk(chain: LiveChain) -> Any:
    return sdk_of(chain, None)


@pytest.fixture
def agent(owner_sdk: Any) -> Any:
    """An agent that the owner just registered on chain."""
    agent = owner_sdk.createAgent("Wayfarer", "Plans and books trips.", "https://trip-planner.example/logo.png")
    agent.registerOnChain().wait_mined()
    return agent


def token_id(agent: Any) -> int:
    chain_id, separator, token = agent.agentId.partition(":")
    assert (chain_id, separator) == ("31337", ":")
    return int(token)


def revert_data(error: str, types: list[str], *values: Any) -> str:
    """A custom error as it stands in the message of a client that does not know it."""
    return (keccak(text=f"{error}({','.join(types)})")[:4] + encode(types, values)).hex()


# ------------------------------------------------------------------------------------------------------- IDENTITY


def test_register_on_chain__given_a_fresh_deployment__anybody_loads_the_same_agent(
    owner_sdk: Any, reader_sdk: Any
) -> None:
    agent = owner_sdk.createAgent("Nomen", "Finds and renews names.", "https://name-concierge.example/logo.png")
    agent.setENS("nomen.concierge-example.eth").setActive(True).setX402Support(True)
    agent.setMCP("https://name-concierge.example/mcp", auto_fetch=False).setMetadata({"version": "7"})

    registered = agent.registerOnChain().wait_mined().result
    loaded = reader_sdk.loadAgent(registered.agentId)

    assert token_id(agent) >= 1
    assert loaded.agentId == agent.agentId
    assert loaded.agentURI.startswith("data:application/json;")
    assert (loaded.name, loaded.description) == ("Nomen", "Finds and renews names.")
    assert (loaded.active, loaded.x402support) == (True, True)
    assert loaded.mcpEndpoint == "https://name-concierge.example/mcp"
    assert loaded.ensEndpoint == "nomen.concierge-example.eth"
    assert loaded.metadata["version"] == "7"
    assert loaded.owners == [OWNER.address]


def test_register_on_chain__given_a_registered_agent__updates_its_file(agent: Any, reader_sdk: Any) -> None:
    before = agent.agentId
    agent.updateInfo(description="Plans, books and cancels trips.")

    agent.registerOnChain().wait_mined()

    assert agent.agentId == before
    assert reader_sdk.loadAgent(before).description == "Plans, books and cancels trips."


@pytest.mark.parametrize(
    "example",
    [name for name, file in EXAMPLES.items() if {service["name"] for service in file["services"]} <= KNOWN_SERVICES],
)
def test_register__when_the_uri_is_that_of_an_example__loads_the_example(
    owner_sdk: Any, reader_sdk: Any, agent_files: str, example: str
) -> None:
    file = EXAMPLES[example]
    uri = f"{agent_files}/{example}.json"

    agent = owner_sdk.createAgent(file["name"], file["description"])
    agent.register(uri).wait_mined()
    loaded = reader_sdk.loadAgent(agent.agentId)

    assert loaded.agentURI == uri
    assert (loaded.name, loaded.description, loaded.image) == (file["name"], file["description"], file["image"])
    assert (loaded.active, loaded.x402support) == (file["active"], file["x402Support"])
    assert [endpoint.value for endpoint in loaded.endpoints] == [entry["endpoint"] for entry in file["services"]]


def test_register__given_two_agents__ids_follow_each_other(owner_sdk: Any, agent: Any) -> None:
    second = owner_sdk.createAgent("Tickwise", "Spot prices.")
    second.register("https://market-data.example/agent.json").wait_mined()

    assert token_id(second) == token_id(agent) + 1


# ---------------------------------------------------------------------------------------------------------- WALLET


def test_get_wallet__given_a_new_agent__is_the_owner(agent: Any) -> None:
    assert agent.getWallet() == OWNER.address


def test_set_wallet__when_the_wallet_signs__is_read_by_anybody(agent: Any, reader_sdk: Any) -> None:
    agent.setWallet(WALLET.address, new_wallet_signer=WALLET.key.hex()).wait_mined()

    assert reader_sdk.loadAgent(agent.agentId).getWallet() == WALLET.address


def test_set_wallet__given_a_later_deadline__changes_it_in_the_same_second(agent: Any) -> None:
    now = int(time.time())
    agent.setWallet(WALLET.address, new_wallet_signer=WALLET.key.hex(), deadline=now + 60).wait_mined()

    agent.setWallet(OTHER_WALLET.address, new_wallet_signer=OTHER_WALLET.key.hex(), deadline=now + 61).wait_mined()

    assert agent.getWallet() == OTHER_WALLET.address


def test_set_wallet__given_the_same_deadline__is_refused(agent: Any) -> None:
    deadline = int(time.time()) + 60
    agent.setWallet(WALLET.address, new_wallet_signer=WALLET.key.hex(), deadline=deadline).wait_mined()

    reason = revert_data("ConsentAlreadyUsed", ["uint256"] * 3, token_id(agent), deadline, deadline)
    with pytest.raises(ValueError, match=reason):
        agent.setWallet(OTHER_WALLET.address, new_wallet_signer=OTHER_WALLET.key.hex(), deadline=deadline)
    assert agent.getWallet() == WALLET.address


def test_unset_wallet__given_a_wallet__leaves_none(agent: Any) -> None:
    agent.setWallet(WALLET.address, new_wallet_signer=WALLET.key.hex()).wait_mined()

    agent.unsetWallet().wait_mined()

    assert agent.getWallet() is None


def test_transfer__given_a_wallet__clears_it(agent: Any, reader_sdk: Any) -> None:
    agent.setWallet(WALLET.address, new_wallet_signer=WALLET.key.hex()).wait_mined()

    agent.transfer(BUYER.address).wait_mined()

    assert reader_sdk.getAgentOwner(agent.agentId) == BUYER.address
    assert reader_sdk.loadAgent(agent.agentId).getWallet() is None


# -------------------------------------------------------------------------------------------------------- FEEDBACK


def test_give_feedback__when_it_has_decimals_and_tags__is_read_as_given(
    agent: Any, client_sdk: Any, reader_sdk: Any
) -> None:
    handle = client_sdk.giveFeedback(agent.agentId, "99.77", "uptime", "day", "https://trip-planner.example/")
    given = handle.wait_mined().result
    feedback = reader_sdk.getFeedback(agent.agentId, CLIENT.address, 1)

    assert given.id == feedback.id == (agent.agentId, CLIENT.address.lower(), 1)
    assert (feedback.value, feedback.tags, feedback.isRevoked) == (99.77, ["uptime", "day"], False)


def test_give_feedback__when_it_is_negative_and_the_second__counts_on(
    agent: Any, client_sdk: Any, reader_sdk: Any
) -> None:
    client_sdk.giveFeedback(agent.agentId, 87, "starred").wait_mined()
    client_sdk.giveFeedback(agent.agentId, -3.2, "tradingYield", "month").wait_mined()

    assert reader_sdk.getFeedback(agent.agentId, CLIENT.address, 2).value == -3.2


def test_give_feedback__when_the_owner_rates_itself__is_refused(agent: Any, owner_sdk: Any) -> None:
    reason = revert_data("SelfFeedback", ["uint256", "address"], token_id(agent), OWNER.address)
    with pytest.raises(ValueError, match=reason):
        owner_sdk.giveFeedback(agent.agentId, 100, "starred")
    assert owner_sdk.searchFeedback(agentId=agent.agentId) == []


def test_search_feedback__given_two_clients__finds_by_agent_client_and_tag(
    chain: LiveChain, agent: Any, client_sdk: Any, reader_sdk: Any
) -> None:
    client_sdk.giveFeedback(agent.agentId, 87, "starred").wait_mined()
    client_sdk.giveFeedback(agent.agentId, 560, "responseTime").wait_mined()
    sdk_of(chain, OTHER_CLIENT).giveFeedback(agent.agentId, 91, "starred").wait_mined()

    def found(**filters: Any) -> list[tuple[str, float]]:
        return [(entry.reviewer, entry.value) for entry in reader_sdk.searchFeedback(agentId=agent.agentId, **filters)]

    client, other = CLIENT.address, OTHER_CLIENT.address
    assert found() == [(client, 87), (client, 560), (other, 91)]
    assert found(reviewers=[other]) == [(other, 91)]
    assert found(tags=["starred"]) == [(client, 87), (other, 91)]
    assert found(tags=["neverUsed"]) == []


def test_reputation_summary__given_two_clients__averages_one_tag(
    chain: LiveChain, agent: Any, client_sdk: Any, reader_sdk: Any
) -> None:
    client_sdk.giveFeedback(agent.agentId, 87, "starred").wait_mined()
    client_sdk.giveFeedback(agent.agentId, 560, "responseTime").wait_mined()
    sdk_of(chain, OTHER_CLIENT).giveFeedback(agent.agentId, "91.5", "starred").wait_mined()

    summary = reader_sdk.feedback_manager.getReputationSummary(
        agent.agentId, clientAddresses=[CLIENT.address, OTHER_CLIENT.address], tag1="starred"
    )

    assert (summary["count"], summary["averageValue"]) == (2, 89.2)  # 89.25 at the finest precision given


def test_revoke_feedback__given_feedback__hides_it_from_searches(agent: Any, client_sdk: Any, reader_sdk: Any) -> None:
    client_sdk.giveFeedback(agent.agentId, 12, "starred").wait_mined()
    client_sdk.giveFeedback(agent.agentId, 92, "starred").wait_mined()

    revoked = client_sdk.revokeFeedback(agent.agentId, 1).wait_mined().result

    assert revoked.isRevoked
    assert [entry.value for entry in reader_sdk.searchFeedback(agentId=agent.agentId)] == [92]
    everything = reader_sdk.searchFeedback(agentId=agent.agentId, include_revoked=True)
    assert [(entry.value, entry.isRevoked) for entry in everything] == [(12, True), (92, False)]
