"""A fresh, repeatable chain for measuring: the same transactions cost the same gas on every run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import RPCEndpoint, TxReceipt

from registries.anvil import MNEMONIC, anvil
from registries.build import CONTRACT_NAMES, Build

ACCOUNTS = 130
GAS_LIMIT = 15_000_000
ADMIN_DELAY = 86_400
_START = 1_800_000_000
_POLL = 0.002
_TRACE_GAS = 1_000_000_000


@dataclass(frozen=True)
class MeasuringChain:
    """anvil with the three registries on it.

    :ivar deployment_gas: the gas of each registry's deployment
    :ivar code_sizes: the size of each registry's runtime code, bytes
    """

    web3: Web3
    contracts: dict[str, Contract]
    deployment_gas: dict[str, int] = field(default_factory=dict)
    code_sizes: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.contracts[name].functions

    def address(self, account: int) -> str:
        """The address of anvil's account with this number."""
        return self.web3.eth.accounts[account]

    def key(self, account: int) -> bytes:
        """Its key, which the published mnemonic gives."""
        seed = seed_from_mnemonic(MNEMONIC, "")
        return bytes(Account.from_key(key_from_seed(seed, f"m/44'/60'/0'/0/{account}")).key)

    def send(self, function: Any, account: int) -> int:
        """Sends one transaction, which has to succeed, and gives the gas that its receipt says."""
        transaction = function.transact({"from": self.address(account), "gas": GAS_LIMIT})
        return int(self._receipt(transaction)["gasUsed"])

    def execution_gas(self, function: Any) -> int:
        """The gas of a read, without the 21,000 and the calldata of a transaction."""
        data = function.build_transaction({"gas": _TRACE_GAS, "gasPrice": 0})["data"]
        call = {"from": self.address(0), "to": function.address, "data": data, "gas": hex(_TRACE_GAS)}
        trace = self._request("debug_traceCall", [call, "latest", {"tracer": "callTracer"}])
        calldata = bytes.fromhex(data.removeprefix("0x"))
        return int(trace["gasUsed"], 16) - 21_000 - sum(16 if byte else 4 for byte in calldata)

    def now(self) -> int:
        """The time of the latest block, seconds since the epoch."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def deploy(self, build: Build, name: str, *arguments: Any) -> Contract:
        """Deploys a registry from account 0."""
        contract_type = build.containers[name].contract_type
        abi = contract_type.model_dump(mode="json")["abi"]
        factory = self.web3.eth.contract(abi=abi, bytecode=build.creation_code(name))
        receipt = self._receipt(factory.constructor(*arguments).transact({"from": self.address(0), "gas": GAS_LIMIT}))
        self.deployment_gas[name] = int(receipt["gasUsed"])
        address = to_checksum_address(str(receipt["contractAddress"]))
        self.code_sizes[name] = len(self.web3.eth.get_code(address))
        self.contracts[name] = self.web3.eth.contract(address, abi=abi)
        return self.contracts[name]

    def _receipt(self, transaction: Any) -> TxReceipt:
        receipt = self.web3.eth.wait_for_transaction_receipt(transaction, poll_latency=_POLL)
        if receipt["status"] != 1:
            raise RuntimeError(f"a transaction of the workload failed: {receipt['transactionHash'].to_0x_hex()}")
        return receipt

    def _request(self, method: str, parameters: list[Any]) -> Any:
        response = self.web3.provider.make_request(RPCEndpoint(method), parameters)
        if "error" in response:
            raise RuntimeError(f"{method}: {response['error']}")
        return response["result"]


@contextmanager
def measuring_chain(build: Build) -> Iterator[MeasuringChain]:
    """Starts the chain and deploys; one transaction a block, and each block a second after the one before."""
    options = ("--accounts", str(ACCOUNTS), "--timestamp", str(_START))
    with anvil(*options) as rpc_url:
        chain = MeasuringChain(Web3(HTTPProvider(rpc_url)), {})
        chain._request("anvil_setBlockTimestampInterval", [1])  # noqa: SLF001
        admin, pauser, registry_admin = chain.address(1), chain.address(2), chain.address(3)
        identity = chain.deploy(build, "identity", ADMIN_DELAY, admin, pauser, registry_admin)
        for name in CONTRACT_NAMES:
            if name != "identity":
                chain.deploy(build, name, identity.address, ADMIN_DELAY, admin, pauser)
        yield chain
