"""Identity, wallet and metadata."""

from __future__ import annotations

from tests.evm import ZERO_ADDRESS, Reverted
from tests.model import Consent
from tests.stateful.invariants.check import Claims, World, forbids, invariant
from tests.stateful.witness import AGENT_ARGUMENT, IDENTITY, Deed

MAX_CONSENT_PERIOD = 300
TRANSFERS = frozenset({"transferFrom", "safeTransferFrom"})


def about_agent(deed: Deed) -> bool:
    return deed.registry == IDENTITY and deed.function in AGENT_ARGUMENT


# ------------------------------------------------------------------------------------------------------------ IDENTITY


@invariant("ID-1")
def ids_have_no_gaps(world: World) -> Claims:
    for agent_id in world.agents:
        yield world.identity.ownerOf(agent_id) != ZERO_ADDRESS, agent_id
    for unknown in (0, len(world.agents) + 1):
        yield _is_unknown(world, unknown), unknown


def _is_unknown(world: World, agent_id: int) -> bool:
    try:
        world.identity.ownerOf(agent_id)
    except Reverted as revert:
        return revert.name == "ERC721NonexistentToken"
    return False


@invariant("ID-2")
def each_registration_makes_one_agent(world: World) -> Claims:
    ids = [event.values["agentId"] for _, event in world.ghost.events(IDENTITY, "Registered")]
    yield ids == list(world.agents), ids


@invariant("ID-3")
def balances_add_up(world: World) -> Claims:
    owners = {world.identity.ownerOf(agent_id) for agent_id in world.agents}
    yield sum(world.identity.balanceOf(owner) for owner in owners) == len(world.agents), owners


@invariant("ID-4")
def owner_is_the_last_recipient(world: World) -> Claims:
    for agent_id in world.agents:
        yield world.identity.ownerOf(agent_id) == world.ghost.transfers(agent_id)[-1].values["to"], agent_id


@forbids("ID-5")
def nobody_takes_an_agent(deed: Deed) -> Claims:
    if about_agent(deed) and deed.before["owner"] != deed.after["owner"]:
        yield deed.function in TRANSFERS and deed.before["authorized"], deed


@invariant("ID-6")
def epoch_counts_changes_of_the_owner(world: World) -> Claims:
    for agent_id in world.agents:
        moves = [event.values for event in world.ghost.transfers(agent_id)[1:]]
        expected = sum(move["from"] != move["to"] for move in moves)
        yield world.identity.ownershipEpoch(agent_id) == expected, agent_id


@forbids("ID-7")
def epoch_never_falls(deed: Deed) -> Claims:
    if about_agent(deed):
        changed = deed.before["owner"] != deed.after["owner"]
        yield deed.after["epoch"] == deed.before["epoch"] + changed, deed


@forbids("ID-8")
def transfer_ends_the_approval(deed: Deed) -> Claims:
    if deed.function in TRANSFERS:
        yield deed.after["approved"] == ZERO_ADDRESS, deed


@invariant("ID-9")
def uri_is_own_or_automatic(world: World) -> Claims:
    base = world.ghost.base_uri
    for agent_id in world.agents:
        automatic = f"{base}/{agent_id}/registration" if base else ""
        yield world.identity.tokenURI(agent_id) == (world.ghost.own_uris[agent_id] or automatic), agent_id


@forbids("ID-10")
def uri_changes_only_when_set(deed: Deed) -> Claims:
    if about_agent(deed) and deed.before["uri"] != deed.after["uri"]:
        yield deed.function == "setAgentURI" and deed.before["authorized"], deed


# -------------------------------------------------------------------------------------------------------------- WALLET


@forbids("WAL-1")
def new_owner_begins_without_wallet(deed: Deed) -> Claims:
    if about_agent(deed) and deed.before["owner"] != deed.after["owner"]:
        yield deed.after["wallet"] == ZERO_ADDRESS, deed


@invariant("WAL-2")
def wallet_is_registrant_or_consented(world: World) -> Claims:
    willing = {(deed.arguments[0], deed.arguments[1]) for deed in world.ghost.of("setAgentWallet")}
    willing |= {
        (event.values["agentId"], event.values["owner"]) for _, event in world.ghost.events(IDENTITY, "Registered")
    }
    for agent_id in world.agents:
        wallet = world.identity.getAgentWallet(agent_id)
        yield wallet == ZERO_ADDRESS or (agent_id, wallet) in willing, (agent_id, wallet)


@invariant("WAL-3")
def consent_is_used_once(world: World) -> Claims:
    used = [deed.arguments[3] for deed in world.ghost.of("setAgentWallet")]
    yield len(used) == len(set(used)), used


@forbids("WAL-4")
def deadlines_only_rise(deed: Deed) -> Claims:
    if about_agent(deed):
        is_setting = deed.function == "setAgentWallet"
        if is_setting:
            yield deed.before["deadline"] < deed.after["deadline"] == deed.arguments[2], deed
        else:
            yield deed.before["deadline"] == deed.after["deadline"], deed


@forbids("WAL-5")
def consent_is_fresh_and_the_wallets(deed: Deed) -> Claims:
    if deed.function == "setAgentWallet":
        agent_id, wallet, deadline, consent = deed.arguments
        yield 0 <= deadline - deed.time <= MAX_CONSENT_PERIOD, deed
        named = isinstance(consent, Consent) and consent[1:] == (agent_id, wallet, deed.before["owner"], deadline)
        yield named, deed


@invariant("WAL-6")
def reserved_key_is_the_wallet(world: World) -> Claims:
    for agent_id in world.agents:
        wallet = world.identity.getAgentWallet(agent_id)
        expected = b"" if wallet == ZERO_ADDRESS else bytes.fromhex(wallet.removeprefix("0x"))
        yield world.identity.getMetadata(agent_id, "agentWallet") == expected, agent_id


@forbids("WAL-7")
def wallet_changes_only_by_its_own_calls(deed: Deed) -> Claims:
    if about_agent(deed) and deed.before["wallet"] != deed.after["wallet"]:
        yield deed.function in TRANSFERS | {"setAgentWallet", "unsetAgentWallet"} and deed.before["authorized"], deed


# ------------------------------------------------------------------------------------------------------------ METADATA


@invariant("META-1")
def key_count_is_the_number_of_values(world: World) -> Claims:
    for agent_id in world.agents:
        expected = len(world.ghost.metadata[agent_id])
        yield world.identity.metadataKeyCount(agent_id) == expected <= world.identity.MAX_METADATA_KEYS(), agent_id


@invariant("META-2")
def value_is_the_last_one_written(world: World) -> Claims:
    for agent_id, metadata in world.ghost.metadata.items():
        for key, value in metadata.items():
            yield world.identity.getMetadata(agent_id, key) == value, (agent_id, key)


@invariant("META-3")
def removed_key_is_empty(world: World) -> Claims:
    for deed in world.ghost.of("setMetadata"):
        agent_id, key, _ = deed.arguments
        if key not in world.ghost.metadata[agent_id]:
            yield world.identity.getMetadata(agent_id, key) == b"", (agent_id, key)


@forbids("META-4")
def metadata_is_written_by_the_authorized(deed: Deed) -> Claims:
    if about_agent(deed):
        if deed.function == "setMetadata":
            yield deed.before["authorized"], deed
        else:
            yield deed.before["keys"] == deed.after["keys"], deed


@forbids("META-5")
def limits_of_keys_and_values_hold(deed: Deed) -> Claims:
    for event in deed.events:
        if event.name == "MetadataSet":
            key, value = event.values["metadataKey"], event.values["metadataValue"]
            yield len(key.encode()) <= 128 and len(value) <= 10_240, event


@forbids("META-6")
def reserved_key_is_never_written(deed: Deed) -> Claims:
    if deed.function == "setMetadata":
        yield deed.arguments[1] != "agentWallet", deed
    if deed.function == "register" and len(deed.arguments) == 2:
        yield all(key != "agentWallet" for key, _ in deed.arguments[1]), deed
