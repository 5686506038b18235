"""Calls that have to fail, with this error and no other, whatever else the model says."""

from __future__ import annotations

from tests.deployment import REGISTRIES
from tests.model import ZERO, Registry
from tests.stateful.call import Call
from tests.stateful.duel import Duel
from tests.stateful.rules.rule import rule
from tests.strategies import HASHES, Draw

IDENTITY, REPUTATION, VALIDATION = REGISTRIES
NO_HASH = bytes(32)


def _agents_of_others(duel: Duel, account: str) -> list[int]:
    identity = duel.model.identity
    return [agent_id for agent_id in identity.agents if not identity.is_authorized_or_owner(account, agent_id)]


def _running(duel: Duel, *registries: str) -> bool:
    return not any(duel.model[registry].is_paused for registry in registries)


@rule()
def act_for_agent_of_others(duel: Duel, draw: Draw) -> None:
    sender = draw.caller()
    agents = _agents_of_others(duel, sender)
    if not agents or not _running(duel, IDENTITY, VALIDATION):
        return
    agent_id = draw.one_of(agents)
    registry, function, arguments = draw.one_of(
        (
            (IDENTITY, "setAgentURI", (agent_id, "ipfs://attack")),
            (IDENTITY, "setMetadata", (agent_id, "key", b"attack")),
            (IDENTITY, "unsetAgentWallet", (agent_id,)),
            (IDENTITY, "setAgentWallet", (agent_id, sender, draw.deadline(agent_id), None)),
            (VALIDATION, "validationRequest", (draw.account(), agent_id, "", draw.one_of(HASHES))),
        )
    )
    duel.play(Call(sender, registry, function, arguments), "NotAuthorized")


@rule()
def take_agent_of_others(duel: Duel, draw: Draw) -> None:
    sender = draw.caller()
    agents = _agents_of_others(duel, sender)
    if agents:
        agent_id = draw.one_of(agents)
        owner = duel.model.identity.owner_of(agent_id)
        function = draw.one_of(("transferFrom", "safeTransferFrom"))
        duel.play(Call(sender, IDENTITY, function, (owner, sender, agent_id)), "ERC721InsufficientApproval")


@rule(weight=1)
def approve_for_agent_of_others(duel: Duel, draw: Draw) -> None:
    sender = draw.caller()
    agents = _agents_of_others(duel, sender)
    if agents and not duel.model.identity.operator_opt_out(sender):
        arguments = (sender, draw.one_of(agents))
        duel.play(Call(sender, IDENTITY, "approve", arguments), "ERC721InvalidApprover")


@rule(weight=1)
def approve_who_opted_out(duel: Duel, draw: Draw) -> None:
    opted_out = sorted(duel.model.identity.opted_out)
    if opted_out:
        operator, agent_id = draw.one_of(opted_out), draw.agent()
        function, arguments = draw.one_of((("approve", (operator, agent_id)), ("setApprovalForAll", (operator, True))))
        duel.play(Call(draw.caller(), IDENTITY, function, arguments), "OperatorOptedOut")


@rule()
def rate_own_agent(duel: Duel, draw: Draw) -> None:
    identity = duel.model.identity
    pairs = [
        (account, agent_id)
        for agent_id in identity.agents
        for account in duel.stage.callers
        if identity.is_affiliated(account, agent_id)
    ]
    if pairs and _running(duel, REPUTATION):
        sender, agent_id = draw.one_of(pairs)
        arguments = (agent_id, 100, 0, "", "", "", "", NO_HASH)
        duel.play(Call(sender, REPUTATION, "giveFeedback", arguments), "SelfFeedback")


@rule(weight=1)
def revoke_twice(duel: Duel, draw: Draw) -> None:
    revoked = [
        (client, agent_id, entry.index)
        for agent_id, ledgers in duel.model.reputation.ledgers.items()
        for client, ledger in ledgers.items()
        for entry in ledger.entries
        if entry.revoked
    ]
    if revoked:
        client, *arguments = draw.one_of(revoked)
        duel.play(Call(client, REPUTATION, "revokeFeedback", tuple(arguments)), "FeedbackAlreadyRevoked")


@rule(weight=1)
def revoke_feedback_of_others(duel: Duel, draw: Draw) -> None:
    """A revocation names no client: it is the caller's own feedback or nothing."""
    reputation = duel.model.reputation
    strangers = [
        (sender, agent_id)
        for agent_id, ledgers in reputation.ledgers.items()
        for sender in duel.stage.callers
        if sender not in ledgers
    ]
    if strangers:
        sender, agent_id = draw.one_of(strangers)
        duel.play(Call(sender, REPUTATION, "revokeFeedback", (agent_id, 1)), "FeedbackNotFound")


@rule(weight=1)
def request_with_used_hash(duel: Duel, draw: Draw) -> None:
    identity, requests = duel.model.identity, list(duel.model.validation.requests)
    owners = [agent_id for agent_id, agent in identity.agents.items() if agent.owner in duel.stage.callers]
    if requests and owners and _running(duel, VALIDATION):
        agent_id = draw.one_of(owners)
        validators = [one for one in duel.stage.accounts if not identity.is_affiliated(one, agent_id)]
        if validators:
            arguments = (draw.one_of(validators), agent_id, "", draw.one_of(requests))
            call = Call(identity.owner_of(agent_id), VALIDATION, "validationRequest", arguments)
            duel.play(call, "RequestHashUsed")


@rule(weight=1)
def answer_for_another_validator(duel: Duel, draw: Draw) -> None:
    requests = duel.model.validation.requests
    if requests and _running(duel, VALIDATION):
        request_hash = draw.one_of(list(requests))
        others = [one for one in duel.stage.callers if one != requests[request_hash].validator]
        arguments = (request_hash, 100, "", NO_HASH, "")
        duel.play(Call(draw.one_of(others), VALIDATION, "validationResponse", arguments), "NotRequestedValidator")


@rule(weight=1)
def validate_own_agent(duel: Duel, draw: Draw) -> None:
    agents = duel.model.identity.agents
    owned = [agent_id for agent_id, agent in agents.items() if agent.owner in duel.stage.callers]
    if owned and _running(duel, VALIDATION):
        agent_id = draw.one_of(owned)
        owner, wallet = agents[agent_id].owner, agents[agent_id].wallet
        validator = owner if wallet == ZERO else draw.one_of((owner, wallet))
        arguments = (validator, agent_id, "", draw.one_of(HASHES))
        duel.play(Call(owner, VALIDATION, "validationRequest", arguments), "SelfValidation")


@rule(weight=1)
def act_without_role(duel: Duel, draw: Draw) -> None:
    registry = draw.one_of(REGISTRIES)
    function, role, arguments = draw.one_of(
        (
            ("pause", Registry.PAUSER_ROLE, ()),
            ("unpause", Registry.PAUSER_ROLE, ()),
            ("grantRole", Registry.DEFAULT_ADMIN_ROLE, (Registry.PAUSER_ROLE, draw.account())),
            ("revokeRole", Registry.DEFAULT_ADMIN_ROLE, (Registry.PAUSER_ROLE, draw.account())),
            ("beginDefaultAdminTransfer", Registry.DEFAULT_ADMIN_ROLE, (draw.account(),)),
            ("cancelDefaultAdminTransfer", Registry.DEFAULT_ADMIN_ROLE, ()),
            ("changeDefaultAdminDelay", Registry.DEFAULT_ADMIN_ROLE, (86_400,)),
            ("rollbackDefaultAdminDelay", Registry.DEFAULT_ADMIN_ROLE, ()),
        )
    )
    others = [account for account in duel.stage.callers if not duel.model[registry].has_role(role, account)]
    duel.play(Call(draw.one_of(others), registry, function, arguments), "AccessControlUnauthorizedAccount")


@rule(weight=1)
def create_while_paused(duel: Duel, draw: Draw) -> None:
    agent_id = draw.agent()
    client = draw.client(agent_id)
    creations = (
        Call(draw.caller(), IDENTITY, "register"),
        Call(draw.authorized(agent_id), IDENTITY, "setMetadata", (agent_id, "key", b"value")),
        Call(draw.authorized(agent_id), IDENTITY, "setAgentURI", (agent_id, "ipfs://paused")),
        Call(draw.caller(), REPUTATION, "giveFeedback", (agent_id, 1, 0, "", "", "", "", NO_HASH)),
        Call(draw.caller(), REPUTATION, "appendResponse", (agent_id, client, 1, "ipfs://paused", NO_HASH)),
        Call(draw.authorized(agent_id), VALIDATION, "validationRequest", (draw.account(), agent_id, "", HASHES[0])),
        Call(draw.caller(), VALIDATION, "validationResponse", (draw.request_hash(), 1, "", NO_HASH, "")),
    )
    stopped = [call for call in creations if duel.model[call.registry].is_paused]
    if stopped:
        duel.play(draw.one_of(stopped), "EnforcedPause")
