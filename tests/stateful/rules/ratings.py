"""Calls of the reputation and of the validation registry."""

from __future__ import annotations

from tests.stateful.call import Call
from tests.stateful.rules.rule import calls
from tests.strategies import HASHES, Draw

REPUTATION = "ReputationRegistry"
VALIDATION = "ValidationRegistry"


@calls(REPUTATION, "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)", weight=16)
def give_feedback(draw: Draw) -> Call:
    value, decimals = draw.value(), draw.decimals()
    texts = (draw.tag(), draw.tag(), draw.endpoint(), draw.uri())
    arguments = (draw.agent(), value, decimals, *texts, draw.content_hash())
    return Call(draw.caller(), REPUTATION, "giveFeedback", arguments)


@calls(REPUTATION, "revokeFeedback(uint256,uint64)", weight=6)
def revoke_feedback(draw: Draw) -> Call:
    agent_id = draw.agent()
    client = draw.client(agent_id)
    sender = client if client in draw.stage.callers else draw.caller()
    return Call(sender, REPUTATION, "revokeFeedback", (agent_id, draw.index(agent_id, client)))


@calls(REPUTATION, "appendResponse(uint256,address,uint64,string,bytes32)", weight=8)
def append_response(draw: Draw) -> Call:
    agent_id = draw.agent()
    client = draw.client(agent_id)
    arguments = (agent_id, client, draw.index(agent_id, client), draw.uri(), draw.content_hash())
    return Call(draw.caller(), REPUTATION, "appendResponse", arguments)


@calls(VALIDATION, "validationRequest(address,uint256,string,bytes32)", weight=6)
def request_validation(draw: Draw) -> Call:
    agent_id = draw.agent()
    arguments = (draw.account(), agent_id, draw.uri(), draw.one_of(HASHES))
    return Call(draw.authorized(agent_id), VALIDATION, "validationRequest", arguments)


@calls(VALIDATION, "validationResponse(bytes32,uint8,string,bytes32,string)", weight=8)
def respond_to_validation(draw: Draw) -> Call:
    request_hash = draw.request_hash()
    request = draw.model.validation.requests.get(request_hash)
    asked = request is not None and request.validator in draw.stage.callers and not draw.chance(10)
    sender = request.validator if request is not None and asked else draw.caller()
    verdict = draw.one_of((101, 255)) if draw.chance(5) else draw.random.randrange(101)
    arguments = (request_hash, verdict, draw.uri(), draw.content_hash(), draw.tag())
    return Call(sender, VALIDATION, "validationResponse", arguments)
