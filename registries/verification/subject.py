"""A deployment that is looked at: the config, the build and the chain, each fact of which is read once."""

from __future__ import annotations

import functools
from typing import Any

from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import Web3RPCError
from web3.types import FilterParams, LogReceipt

from registries.address_config import AddressConfig
from registries.build import CONTRACT_NAMES, Build
from registries.errors import DeploymentError
from registries.plan import code_at
from registries.roles import ROLES

_GRANTED = keccak(text="RoleGranted(bytes32,address,address)")
_REVOKED = keccak(text="RoleRevoked(bytes32,address,address)")
_LARGEST_RANGE = 10_000
"""Blocks whose logs are asked for at once, at first."""


class Subject:
    """A deployment as its address config describes it."""

    def __init__(self, web3: Web3, config: AddressConfig, build: Build) -> None:
        self.web3, self.config, self.build = web3, config, build
        self.contracts = {name: self._contract(name) for name in CONTRACT_NAMES}
        self.code = functools.cache(self._code)
        self.members = functools.cache(self._members)

    def _contract(self, name: str) -> Contract:
        address = Web3.to_checksum_address(self.config.registries[name].address)
        return self.web3.eth.contract(address, abi=self.build.abi(name))

    def ask(self, name: str, function: str, *arguments: Any) -> Any:
        """What a function of a registry says.

        :raises web3.exceptions.Web3Exception: if it does not answer
        """
        return self.contracts[name].get_function_by_name(function)(*arguments).call()

    def _code(self, name: str) -> bytes:
        """A registry's code on the chain."""
        return code_at(self.web3, self.config.registries[name].address)

    def _members(self, name: str) -> dict[str, set[str]]:
        """Who holds which role of a registry, from all logs since its creation: no member can be missed."""
        names = {role: title for title, role in ROLES.items()}
        found: dict[str, set[str]] = {}
        for log in self._role_logs(name):
            event, role, account = (bytes(topic) for topic in log["topics"][:3])
            holders = found.setdefault(names.get(role, "0x" + role.hex()), set())
            address = Web3.to_checksum_address(account[-20:])
            if event == _GRANTED:
                holders.add(address)
            else:
                holders.discard(address)
        return {role: holders for role, holders in found.items() if holders}

    def _role_logs(self, name: str) -> list[LogReceipt]:
        registry = self.config.registries[name]
        head = self.web3.eth.block_number
        logs: list[LogReceipt] = []
        start, size = registry.block, _LARGEST_RANGE
        while start <= head:
            end = min(head, start + size - 1)
            query: FilterParams = {
                "address": Web3.to_checksum_address(registry.address),
                "fromBlock": start,
                "toBlock": end,
                "topics": [[Web3.to_hex(_GRANTED), Web3.to_hex(_REVOKED)]],
            }
            try:
                logs += self.web3.eth.get_logs(query)
            except Web3RPCError:
                # Nodes limit the range, each at another size.
                if size == 1:
                    raise
                size //= 2
                continue
            start = end + 1
        return logs

    @functools.cached_property
    def deployer(self) -> str:
        """Who sent the transaction that created the identity registry."""
        transaction = self.web3.eth.get_transaction(self.config.identity.transaction)  # type: ignore[arg-type]
        if "from" not in transaction:
            raise DeploymentError(f"transaction {self.config.identity.transaction} has no sender")
        return Web3.to_checksum_address(transaction["from"])
