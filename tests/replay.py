"""What an indexer believes that sees nothing but the identity registry's logs, held against the registry's reads.

An agent has a URI of its own from a MetadataUpdate that comes before Registered or URIUpdated, until AgentURICleared;
without one it has the auto URI, which follows BaseURIUpdated. Its wallet comes from MetadataSet of the reserved key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.evm import ZERO_ADDRESS, Contract, Log

WALLET_KEY = "agentWallet"


@dataclass
class AgentRecord:
    """One agent."""

    owner: str
    own_uri: str | None = None
    metadata: dict[str, bytes] = field(default_factory=dict)
    approved: str = ZERO_ADDRESS
    ownership_epoch: int = 0
    past_owners: set[str] = field(default_factory=set)
    past_approved: set[str] = field(default_factory=set)
    past_wallets: set[str] = field(default_factory=set)

    @property
    def wallet(self) -> str:
        value = self.metadata.get(WALLET_KEY, b"")
        return to_checksum_address(value) if value else ZERO_ADDRESS


class IdentityReplay:
    """The state of an identity registry after some logs, those of other contracts among them left out."""

    # What says nothing about agents. Any other log without a method here is an error: no event may go unread.
    IGNORED = frozenset(
        {
            "Paused",
            "Unpaused",
            "BatchMetadataUpdate",
            "RoleGranted",
            "RoleRevoked",
            "RoleAdminChanged",
            "DefaultAdminTransferScheduled",
            "DefaultAdminTransferCanceled",
            "DefaultAdminDelayChangeScheduled",
            "DefaultAdminDelayChangeCanceled",
        }
    )

    def __init__(self, identity: Contract, logs: Iterable[Log]) -> None:
        self.agents: dict[int, AgentRecord] = {}
        self.operators: set[tuple[str, str]] = set()
        self.past_operators: set[tuple[str, str]] = set()
        self.opted_out: set[str] = set()
        self.past_opted_out: set[str] = set()
        self.base_uri = ""
        self._announced_uris: set[int] = set()
        for log in logs:
            if log.address == identity.address:
                name, values = identity.read_log(log)
                if name not in self.IGNORED:
                    getattr(self, f"_on_{name}")(*(values[str(item.name)] for item in _inputs(identity, name)))

    def token_uri(self, agent_id: int) -> str:
        own = self.agents[agent_id].own_uri
        if own is not None:
            return own
        return f"{self.base_uri}/{agent_id}/registration" if self.base_uri else ""

    def approved(self, agent_id: int) -> str:
        approved = self.agents[agent_id].approved
        return ZERO_ADDRESS if approved in self.opted_out else approved

    def is_operator(self, owner: str, operator: str) -> bool:
        return (owner, operator) in self.operators and operator not in self.opted_out

    def known_accounts(self) -> set[str]:
        """Every account that owns, or was ever given or refused a power."""
        accounts = {operator for _, operator in self.past_operators} | self.past_opted_out
        return accounts.union(*(agent.past_owners | agent.past_approved for agent in self.agents.values()))

    def was_affiliated(self, account: str, agent_id: int) -> bool:
        """Whether an account is or ever was owner, operator or wallet of an agent."""
        agent = self.agents[agent_id]
        return account in agent.past_owners | agent.past_approved | agent.past_wallets or any(
            (owner, account) in self.past_operators for owner in agent.past_owners
        )

    def _on_Transfer(self, sender: str, recipient: str, agent_id: int) -> None:  # noqa: N802
        agent = self.agents.setdefault(agent_id, AgentRecord(recipient))
        agent.owner, agent.approved = recipient, ZERO_ADDRESS
        agent.past_owners.add(recipient)
        agent.ownership_epoch += sender not in {ZERO_ADDRESS, recipient}

    def _on_Approval(self, _owner: str, approved: str, agent_id: int) -> None:  # noqa: N802
        self.agents[agent_id].approved = approved
        self.agents[agent_id].past_approved.add(approved)

    def _on_ApprovalForAll(self, owner: str, operator: str, approved: bool) -> None:  # noqa: N802
        (self.operators.add if approved else self.operators.discard)((owner, operator))
        self.past_operators.add((owner, operator))

    def _on_OperatorOptOutSet(self, account: str, opted_out: bool) -> None:  # noqa: N802
        (self.opted_out.add if opted_out else self.opted_out.discard)(account)
        self.past_opted_out.add(account)

    def _on_MetadataUpdate(self, agent_id: int) -> None:  # noqa: N802
        self._announced_uris.add(agent_id)

    def _on_Registered(self, agent_id: int, uri: str, _owner: str) -> None:  # noqa: N802
        self._take_uri(agent_id, uri)

    def _on_URIUpdated(self, agent_id: int, uri: str, _updated_by: str) -> None:  # noqa: N802
        self._take_uri(agent_id, uri)

    def _on_AgentURICleared(self, agent_id: int) -> None:  # noqa: N802
        self.agents[agent_id].own_uri = None

    def _on_BaseURIUpdated(self, base_uri: str, _updated_by: str) -> None:  # noqa: N802
        self.base_uri = base_uri

    def _on_MetadataSet(self, agent_id: int, key_hash: bytes, key: str, value: bytes) -> None:  # noqa: N802
        assert key_hash == keccak(text=key)
        agent = self.agents[agent_id]
        agent.metadata[key] = value
        if key == WALLET_KEY:
            agent.past_wallets.add(agent.wallet)

    def _take_uri(self, agent_id: int, uri: str) -> None:
        self.agents[agent_id].own_uri = uri if agent_id in self._announced_uris else None
        self._announced_uris.discard(agent_id)


def _inputs(contract: Contract, event: str) -> Iterator[Any]:
    return iter(next(abi for abi in contract.type.events if abi.name == event).inputs)


def _erc8004_reads(identity: Contract, replay: IdentityReplay) -> Iterator[tuple[str, Any, Any]]:
    for agent_id, agent in replay.agents.items():
        yield f"ownerOf({agent_id})", identity.ownerOf(agent_id), agent.owner
        yield f"getAgentWallet({agent_id})", identity.getAgentWallet(agent_id), agent.wallet
        yield f"tokenURI({agent_id})", identity.tokenURI(agent_id), replay.token_uri(agent_id)
        yield f"getApproved({agent_id})", identity.getApproved(agent_id), replay.approved(agent_id)
        for key, value in agent.metadata.items():
            yield f"getMetadata({agent_id}, {key!r})", identity.getMetadata(agent_id, key), value
    owners = {agent.owner for agent in replay.agents.values()}
    for pair in replay.past_operators | set(product(owners, replay.known_accounts())):
        yield f"isApprovedForAll{pair}", identity.isApprovedForAll(*pair), replay.is_operator(*pair)
    for owner in owners:
        held = sum(agent.owner == owner for agent in replay.agents.values())
        yield f"balanceOf({owner})", identity.balanceOf(owner), held


def _own_reads(identity: Contract, replay: IdentityReplay) -> Iterator[tuple[str, Any, Any]]:
    yield "totalAgents", list(range(1, identity.totalAgents() + 1)), sorted(replay.agents)
    yield "baseURI", identity.baseURI(), replay.base_uri
    for agent_id, agent in replay.agents.items():
        yield f"ownershipEpoch({agent_id})", identity.ownershipEpoch(agent_id), agent.ownership_epoch
        keys = sum(1 for key, value in agent.metadata.items() if value and key != WALLET_KEY)
        yield f"metadataKeyCount({agent_id})", identity.metadataKeyCount(agent_id), keys
    for account in replay.past_opted_out:
        yield f"operatorOptOut({account})", identity.operatorOptOut(account), account in replay.opted_out


def disagreements(identity: Contract, *, erc8004_only: bool = False) -> dict[str, tuple[Any, Any]]:
    """Where the registry's reads and the replay of all its logs differ: the read, what it says, what the logs say.

    :param erc8004_only: for a registry without the reads that this project adds
    """
    replay = IdentityReplay(identity, identity.evm.logs)
    reads = list(_erc8004_reads(identity, replay))
    if not erc8004_only:
        reads += _own_reads(identity, replay)
    return {read: (state, logged) for read, state, logged in reads if state != logged}


def assert_logs_tell_the_state(identity: Contract) -> None:
    """Asserts that who reads only the logs knows what who reads only the state knows."""
    assert disagreements(identity) == {}
