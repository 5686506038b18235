"""The story of the demo. A step does its work, reads back from the chain what came of it, and yields a sentence."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterator

from eth_utils.crypto import keccak
from web3.logs import DISCARD
from web3.types import TxReceipt

from registries.demo.chain import expect
from registries.demo.ratings import RATINGS, Rating
from registries.demo.roster import DATA_PREFIX, data_uri, load_examples, read_data_uri
from registries.demo.scores import expect_ledger
from registries.demo.stage import Agent, Given, Stage
from registries.demo.wallets import OWNERS

BASE_URI = "https://registry.example/agents"
NO_HASH = bytes(32)
NO_WALLET = "0x" + "00" * 20
APPROVED = True

Step = Callable[[Stage], Iterator[str]]


# ------------------------------------------------------------------------------------------------------- IDENTITY


def verify_wiring(stage: Stage) -> Iterator[str]:
    """Reads back what the deployment promises."""
    for registry in (stage.reputation, stage.validation):
        expect(registry.functions.getIdentityRegistry().call(), stage.identity.address, "the identity registry")
    for registry, role in itertools.product((stage.identity, stage.reputation, stage.validation), ("admin", "pauser")):
        role_id = registry.functions.PAUSER_ROLE().call() if role == "pauser" else NO_HASH
        holds = registry.functions.hasRole(role_id, stage.wallets[role].address).call()
        expect(holds, wanted=True, what=f"the {role} of {registry.address}")
    version = stage.identity.functions.getVersion().call()
    expect(version.split(".")[0], "2", "the interface version")
    yield f"identity {stage.identity.address}, version {version}"
    yield f"reputation {stage.reputation.address}, validation {stage.validation.address}: wired to that identity"


def set_base_uri(stage: Stage) -> Iterator[str]:
    """From here on, an agent without a URI of its own has one all the same."""
    stage.chain.send(stage.wallets["registry admin"], stage.identity.functions.setBaseURI(BASE_URI))
    stage.chain.settle()
    expect(stage.identity.functions.baseURI().call(), BASE_URI, "the base URI")
    yield f"agents without a URI resolve to {BASE_URI}/<agentId>/registration"


def register_agents(stage: Stage) -> Iterator[str]:
    """Registers every example, all in one batch; the owners take turns."""
    examples = load_examples()
    register = stage.identity.functions.register
    for example, owner in zip(examples, itertools.cycle(OWNERS)):
        if example.metadata:
            call = register(example.uri, [(key, text.encode()) for key, text in example.metadata.items()])
        else:
            call = register(example.uri) if example.uri else register()
        stage.chain.send(stage.wallets[owner], call)
    receipts = stage.chain.settle()

    for example, owner, receipt in zip(examples, itertools.cycle(OWNERS), receipts):
        registered = stage.identity.events.Registered().process_receipt(receipt, errors=DISCARD)[0]["args"]
        agent = Agent(registered["agentId"], example)
        stage.agents[example.slug] = agent
        address = stage.wallets[owner].address
        uri = example.uri or f"{BASE_URI}/{agent.id}/registration"
        expect(stage.owner_of(agent.id), address, f"the owner of {stage.name(agent)}")
        expect(stage.wallet_of(agent.id), address, f"the wallet of {stage.name(agent)}")
        expect(stage.identity.functions.tokenURI(agent.id).call(), uri, f"the URI of {stage.name(agent)}")
        expect(registered["agentURI"], uri, f"the announced URI of {stage.name(agent)}")
        for key, text in example.metadata.items():
            value = stage.identity.functions.getMetadata(agent.id, key).call()
            expect(value, text.encode(), f"{key} of {stage.name(agent)}")
    expect(stage.identity.functions.totalAgents().call(), len(examples), "the number of agents")
    yield f"{len(examples)} agents in {count_blocks(receipts)}"
    for agent in stage.agents.values():
        keys = f", metadata {', '.join(agent.example.metadata)}" if agent.example.metadata else ""
        services = ", ".join(service["name"] for service in agent.example.file["services"])
        yield f"{agent.id} {agent.example.file['name']}: {services}; {agent.example.kind} URI{keys}"


def name_own_registration(stage: Stage) -> Iterator[str]:
    """An agent on chain writes its own registration into its file, which it could not know before."""
    agent = stage.agents["translator"]
    registration = {"agentId": agent.id, "agentRegistry": stage.registry_id}
    file = {**agent.example.file, "registrations": [registration]}
    uri = data_uri(json.dumps(file, ensure_ascii=False).encode())
    stage.chain.send(stage.account_of_owner(agent), stage.identity.functions.setAgentURI(agent.id, uri))
    stage.chain.settle()
    read = read_data_uri(stage.identity.functions.tokenURI(agent.id).call())
    expect(read, file, f"the file of {stage.name(agent)}")
    yield f"{stage.name(agent)} now says that it is agent {agent.id} of {stage.registry_id}"


def set_wallets(stage: Stage) -> Iterator[str]:
    """Two agents are paid elsewhere from now on; the new wallets consent by signature."""
    plan = {"market-data": "pay wallet", "yield-keeper": "treasury"}
    calls = {}
    for slug, role in plan.items():
        agent, wallet = stage.agents[slug], stage.wallets[role]
        calls[slug] = stage.identity.functions.setAgentWallet(agent.id, wallet.address, *stage.consent(agent, wallet))
        stage.chain.send(stage.account_of_owner(agent), calls[slug])
    stage.chain.settle()
    for slug, role in plan.items():
        agent = stage.agents[slug]
        expect(stage.wallet_of(agent.id), stage.wallets[role].address, f"the wallet of {stage.name(agent)}")
        yield f"{stage.name(agent)} is paid at {stage.wallets.name(stage.wallet_of(agent.id))}"

    agent = stage.agents["market-data"]
    deadline = stage.identity.functions.lastConsentDeadline(agent.id).call()
    stage.chain.send_refused(
        stage.account_of_owner(agent),
        calls["market-data"],
        f"ConsentAlreadyUsed({agent.id}, {deadline}, {deadline})",
        "uses a wallet's consent a second time",
    )
    stage.chain.settle()
    yield f"the same consent again is refused: {stage.chain.refusals[-1].reason}"


# ----------------------------------------------------------------------------------------------------- REPUTATION


def give_feedback(stage: Stage) -> Iterator[str]:
    """All clients rate, all in one batch."""
    files = []
    for rating in RATINGS:
        agent = stage.agents[rating.agent]
        file = feedback_file(stage, agent, rating) if rating.with_file else b""
        files.append(file)
        call = stage.reputation.functions.giveFeedback(
            agent.id,
            rating.value,
            rating.decimals,
            rating.tag1,
            rating.tag2,
            rating.endpoint,
            data_uri(file) if file else "",
            keccak(file) if file else NO_HASH,
        )
        stage.chain.send(stage.wallets[rating.client], call)
    receipts = stage.chain.settle()

    for rating, file, receipt in zip(RATINGS, files, receipts, strict=True):
        event = stage.reputation.events.NewFeedback().process_receipt(receipt, errors=DISCARD)[0]["args"]
        if file:
            emitted = base64.b64decode(event["feedbackURI"].removeprefix(DATA_PREFIX))
            expect(keccak(emitted), event["feedbackHash"], "the hash of a feedback file")
        stage.given.append(Given(rating, event["agentId"], event["clientAddress"], event["feedbackIndex"]))
    expect_ledger(stage)
    clients = {rating.client for rating in RATINGS}
    scales = {(rating.tag1, rating.decimals) for rating in RATINGS}
    yield f"{len(RATINGS)} feedbacks of {len(clients)} clients on {len(scales)} scales in {count_blocks(receipts)}"
    yield f"{sum(map(bool, files))} of them with a feedback file whose hash is on the chain"


def refuse_self_feedback(stage: Stage) -> Iterator[str]:
    """An agent's owner and its wallet are no clients of it."""
    agent = stage.agents["market-data"]
    call = stage.reputation.functions.giveFeedback(agent.id, 100, 0, "starred", "", "", "", NO_HASH)
    insiders = {"owner": stage.account_of_owner(agent), "wallet": stage.wallets["pay wallet"]}
    for role, account in insiders.items():
        stage.chain.send_refused(
            account,
            call,
            f"SelfFeedback({agent.id}, {account.address})",
            f"rates an agent of which it is the {role}",
        )
        yield f"the {role} is refused: {stage.chain.refusals[-1].reason}"
    stage.chain.settle()
    expect_ledger(stage)


def refuse_to_be_silenced(stage: Stage) -> Iterator[str]:
    """Nobody can be made an operator, and so be kept from rating, against their will."""
    agent, critic = stage.agents["yield-keeper"], stage.wallets["critic"]
    stage.chain.send(critic, stage.identity.functions.setOperatorOptOut(True))
    stage.chain.settle()
    owner = stage.account_of_owner(agent)
    stage.chain.send_refused(
        owner,
        stage.identity.functions.setApprovalForAll(critic.address, APPROVED),
        f"OperatorOptedOut({critic.address})",
        "makes a critic its operator, to silence it",
    )
    rating = Rating(agent.example.slug, "critic", 12, 0, "starred")
    call = stage.reputation.functions.giveFeedback(agent.id, rating.value, 0, rating.tag1, "", "", "", NO_HASH)
    stage.chain.send(critic, call)
    stage.chain.settle()
    stage.given.append(Given(rating, agent.id, critic.address, 1))
    expect_ledger(stage)
    yield f"the owner cannot make the critic an operator: {stage.chain.refusals[-1].reason}"
    yield f"the critic rates {stage.name(agent)} all the same: {rating.value} of 100"


def revoke_feedback(stage: Stage) -> Iterator[str]:
    """A client takes its feedback back; the score follows."""
    given = stage.find_given("trip-planner", "client 3", "starred")
    before = summary(stage, given)
    stage.chain.send(stage.wallets["client 3"], stage.reputation.functions.revokeFeedback(given.agent_id, given.index))
    stage.chain.settle()
    stage.mark_revoked(given)
    expect_ledger(stage)
    after = summary(stage, given)
    expect(after[0], before[0] - 1, "the number of ratings after a revocation")
    yield f"client 3 takes its {given.rating.value} of 100 back"
    yield f"the score goes from {before[1]} ({before[0]} ratings) to {after[1]} ({after[0]} ratings)"


def respond(stage: Stage) -> Iterator[str]:
    """The owner answers feedback, and so does somebody else; both count."""
    given = stage.find_given("yield-keeper", "client 2", "tradingYield")
    agent = stage.agents["yield-keeper"]
    owner = stage.account_of_owner(agent)
    for account, text in ((owner, "One market was frozen for nine days."), (stage.wallets["client 3"], "Seen too.")):
        content = json.dumps({"agentId": agent.id, "text": text}).encode()
        call = stage.reputation.functions.appendResponse(
            agent.id, given.client, given.index, data_uri(content), keccak(content)
        )
        stage.chain.send(account, call)
    stage.chain.settle()
    count = stage.reputation.functions.getResponseCount(agent.id, given.client, given.index, []).call()
    own = stage.reputation.functions.getResponseCount(agent.id, given.client, given.index, [owner.address]).call()
    expect((count, own), (2, 1), "the numbers of responses")
    yield f"{count} responses to the {given.rating.value / 10} % of client 2, {own} of them by the owner"


# ----------------------------------------------------------------------------------------------------- VALIDATION


def validate(stage: Stage) -> Iterator[str]:
    """An owner asks for a check of work; the validator answers."""
    agent, validator = stage.agents["contract-auditor"], stage.wallets["validator"]
    owner = stage.account_of_owner(agent)
    request = json.dumps({"agentId": agent.id, "report": "re-run the tests of audit 7"}).encode()
    request_hash = keccak(request + owner.address.encode())  # salted: only its maker can know it beforehand
    functions = stage.validation.functions
    stage.chain.send(owner, functions.validationRequest(validator.address, agent.id, data_uri(request), request_hash))
    stage.chain.settle()
    expect(functions.isPending(request_hash).call(), wanted=True, what="whether the request is pending")
    yield f"{stage.name(agent)} asks {stage.wallets.name(validator.address)}: pending"

    report = json.dumps({"passed": 46, "failed": 4}).encode()
    stage.chain.send(
        validator,
        functions.validationResponse(request_hash, 92, data_uri(report), keccak(report), "tests-reproduced"),
    )
    stage.chain.settle()
    status = functions.getValidationStatus(request_hash).call()
    expect(
        status[:5], [validator.address, agent.id, 92, keccak(report), "tests-reproduced"], "the status of the request"
    )
    expect(functions.isPending(request_hash).call(), wanted=False, what="whether the request is pending")
    count, average = functions.getSummary(agent.id, [validator.address], "tests-reproduced").call()
    expect((count, average), (1, 92), "the validation summary")
    yield f"the validator answers {status[2]} of 100, tag {status[4]}"


# ------------------------------------------------------------------------------------------------ SALE AND PAUSE


def transfer(stage: Stage) -> Iterator[str]:
    """An agent is sold; the wallet of its seller goes, and everybody can see that the owner is new."""
    agent, buyer = stage.agents["market-data"], stage.wallets["buyer"]
    functions = stage.identity.functions
    seller, before = stage.account_of_owner(agent), stage.wallet_of(agent.id)
    epoch = functions.ownershipEpoch(agent.id).call()
    stage.chain.send(seller, functions.safeTransferFrom(seller.address, buyer.address, agent.id))
    stage.chain.settle()
    expect(stage.owner_of(agent.id), buyer.address, f"the owner of {stage.name(agent)}")
    expect(stage.wallet_of(agent.id), NO_WALLET, f"the wallet of {stage.name(agent)}")
    expect(functions.getMetadata(agent.id, "agentWallet").call(), b"", "the agentWallet metadata")
    expect(functions.ownershipEpoch(agent.id).call(), epoch + 1, "the ownership epoch")
    yield f"{stage.name(agent)} goes from {stage.wallets.name(seller.address)} to {stage.wallets.name(buyer.address)}"
    yield f"its wallet {stage.wallets.name(before)} is cleared, its ownership epoch is {epoch + 1}"


def pause(stage: Stage) -> Iterator[str]:
    """An emergency: nothing new comes in, and nobody is locked in."""
    registries = (stage.identity, stage.reputation, stage.validation)
    for registry in registries:
        stage.chain.send(stage.wallets["pauser"], registry.functions.pause())
    stage.chain.settle()
    for registry in registries:
        expect(registry.functions.paused().call(), wanted=True, what=f"whether {registry.address} is paused")
    yield "all three registries are paused"
    yield from _refused_under_pause(stage)
    yield from _possible_under_pause(stage)

    for registry in registries:
        stage.chain.send(stage.wallets["pauser"], registry.functions.unpause())
    stage.chain.settle()
    for registry in registries:
        expect(registry.functions.paused().call(), wanted=False, what=f"whether {registry.address} is paused")
    yield "the pause is over"


def _refused_under_pause(stage: Stage) -> Iterator[str]:
    agent = stage.agents["legal-clerk"]
    attempts = {
        "registers during a pause": stage.identity.functions.register("https://late.example/agent.json"),
        "rates during a pause": stage.reputation.functions.giveFeedback(
            agent.id, 80, 0, "starred", "", "", "", NO_HASH
        ),
    }
    for what, call in attempts.items():
        stage.chain.send_refused(stage.wallets["client 1"], call, "EnforcedPause()", what)
        yield f"whoever {what} is refused: {stage.chain.refusals[-1].reason}"


def _possible_under_pause(stage: Stage) -> Iterator[str]:
    sold, unset = stage.agents["legal-clerk"], stage.agents["yield-keeper"]
    given = stage.find_given("weather-oracle", "client 2", "successRate")
    seller, buyer = stage.account_of_owner(sold), stage.wallets["buyer"]
    identity = stage.identity.functions
    stage.chain.send(seller, identity.transferFrom(seller.address, buyer.address, sold.id))
    stage.chain.send(stage.account_of_owner(unset), identity.unsetAgentWallet(unset.id))
    stage.chain.send(stage.wallets["client 2"], stage.reputation.functions.revokeFeedback(given.agent_id, given.index))
    stage.chain.settle()
    stage.mark_revoked(given)
    expect(stage.owner_of(sold.id), buyer.address, f"the owner of {stage.name(sold)}")
    expect(stage.wallet_of(unset.id), NO_WALLET, f"the wallet of {stage.name(unset)}")
    expect_ledger(stage)
    yield f"{stage.name(sold)} is transferred to {stage.wallets.name(buyer.address)}"
    yield f"{stage.name(unset)} unsets its wallet"
    yield f"client 2 revokes its feedback to agent {given.agent_id}; every read goes on"


STORY: tuple[tuple[str, Step], ...] = (
    ("Verifying the deployment", verify_wiring),
    ("Setting the base of the auto URIs", set_base_uri),
    ("Registering agents", register_agents),
    ("Naming a registration in its own file", name_own_registration),
    ("Setting wallets by signature", set_wallets),
    ("Giving feedback", give_feedback),
    ("Refusing feedback to oneself", refuse_self_feedback),
    ("Refusing to be silenced", refuse_to_be_silenced),
    ("Revoking feedback", revoke_feedback),
    ("Responding to feedback", respond),
    ("Asking for a validation", validate),
    ("Transferring an agent", transfer),
    ("Pausing", pause),
)
"""The steps in their order, each with its title."""


# -------------------------------------------------------------------------------------------------------- HELPERS


def count_blocks(receipts: list[TxReceipt]) -> str:
    """How many blocks a batch took."""
    count = len({receipt["blockNumber"] for receipt in receipts})
    return "1 block" if count == 1 else f"{count} blocks"


def summary(stage: Stage, given: Given) -> tuple[int, int]:
    """Count and average, without decimals, of an agent's feedback with the same tags."""
    clients = stage.reputation.functions.getClients(given.agent_id).call()
    count, value, _ = stage.reputation.functions.getSummary(
        given.agent_id, clients, given.rating.tag1, given.rating.tag2
    ).call()
    return count, value


def feedback_file(stage: Stage, agent: Agent, rating: Rating) -> bytes:
    """The off-chain file of a feedback, as ERC-8004 describes it."""
    content = {
        "agentRegistry": stage.registry_id,
        "agentId": agent.id,
        "clientAddress": f"eip155:{stage.chain.chain_id}:{stage.wallets[rating.client].address}",
        "createdAt": stage.chain.now(),
        "value": rating.value,
        "valueDecimals": rating.decimals,
        "tag1": rating.tag1,
        "tag2": rating.tag2,
        "endpoint": rating.endpoint,
    }
    return json.dumps(content).encode()
