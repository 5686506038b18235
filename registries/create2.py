"""Addresses that follow from the code and its arguments alone (EIP-1014), the same on each chain.

The registries are created by the deterministic deployment proxy, a contract of 69 bytes that is at one address on
nearly every chain. Where it is missing, anybody can create it: the transaction is public, signed with a made-up
signature, so that its sender is an account that nobody has the key of. It has to be given its gas first.
"""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
PROXY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
PROXY_SENDER = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
PROXY_COST = 100_000 * 100 * 10**9
"""What the public transaction may cost at most, wei: 100,000 gas at 100 gwei. Its sender has to have it."""

PROXY_TRANSACTION = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe"
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
    "1ba02222222222222222222222222222222222222222222222222222222222222222"
    "a02222222222222222222222222222222222222222222222222222222222222222"
)
"""Without a chain id (before EIP-155), so that it is valid everywhere. Some nodes refuse that."""

SALT = keccak(text="hardened-erc8004 2.1.0")
"""Of this release. Another salt gives other addresses to the same code and arguments."""


def address_of(creation_code: bytes, salt: bytes = SALT) -> str:
    """Where the proxy creates a contract.

    :param creation_code: with the arguments at its end
    """
    digest = keccak(b"\xff" + bytes.fromhex(PROXY[2:]) + salt + keccak(creation_code))
    return to_checksum_address(digest[-20:])


def calldata_of(creation_code: bytes, salt: bytes = SALT) -> bytes:
    """What the proxy is sent to create a contract."""
    return salt + creation_code
