"""The chains we deploy on, and how the environment names any other: by its id and an RPC URL.

The chain that answers has to be the one named, so that a wrong RPC URL does no harm.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from registries.errors import DeploymentError

LOCAL_RPC_URL = "http://127.0.0.1:8545"
OTHER_RPC_VARIABLE = "RPC_URL"
"""Names the RPC of a chain that is not among `CHAINS`."""

OTHER_CONFIRMATIONS = 5


@dataclass(frozen=True)
class Chain:
    """A chain by its name, "ecosystem:network".

    :ivar rpc_variable: the environment variable with the URL of its RPC
    :ivar confirmations: in how many blocks, its own included, a transaction has to be before it is relied on
    :ivar stuck_after: seconds after which a transaction that is in no block is sent again with higher fees
    """

    name: str
    id: int
    rpc_variable: str
    confirmations: int
    stuck_after: float = 60.0

    @property
    def is_public(self) -> bool:
        """Whether what is deployed there may be worth something to somebody."""
        return self != LOCAL


LOCAL = Chain("ethereum:local", 31337, "LOCAL_RPC_URL", confirmations=1)

CHAINS = {
    chain.name: chain
    for chain in (
        Chain("ethereum:mainnet", 1, "ETHEREUM_RPC_URL", confirmations=5, stuck_after=120.0),
        Chain("ethereum:sepolia", 11155111, "SEPOLIA_RPC_URL", confirmations=3, stuck_after=120.0),
        Chain("base:mainnet", 8453, "BASE_RPC_URL", confirmations=5, stuck_after=30.0),
        Chain("base:sepolia", 84532, "BASE_SEPOLIA_RPC_URL", confirmations=3, stuck_after=30.0),
        LOCAL,
    )
}
"""The known chains by name. None reorganises beyond these confirmations unless it is in trouble as a whole."""

_NAMES_BY_ID = {chain.id: name for name, chain in CHAINS.items()}


def chain_of(network: str) -> Chain:
    """The chain that a command line names.

    :param network: "base:sepolia", with or without Ape's provider at the end ("base:sepolia:node"), or a chain id; an
        id that is not known is a chain whose RPC is named by `RPC_URL`
    :raises DeploymentError: if it is neither
    """
    name = ":".join(network.split(":")[:2])
    if name in CHAINS:
        return CHAINS[name]
    if not (network.isascii() and network.isdigit() and int(network) > 0):
        raise DeploymentError(
            f"network: {network!r} is unknown; known are {', '.join(CHAINS)}, and any chain by its id"
        )
    if known := _NAMES_BY_ID.get(int(network)):
        return CHAINS[known]
    return Chain(f"eip155:{int(network)}", int(network), OTHER_RPC_VARIABLE, OTHER_CONFIRMATIONS)


def rpc_url_of(chain: Chain, environment: Mapping[str, str] = os.environ) -> str:
    """The URL of a chain's RPC, from the environment; nothing else is ever asked.

    :raises DeploymentError: if it is not given, or not a URL
    """
    url = environment.get(chain.rpc_variable, "") or (LOCAL_RPC_URL if chain == LOCAL else "")
    if not url:
        raise DeploymentError(f"RPC: {chain.rpc_variable} is not set; it names the RPC of {chain.name}")
    if not url.startswith(("http://", "https://")):
        # The value is not shown: it may be a secret in the wrong place.
        raise DeploymentError(f"RPC: {chain.rpc_variable} does not begin with http:// or https://")
    return url
