"""What somebody can always do, whatever happened before; each is tried and undone again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.deployment import BUYER, STRANGER
from tests.entry_points import PAUSER_ROLE
from tests.evm import ZERO_ADDRESS, Contract, Reverted
from tests.model import Consent
from tests.stateful.call import signature
from tests.stateful.invariants.check import Claims, World, invariant
from tests.stateful.stage import KEY_HOLDERS

MAX_WAIT = 86_400 * 30
"""Longer than any delay that is likely, seconds."""


def succeeds(act: Callable[[], object]) -> bool:
    try:
        act()
    except Reverted:
        return False
    return True


def owned_by_keys(world: World) -> Iterator[tuple[int, str]]:
    """Agents whose owners can send calls themselves, and these."""
    for agent_id in world.agents:
        owner = world.identity.ownerOf(agent_id)
        if owner in KEY_HOLDERS:
            yield agent_id, owner


@invariant("LIVE-1")
def client_can_always_revoke(world: World) -> Claims:
    for (agent_id, client), entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            if client in KEY_HOLDERS and not given.revoked:
                yield (
                    _can(world.reputation, "revokeFeedback", agent_id, index, sender=client),
                    (agent_id, client, index),
                )


def _can(contract: Contract, function: str, *arguments: object, sender: str) -> bool:
    return succeeds(lambda: getattr(contract, function)(*arguments, sender=sender))


@invariant("LIVE-2")
def owner_can_always_leave(world: World) -> Claims:
    for agent_id, owner in owned_by_keys(world):
        recipient = BUYER if owner != BUYER else STRANGER
        yield _can(world.identity, "transferFrom", owner, recipient, agent_id, sender=owner), agent_id
        yield world.identity.ownerOf(agent_id) == recipient, agent_id


@invariant("LIVE-3")
def owner_can_always_unset_the_wallet(world: World) -> Claims:
    for agent_id, owner in owned_by_keys(world):
        yield _can(world.identity, "unsetAgentWallet", agent_id, sender=owner), agent_id
        yield world.identity.getAgentWallet(agent_id) == ZERO_ADDRESS, agent_id


@invariant("LIVE-4")
def owner_can_always_end_powers(world: World) -> Claims:
    for agent_id, owner in owned_by_keys(world):
        yield _can(world.identity, "approve", ZERO_ADDRESS, agent_id, sender=owner), agent_id
        for operator in world.stage.accounts:
            yield _can(world.identity, "setApprovalForAll", operator, False, sender=owner), (agent_id, operator)
        powerful = [one for one in world.stage.accounts if world.identity.isAuthorizedOrOwner(one, agent_id)]
        yield powerful == [owner], agent_id


@invariant("LIVE-5")
def anybody_can_always_opt_out(world: World) -> Claims:
    for account in KEY_HOLDERS:
        yield _can(world.identity, "setOperatorOptOut", True, sender=account), account


@invariant("LIVE-6")
def critic_cannot_be_silenced(world: World) -> Claims:
    if world.reputation.paused():
        return
    for account in KEY_HOLDERS:
        world.identity.setOperatorOptOut(True, sender=account)
        for agent_id in world.agents:
            if account not in {world.identity.ownerOf(agent_id), world.identity.getAgentWallet(agent_id)}:
                arguments = (agent_id, 1, 0, "", "", "", "", bytes(32))
                yield _can(world.reputation, "giveFeedback", *arguments, sender=account), (account, agent_id)


@invariant("LIVE-7")
def pauser_can_always_end_a_pause(world: World) -> Claims:
    for contract in world.contracts:
        pausers = [one for one in KEY_HOLDERS if contract.hasRole(PAUSER_ROLE, one)]
        if pausers:
            if not contract.paused():
                contract.pause(sender=pausers[0])
            yield _can(contract, "unpause", sender=pausers[0]), contract.type.name


@invariant("LIVE-8")
def wallet_can_always_be_set_anew(world: World) -> Claims:
    if world.identity.paused():
        return
    world.evm.warp(1)
    for agent_id, owner in owned_by_keys(world):
        deadline = world.evm.time + 300
        consent = Consent(STRANGER, agent_id, STRANGER, owner, deadline)
        signed = signature(consent, world.evm.chain_id, world.identity.address)
        yield _can(world.identity, "setAgentWallet", agent_id, STRANGER, deadline, signed, sender=owner), agent_id


@invariant("LIVE-9")
def announced_admin_can_take_over(world: World) -> Claims:
    for contract in world.contracts:
        announced, schedule = contract.pendingDefaultAdmin()
        if announced in KEY_HOLDERS and schedule < world.evm.time + MAX_WAIT:
            world.evm.warp(max(0, schedule - world.evm.time) + 1)
            yield _can(contract, "acceptDefaultAdminTransfer", sender=announced), contract.type.name


@invariant("LIVE-10")
def independent_validator_can_always_answer(world: World) -> Claims:
    if world.validation.paused():
        return
    for key, asked in world.ghost.requests.items():
        independent = not world.identity.isAffiliated(asked.validator, asked.agent_id)
        if asked.validator in KEY_HOLDERS and independent:
            arguments = (key, 50, "", bytes(32), "")
            yield _can(world.validation, "validationResponse", *arguments, sender=asked.validator), key
