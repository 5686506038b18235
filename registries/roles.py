"""The roles of the registries, as OpenZeppelin's AccessControl knows them."""

from __future__ import annotations

from eth_utils.crypto import keccak

ROLES = {
    "DEFAULT_ADMIN_ROLE": bytes(32),
    "PAUSER_ROLE": keccak(text="PAUSER_ROLE"),
    "REGISTRY_ADMIN_ROLE": keccak(text="REGISTRY_ADMIN_ROLE"),
}
