"""Time, and attackers."""

from __future__ import annotations

from tests.model import ZERO
from tests.stateful.call import Call
from tests.stateful.duel import Duel
from tests.stateful.rules.rule import CALLS, rule
from tests.strategies import WAITS, Draw


@rule(weight=6)
def wait(duel: Duel, draw: Draw) -> None:
    duel.wait(draw.one_of(WAITS))


@rule(weight=2)
def reenter_while_registering(duel: Duel, draw: Draw) -> None:
    attacker = duel.stage.attacker.address
    inner = draw.one_of(CALLS)(draw)._replace(sender=attacker)
    duel.play_reentering(Call(attacker, "IdentityRegistry", "register", ("ipfs://attacker",)), inner)


@rule(weight=2)
def reenter_while_receiving(duel: Duel, draw: Draw) -> None:
    attacker = duel.stage.attacker.address
    agent_id = draw.agent()
    inner = draw.one_of(CALLS)(draw)._replace(sender=attacker)
    arguments = (draw.owner(agent_id), attacker, agent_id)
    sender = draw.authorized(agent_id)
    duel.play_reentering(Call(sender, "IdentityRegistry", "safeTransferFrom", arguments), inner)


@rule(weight=2)
def use_consent_again(duel: Duel, draw: Draw) -> None:
    """The very call that set a wallet before, by whoever may set it now."""
    used = [call for call in duel.history if isinstance(call, Call) and call.function == "setAgentWallet"]
    if used:
        call = draw.one_of(used[-8:])
        duel.play(call._replace(sender=draw.authorized(call.arguments[0])))


@rule(weight=1)
def give_away_and_take_back(duel: Duel, draw: Draw) -> None:
    """A round trip of a token, after which nothing of the former term may come back to life."""
    agents = duel.model.identity.agents
    if not agents:
        return
    agent_id = draw.random.randrange(len(agents)) + 1
    owner, other = agents[agent_id].owner, draw.caller()
    for sender, recipient in ((owner, other), (other, owner)):
        if sender != ZERO and sender in duel.stage.callers:
            duel.play(Call(sender, "IdentityRegistry", "transferFrom", (sender, recipient, agent_id)))
