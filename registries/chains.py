"""The chains we deploy on: a deployment on another one is refused, so that a wrong RPC URL does no harm."""

from __future__ import annotations

from ape.api import ProviderAPI

from registries.errors import DeploymentError

LOCAL = "ethereum:local"

CHAINS = {
    "ethereum:mainnet": 1,
    "ethereum:sepolia": 11155111,
    "base:mainnet": 8453,
    "base:sepolia": 84532,
    LOCAL: 31337,
}
"""Chain ids by ecosystem and network, as Ape names them."""


def check_chain(provider: ProviderAPI, chain_name: str) -> int:
    """The id of the chain that the provider is connected to, which has to be the one named.

    :raises DeploymentError: if the name is unknown or another chain's
    """
    if chain_name not in CHAINS:
        raise DeploymentError(f"chain {chain_name!r} is unknown; known are {', '.join(CHAINS)}")
    # Asked of the RPC: `provider.chain_id` is what Ape expects of a network with this name.
    chain_id = int(provider.make_request("eth_chainId", []), 16)
    if chain_id != CHAINS[chain_name]:
        raise DeploymentError(f"{chain_name} has chain id {CHAINS[chain_name]}, but the RPC's is {chain_id}")
    return chain_id
