"""A wallet's consent to take an agent's payments: EIP-712 typed data (ERC-8004, "agentWallet")."""

from __future__ import annotations

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data

TYPES = {
    "AgentWalletSet": [
        {"name": "agentId", "type": "uint256"},
        {"name": "newWallet", "type": "address"},
        {"name": "owner", "type": "address"},
        {"name": "deadline", "type": "uint256"},
    ]
}


def consent_message(
    *, chain_id: int, registry: str, agent_id: int, new_wallet: str, owner: str, deadline: int
) -> SignableMessage:
    """What the new wallet signs.

    :param registry: the identity registry's address
    :param deadline: the last second in which the consent holds, at most 300 ahead of the block's time
    """
    return encode_typed_data(
        domain_data={
            "name": "ERC8004IdentityRegistry",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": registry,
        },
        message_types=TYPES,
        message_data={"agentId": agent_id, "newWallet": new_wallet, "owner": owner, "deadline": deadline},
    )


def sign_consent(key: bytes | str, message: SignableMessage) -> bytes:
    """The 65-byte signature of an account's key."""
    return bytes(Account.sign_message(message, key).signature)
