"""What the tests of the identity registry share."""

from __future__ import annotations

from eth_utils.address import to_canonical_address

from tests.evm import Contract, Log

URI = "https://agents.example/1/registration.json"
BASE = "https://base.example/agents"
MAX_URI_SIZE = 10_240
MAX_KEYS = 50
MAX_KEY_SIZE = 128
MAX_VALUE_SIZE = 10_240
UNKNOWN_AGENT = 404
# Names in test ids of accounts that may not act for an agent, in the order in which the tests list them.
OTHERS = ["stranger", "admin", "pauser", "registry admin"]


def wallet_log(identity: Contract, agent_id: int, wallet: str | None) -> Log:
    """The log of a changed wallet; of a cleared one without it."""
    value = to_canonical_address(wallet) if wallet else b""
    return identity.log("MetadataSet", agent_id, "agentWallet", "agentWallet", value)


def metadata_log(identity: Contract, agent_id: int, key: str, value: bytes) -> Log:
    """The log of a metadata entry."""
    return identity.log("MetadataSet", agent_id, key, key, value)


def entries(count: int, *, first: int = 0, value: bytes = b"value") -> list[tuple[str, bytes]]:
    """Metadata entries with different keys."""
    return [(f"key {number}", value) for number in range(first, first + count)]
