"""The identity registry's EIP-712 domain."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

NAME, VERSION = "ERC8004IdentityRegistry", "1"
FIELDS = b"\x0f"
"""Which fields the domain has (ERC-5267): name, version, chain id, contract."""

_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


def domain_separator(name: str, version: str, chain_id: int, contract: str) -> bytes:
    """The separator of a domain with these fields."""
    words = [_TYPE, keccak(text=name), keccak(text=version), chain_id, contract]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))
