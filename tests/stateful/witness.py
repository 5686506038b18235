"""Who was there: each call that succeeded, with what the contracts said just before and just after it.

It knows nothing of the model. Only what a call is about is read, so that a history stays fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.deployment import REGISTRIES, Registries
from tests.entry_points import ADMINISTRATION, PAUSER_ROLE, REGISTRY_ADMIN_ROLE
from tests.evm import Log, Reverted
from tests.stateful.call import Call

IDENTITY, REPUTATION, VALIDATION = REGISTRIES
ADMIN_ROLE = bytes(32)
ADMINISTRATIVE = frozenset(signature.partition("(")[0] for signature in ADMINISTRATION) | {"setBaseURI"}
AGENT_ARGUMENT = {
    "setAgentURI": 0,
    "setMetadata": 0,
    "setAgentWallet": 0,
    "unsetAgentWallet": 0,
    "approve": 1,
    "transferFrom": 2,
    "safeTransferFrom": 2,
}
"""Where the calls about one agent name it."""

Sight = Mapping[str, Any]
"""What was read, by what it is."""


class Event(NamedTuple):
    """A log, decoded."""

    registry: str
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Deed:
    """A call that succeeded.

    :ivar time: the block's, seconds since the epoch
    :ivar before: what it is about, just before
    :ivar after: the same, just after
    """

    sender: str
    registry: str
    function: str
    arguments: tuple[Any, ...]
    time: int
    events: tuple[Event, ...]
    before: Sight = field(default_factory=dict)
    after: Sight = field(default_factory=dict)


class Witness:
    """Looks at the contracts.

    :ivar deeds: the calls that succeeded, in their order
    """

    def __init__(self, registries: Registries) -> None:
        self.registries = registries
        self.deeds: list[Deed] = []

    def look(self, sender: str, registry: str, function: str, arguments: tuple[Any, ...]) -> Sight:
        """What the contracts say about a call's subject. A read that reverts is left out."""
        try:
            sight = dict(self._look(sender, registry, function, arguments))
        except Reverted:
            sight = {}
        return sight | {"paused": self.registries[registry].paused()}

    def record(self, call: Call, time: int, logs: tuple[Log, ...], before: Sight | None = None) -> Deed:
        """Remembers a call that succeeded.

        :param before: what was seen before; None for a call from within another one, which nobody could look at
        """
        address = self.registries[call.registry].address
        contract = self.registries[call.registry]
        events = tuple(Event(call.registry, *contract.read_log(log)) for log in logs if log.address == address)
        after = {} if before is None else self.look(*call)
        deed = Deed(*call, time, events, before or {}, after)
        self.deeds.append(deed)
        return deed

    def _look(self, sender: str, registry: str, function: str, arguments: tuple[Any, ...]) -> Sight:
        identity, reputation = self.registries.identity, self.registries.reputation
        if function in ADMINISTRATIVE:
            return self._look_at_roles(sender, registry)
        if registry == IDENTITY:
            return (
                self._look_at_agent(sender, arguments[AGENT_ARGUMENT[function]]) if function in AGENT_ARGUMENT else {}
            )
        if function == "giveFeedback":
            return {"affiliated": identity.isAffiliated(sender, arguments[0])}
        if function == "revokeFeedback":
            return {"feedback": reputation.getFeedback(arguments[0], sender, arguments[1])}
        if function == "appendResponse":
            return {"feedback": reputation.getFeedback(*arguments[:3])}
        if function == "validationRequest":
            validator, agent_id, *_ = arguments
            return {
                "authorized": identity.isAuthorizedOrOwner(sender, agent_id),
                "affiliated": identity.isAffiliated(validator, agent_id),
            }
        validator, agent_id, *_ = self.registries.validation.getValidationStatus(arguments[0])
        return {"validator": validator, "agent": agent_id, "affiliated": identity.isAffiliated(validator, agent_id)}

    def _look_at_agent(self, sender: str, agent_id: int) -> Sight:
        identity = self.registries.identity
        return {
            "authorized": identity.isAuthorizedOrOwner(sender, agent_id),
            "owner": identity.ownerOf(agent_id),
            "operator": identity.isApprovedForAll(identity.ownerOf(agent_id), sender),
            "wallet": identity.getAgentWallet(agent_id),
            "approved": identity.getApproved(agent_id),
            "epoch": identity.ownershipEpoch(agent_id),
            "uri": identity.tokenURI(agent_id),
            "keys": identity.metadataKeyCount(agent_id),
            "deadline": identity.lastConsentDeadline(agent_id),
        }

    def _look_at_roles(self, sender: str, registry: str) -> Sight:
        contract = self.registries[registry]
        return {
            "admin": contract.defaultAdmin(),
            "pending": contract.pendingDefaultAdmin(),
            "delay": contract.defaultAdminDelay(),
            "is admin": contract.hasRole(ADMIN_ROLE, sender),
            "is pauser": contract.hasRole(PAUSER_ROLE, sender),
            "is registry admin": contract.hasRole(REGISTRY_ADMIN_ROLE, sender),
            "data": self._data(),
        }

    def _data(self) -> tuple[Any, ...]:
        """A glance at what no role may touch."""
        identity, reputation, validation = self.registries.all
        agents = identity.totalAgents()
        owner = identity.ownerOf(agents) if agents else None
        counts = reputation.getClientCount(agents), reputation.getResponseCount(agents, "0x" + "00" * 20, 0, [])
        return agents, owner, identity.getAgentWallet(agents), counts, validation.getSummary(agents, [], "")
