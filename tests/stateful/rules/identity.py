"""Calls of the identity registry."""

from __future__ import annotations

from tests.stateful.call import Call
from tests.stateful.rules.rule import calls
from tests.strategies import Draw

REGISTRY = "IdentityRegistry"


@calls(REGISTRY, "register()", weight=2)
def register(draw: Draw) -> Call:
    return Call(draw.caller(), REGISTRY, "register")


@calls(REGISTRY, "register(string)", weight=2)
def register_with_uri(draw: Draw) -> Call:
    return Call(draw.caller(), REGISTRY, "register", (draw.uri(),))


@calls(REGISTRY, "register(string,(string,bytes)[])", weight=2)
def register_with_metadata(draw: Draw) -> Call:
    return Call(draw.caller(), REGISTRY, "register", (draw.uri(), draw.entries()))


@calls(REGISTRY, "setAgentURI(uint256,string)")
def set_agent_uri(draw: Draw) -> Call:
    agent_id = draw.agent()
    return Call(draw.authorized(agent_id), REGISTRY, "setAgentURI", (agent_id, draw.uri()))


@calls(REGISTRY, "setMetadata(uint256,string,bytes)", weight=4)
def set_metadata(draw: Draw) -> Call:
    agent_id = draw.agent()
    return Call(draw.authorized(agent_id), REGISTRY, "setMetadata", (agent_id, draw.key(), draw.metadata()))


@calls(REGISTRY, "setAgentWallet(uint256,address,uint256,bytes)", weight=5)
def set_agent_wallet(draw: Draw) -> Call:
    agent_id = draw.agent()
    wallet = draw.account()
    deadline = draw.deadline(agent_id)
    consent = draw.consent(agent_id, wallet, deadline)
    return Call(draw.authorized(agent_id), REGISTRY, "setAgentWallet", (agent_id, wallet, deadline, consent))


@calls(REGISTRY, "unsetAgentWallet(uint256)", weight=1)
def unset_agent_wallet(draw: Draw) -> Call:
    agent_id = draw.agent()
    return Call(draw.authorized(agent_id), REGISTRY, "unsetAgentWallet", (agent_id,))


@calls(REGISTRY, "approve(address,uint256)", weight=3)
def approve(draw: Draw) -> Call:
    agent_id = draw.agent()
    return Call(draw.authorized(agent_id), REGISTRY, "approve", (draw.account(), agent_id))


@calls(REGISTRY, "setApprovalForAll(address,bool)", weight=3)
def set_approval_for_all(draw: Draw) -> Call:
    return Call(draw.caller(), REGISTRY, "setApprovalForAll", (draw.account(), draw.chance(60)))


@calls(REGISTRY, "setOperatorOptOut(bool)", weight=2)
def set_operator_opt_out(draw: Draw) -> Call:
    return Call(draw.powerful(), REGISTRY, "setOperatorOptOut", (draw.chance(60),))


@calls(REGISTRY, "transferFrom(address,address,uint256)", weight=3)
def transfer(draw: Draw) -> Call:
    agent_id = draw.agent()
    arguments = (draw.owner(agent_id), draw.account(), agent_id)
    return Call(draw.authorized(agent_id), REGISTRY, "transferFrom", arguments)


@calls(REGISTRY, "safeTransferFrom(address,address,uint256)", weight=2)
def transfer_safely(draw: Draw) -> Call:
    agent_id = draw.agent()
    arguments = (draw.owner(agent_id), draw.account(), agent_id)
    return Call(draw.authorized(agent_id), REGISTRY, "safeTransferFrom", arguments)


@calls(REGISTRY, "safeTransferFrom(address,address,uint256,bytes)", weight=2)
def transfer_safely_with_data(draw: Draw) -> Call:
    agent_id = draw.agent()
    arguments = (draw.owner(agent_id), draw.account(), agent_id, draw.metadata())
    return Call(draw.authorized(agent_id), REGISTRY, "safeTransferFrom", arguments)


@calls(REGISTRY, "setBaseURI(string)", weight=1)
def set_base_uri(draw: Draw) -> Call:
    sender = draw.holder(REGISTRY, draw.model.identity.REGISTRY_ADMIN_ROLE)
    return Call(sender, REGISTRY, "setBaseURI", (draw.uri(),))
