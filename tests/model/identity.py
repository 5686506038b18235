"""The identity registry: agents, their owners, operators, wallets and metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.model.chain import ZERO, Chain, Consent, ModelRevert
from tests.model.registry import NO_HASH, Registry, Setup, check_size

UINT256_MAX = 2**256 - 1


@dataclass
class Agent:
    """One agent.

    :ivar uri: its own; empty: it has the auto URI
    :ivar approved: the account approved for this agent alone, whether it has opted out or not
    """

    owner: str
    wallet: str
    uri: str
    metadata: dict[str, bytes]
    approved: str = ZERO
    epoch: int = 0
    last_deadline: int = 0


class Identity(Registry):
    """Agents: an ERC-721 token each, with a URI, metadata and a wallet."""

    NAME = "IdentityRegistry"
    INTERFACES = frozenset({"80ac58cd", "5b5e139f", "49064906", "f3e6ef75", "00f6cafa"})
    REGISTRY_ADMIN_ROLE = bytes.fromhex("bb28eb1a0cfabcecf96003fab466159bc2e051e49d79baf049890044e9072440")
    MAX_METADATA_KEYS = 50
    MAX_METADATA_KEY_SIZE = 128
    MAX_METADATA_VALUE_SIZE = 10_240
    MAX_CONSENT_PERIOD = 300
    WALLET_KEY = "agentWallet"

    def __init__(self, chain: Chain, address: str, setup: Setup, registry_admin: str) -> None:
        super().__init__(chain, address, setup)
        if registry_admin == ZERO:
            raise ModelRevert("ZeroAddress", "registryAdmin")
        self.agents: dict[int, Agent] = {}
        self.operators: set[tuple[str, str]] = set()
        self.opted_out: set[str] = set()
        self.base = ""
        self._grant(self.REGISTRY_ADMIN_ROLE, registry_admin, sender=setup.deployer)

    def name(self) -> str:
        return "AgentIdentity"

    def symbol(self) -> str:
        return "AGENT"

    def eip712_domain(self) -> tuple[Any, ...]:
        """Which fields follow (all but the salt), name, version, chain, registry, salt, extensions."""
        return b"\x0f", "ERC8004IdentityRegistry", "1", self.chain.chain_id, self.address, NO_HASH, ()

    # ---- Registration

    def register(self, uri: str = "", entries: Sequence[tuple[str, bytes]] = (), *, sender: str) -> int:
        self._check_running()
        check_size("agentURI", uri, self.MAX_URI_SIZE)
        agent_id = len(self.agents) + 1
        metadata: dict[str, bytes] = {}
        for key, value in entries:
            self._put(agent_id, metadata, key, value)
        self.chain.check_receiver(sender, agent_id)

        self.agents[agent_id] = Agent(sender, sender, uri, metadata)
        self._emit("Transfer", ZERO, sender, agent_id)
        if uri:
            self._emit("MetadataUpdate", agent_id)
        self._emit("Registered", agent_id, self.token_uri(agent_id), sender)
        self._emit_metadata(agent_id, self.WALLET_KEY, bytes_of(sender))
        for key, value in entries:
            self._emit_metadata(agent_id, key, value)
        self._give(sender, sender, ZERO, agent_id, b"")
        return agent_id

    def total_agents(self) -> int:
        return len(self.agents)

    def _give(self, receiver: str, operator: str, sender: str, agent_id: int, data: bytes) -> None:
        """The receiver's hook, during which this registry cannot be entered."""
        self.entered = True
        self.chain.give(receiver, operator, sender, agent_id, data)
        self.entered = False

    # ---- URI

    def set_agent_uri(self, agent_id: int, uri: str, *, sender: str) -> None:
        self._check_running()
        agent = self._authorized(agent_id, sender)
        check_size("agentURI", uri, self.MAX_URI_SIZE)
        agent.uri = uri
        self._emit("MetadataUpdate", agent_id)
        self._emit("URIUpdated", agent_id, self.token_uri(agent_id), sender)
        if not uri:
            self._emit("AgentURICleared", agent_id)

    def token_uri(self, agent_id: int) -> str:
        return self._agent(agent_id).uri or (f"{self.base}/{agent_id}/registration" if self.base else "")

    def base_uri(self) -> str:
        return self.base

    def set_base_uri(self, base: str, *, sender: str) -> None:
        self._check_role(self.REGISTRY_ADMIN_ROLE, sender)
        check_size("baseURI", base, self.MAX_URI_SIZE)
        self.base = base
        self._emit("BaseURIUpdated", base, sender)
        self._emit("BatchMetadataUpdate", 1, UINT256_MAX)

    # ---- Metadata

    def set_metadata(self, agent_id: int, key: str, value: bytes, *, sender: str) -> None:
        self._check_running()
        self._put(agent_id, self._authorized(agent_id, sender).metadata, key, value)
        self._emit_metadata(agent_id, key, value)

    def get_metadata(self, agent_id: int, key: str) -> bytes:
        if key == self.WALLET_KEY:
            return bytes_of(self.get_agent_wallet(agent_id))
        return self.agents[agent_id].metadata.get(key, b"") if agent_id in self.agents else b""

    def metadata_key_count(self, agent_id: int) -> int:
        return len(self.agents[agent_id].metadata) if agent_id in self.agents else 0

    def _put(self, agent_id: int, metadata: dict[str, bytes], key: str, value: bytes) -> None:
        if key == self.WALLET_KEY:
            raise ModelRevert("ReservedMetadataKey", key)
        check_size("metadataKey", key, self.MAX_METADATA_KEY_SIZE)
        check_size("metadataValue", value, self.MAX_METADATA_VALUE_SIZE)
        if not value:
            metadata.pop(key, None)
            return
        if key not in metadata and len(metadata) == self.MAX_METADATA_KEYS:
            raise ModelRevert("TooManyMetadataKeys", agent_id, self.MAX_METADATA_KEYS)
        metadata[key] = value

    def _emit_metadata(self, agent_id: int, key: str, value: bytes) -> None:
        self._emit("MetadataSet", agent_id, key, key, value)

    # ---- Wallet

    def set_agent_wallet(
        self, agent_id: int, wallet: str, deadline: int, consent: Consent | None, *, sender: str
    ) -> None:
        """The consent is None for bytes that nobody signed."""
        self._check_running()
        agent = self._authorized(agent_id, sender)
        if wallet == ZERO:
            raise ModelRevert("ZeroWallet")
        latest = self.chain.time + self.MAX_CONSENT_PERIOD
        if deadline < self.chain.time:
            raise ModelRevert("ConsentExpired", deadline, self.chain.time)
        if deadline > latest:
            raise ModelRevert("ConsentTooFarAhead", deadline, latest)
        if deadline <= agent.last_deadline:
            raise ModelRevert("ConsentAlreadyUsed", agent_id, deadline, agent.last_deadline)
        signer = self.chain.codes[wallet].consents_of if wallet in self.chain.codes else wallet
        if signer is None or consent != Consent(signer, agent_id, wallet, agent.owner, deadline):
            raise ModelRevert("InvalidConsent", wallet)
        agent.last_deadline = deadline
        self._write_wallet(agent_id, wallet)

    def unset_agent_wallet(self, agent_id: int, *, sender: str) -> None:
        self._check_not_entered()
        self._authorized(agent_id, sender)
        self._write_wallet(agent_id, ZERO)

    def get_agent_wallet(self, agent_id: int) -> str:
        return self.agents[agent_id].wallet if agent_id in self.agents else ZERO

    def last_consent_deadline(self, agent_id: int) -> int:
        return self.agents[agent_id].last_deadline if agent_id in self.agents else 0

    def _write_wallet(self, agent_id: int, wallet: str) -> None:
        self.agents[agent_id].wallet = wallet
        self._emit_metadata(agent_id, self.WALLET_KEY, bytes_of(wallet))

    # ---- Ownership

    def owner_of(self, agent_id: int) -> str:
        return self._agent(agent_id).owner

    def balance_of(self, account: str) -> int:
        if account == ZERO:
            raise ModelRevert("ERC721InvalidOwner", ZERO)
        return sum(agent.owner == account for agent in self.agents.values())

    def ownership_epoch(self, agent_id: int) -> int:
        return self.agents[agent_id].epoch if agent_id in self.agents else 0

    def transfer_from(self, owner: str, to: str, agent_id: int, *, sender: str) -> None:
        self._check_transfer(owner, to, agent_id, sender)
        self._transfer(owner, to, agent_id)

    def safe_transfer_from(self, owner: str, to: str, agent_id: int, data: bytes = b"", *, sender: str) -> None:
        self._check_transfer(owner, to, agent_id, sender)
        self.chain.check_receiver(to, agent_id)
        self._transfer(owner, to, agent_id)
        self._give(to, sender, owner, agent_id, data)

    def _check_transfer(self, owner: str, to: str, agent_id: int, sender: str) -> None:
        self._check_not_entered()
        if to == ZERO:
            raise ModelRevert("ERC721InvalidReceiver", ZERO)
        if not self.is_authorized_or_owner(sender, agent_id):
            raise ModelRevert("ERC721InsufficientApproval", sender, agent_id)
        actual = self._agent(agent_id).owner
        if owner != actual:
            raise ModelRevert("ERC721IncorrectOwner", owner, agent_id, actual)

    def _transfer(self, owner: str, to: str, agent_id: int) -> None:
        agent = self.agents[agent_id]
        agent.owner, agent.approved = to, ZERO
        self._emit("Transfer", owner, to, agent_id)
        if to != owner:
            agent.epoch += 1
            self._write_wallet(agent_id, ZERO)

    def _agent(self, agent_id: int) -> Agent:
        if agent_id not in self.agents:
            raise ModelRevert("ERC721NonexistentToken", agent_id)
        return self.agents[agent_id]

    # ---- Authorisation

    def approve(self, account: str, agent_id: int, *, sender: str) -> None:
        self._check_not_entered()
        self._check_accepts_power(account)
        agent = self._agent(agent_id)
        if sender != agent.owner and not self.is_approved_for_all(agent.owner, sender):
            raise ModelRevert("ERC721InvalidApprover", sender)
        agent.approved = account
        self._emit("Approval", agent.owner, account, agent_id)

    def get_approved(self, agent_id: int) -> str:
        approved = self._agent(agent_id).approved
        return ZERO if approved in self.opted_out else approved

    def set_approval_for_all(self, operator: str, approved: bool, *, sender: str) -> None:
        self._check_not_entered()
        if approved:
            self._check_accepts_power(operator)
        if operator == ZERO:
            raise ModelRevert("ERC721InvalidOperator", ZERO)
        (self.operators.add if approved else self.operators.discard)((sender, operator))
        self._emit("ApprovalForAll", sender, operator, approved)

    def is_approved_for_all(self, owner: str, operator: str) -> bool:
        return (owner, operator) in self.operators and operator not in self.opted_out

    def is_authorized_or_owner(self, account: str, agent_id: int) -> bool:
        owner = self._agent(agent_id).owner
        may = account == owner or self.is_approved_for_all(owner, account) or account == self.get_approved(agent_id)
        return may and account != ZERO

    def is_affiliated(self, account: str, agent_id: int) -> bool:
        is_wallet = account == self._agent(agent_id).wallet and account != ZERO
        return is_wallet or self.is_authorized_or_owner(account, agent_id)

    def _authorized(self, agent_id: int, sender: str) -> Agent:
        if not self.is_authorized_or_owner(sender, agent_id):
            raise ModelRevert("NotAuthorized", agent_id, sender)
        return self.agents[agent_id]

    # ---- Opt-out

    def set_operator_opt_out(self, opted_out: bool, *, sender: str) -> None:
        self._check_not_entered()
        (self.opted_out.add if opted_out else self.opted_out.discard)(sender)
        self._emit("OperatorOptOutSet", sender, opted_out)

    def operator_opt_out(self, account: str) -> bool:
        return account in self.opted_out

    def _check_accepts_power(self, account: str) -> None:
        if account in self.opted_out:
            raise ModelRevert("OperatorOptedOut", account)


def bytes_of(account: str) -> bytes:
    """An address as the reserved metadata key gives it: nothing for zero."""
    return b"" if account == ZERO else bytes.fromhex(account.removeprefix("0x"))
