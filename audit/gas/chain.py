"""A fresh, repeatable chain for measuring: the same transactions cost the same gas on every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import RPCEndpoint, TxReceipt

from audit.gas.cost import TRANSACTION, Cost, Log, calldata_gas
from registries.anvil import MNEMONIC, anvil
from registries.build import CONTRACT_NAMES, Build

ACCOUNTS = 130
GAS_LIMIT = 15_000_000
BLOCK_GAS_LIMIT = 10**12
ADMIN_DELAY = 86_400
_START = 1_800_000_000
_POLL = 0.002
_BATCH = 100
_BALANCE = 10**22
_RPC_TIMEOUT = 120
_READ_GAS = 10**10


@dataclass(frozen=True)
class MeasuringChain:
    """anvil with the three registries on it.

    :ivar accounts: the addresses that anvil has the keys of
    :ivar deployments: what each registry's deployment cost
    """

    web3: Web3
    accounts: list[str]
    contracts: dict[str, Contract]
    deployments: dict[str, Cost]

    def __getattr__(self, name: str) -> Any:
        return self.contracts[name].functions

    @property
    def code_sizes(self) -> dict[str, int]:
        """The size of each registry's runtime code, bytes."""
        return {name: cost.code_size for name, cost in self.deployments.items()}

    def address(self, account: int) -> str:
        """The address of anvil's account with this number."""
        return self.accounts[account]

    def key(self, account: int) -> bytes:
        """Its key, which the published mnemonic gives."""
        seed = seed_from_mnemonic(MNEMONIC, "")
        return bytes(Account.from_key(key_from_seed(seed, f"m/44'/60'/0'/0/{account}")).key)

    def send(self, function: Any, account: int) -> Cost:
        """Sends one transaction, which has to succeed."""
        transaction = function.transact({"from": self.address(account), "gas": GAS_LIMIT})
        return self._cost(self._receipt(transaction))

    def send_all(self, calls: Iterable[tuple[Any, str]]) -> None:
        """Sends what is not measured, many transactions in a block; each has to succeed.

        :param calls: functions, each with its sender's address, which needs no key if anvil impersonates
        """
        calls = list(calls)
        if not calls:
            return
        senders = list({sender for _, sender in calls})
        first = self._request_each("eth_getTransactionCount", [[sender, "latest"] for sender in senders])
        self._request_each("anvil_setBalance", [[sender, hex(_BALANCE)] for sender in senders])
        # Explicit, because the chain takes the requests of one message in any order.
        nonces = {sender: count(int(nonce, 16)) for sender, nonce in zip(senders, first, strict=True)}
        transactions = [
            {
                "from": sender,
                "to": function.address,
                "data": _calldata(function),
                "nonce": hex(next(nonces[sender])),
                "gas": hex(GAS_LIMIT),
            }
            for function, sender in calls
        ]
        self._request("evm_setAutomine", [False])
        for start in range(0, len(transactions), _BATCH):
            hashes = self._request_each("eth_sendTransaction", [[one] for one in transactions[start : start + _BATCH]])
            self._request("evm_mine", [])
            for receipt in self._request_each("eth_getTransactionReceipt", [[one] for one in hashes]):
                _check_success(receipt["transactionHash"], int(receipt["status"], 16))
        self._request("evm_setAutomine", [True])

    def read(self, function: Any) -> Cost:
        """The cost of a read: the execution, without the 21,000 and the calldata of a transaction."""
        data = _calldata(function)
        call = {"from": self.address(0), "to": function.address, "data": data, "gas": hex(_READ_GAS)}
        trace = self._request("debug_traceCall", [call, "latest", {"tracer": "callTracer"}])
        calldata = bytes.fromhex(data.removeprefix("0x"))
        if "error" in trace:
            raise RuntimeError(f"a read of the workload failed: {function.fn_name}: {trace['error']}")
        return Cost(int(trace["gasUsed"], 16) - TRANSACTION - calldata_gas(calldata), calldata)

    def now(self) -> int:
        """The time of the latest block, seconds since the epoch."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def deploy(self, build: Build, name: str, *arguments: Any) -> Contract:
        """Deploys a registry from account 0."""
        contract_type = build.containers[name].contract_type
        abi = contract_type.model_dump(mode="json")["abi"]
        factory = self.web3.eth.contract(abi=abi, bytecode=build.creation_code(name))
        receipt = self._receipt(factory.constructor(*arguments).transact({"from": self.address(0), "gas": GAS_LIMIT}))
        address = to_checksum_address(str(receipt["contractAddress"]))
        self.contracts[name] = self.web3.eth.contract(address, abi=abi)
        self.deployments[name] = self._cost(receipt)._replace(code_size=len(self.web3.eth.get_code(address)))
        return self.contracts[name]

    def _cost(self, receipt: TxReceipt) -> Cost:
        calldata = bytes(self.web3.eth.get_transaction(receipt["transactionHash"])["input"])
        names = {
            event_abi_to_log_topic(entry): entry["name"]
            for contract in self.contracts.values()
            for entry in contract.abi
            if entry["type"] == "event"
        }
        logs = (Log(names[log["topics"][0]], len(log["topics"]), len(log["data"])) for log in receipt["logs"])
        return Cost(int(receipt["gasUsed"]), calldata, tuple(logs))

    def _receipt(self, transaction: Any) -> TxReceipt:
        receipt = self.web3.eth.wait_for_transaction_receipt(transaction, poll_latency=_POLL)
        _check_success(receipt["transactionHash"].to_0x_hex(), receipt["status"])
        return receipt

    def _request(self, method: str, parameters: list[Any]) -> Any:
        return _result(method, self.web3.provider.make_request(RPCEndpoint(method), parameters))

    def _request_each(self, method: str, parameters: list[list[Any]]) -> list[Any]:
        """One request with each list of parameters, all in one message."""
        requests = [(RPCEndpoint(method), each) for each in parameters]
        responses = cast("HTTPProvider", self.web3.provider).make_batch_request(requests)
        return [_result(method, response) for response in responses]


def _calldata(function: Any) -> str:
    """What a call carries, in hexadecimal with 0x."""
    return str(function._encode_transaction_data())  # noqa: SLF001  web3 has no public way without a request


def _check_success(transaction_hash: str, status: int) -> None:
    if status != 1:
        raise RuntimeError(f"a transaction of the workload failed: {transaction_hash}")


def _result(method: str, response: Any) -> Any:
    if "error" in response:
        raise RuntimeError(f"{method}: {response['error']}")
    return response["result"]


@contextmanager
def measuring_chain(build: Build, *options: str) -> Iterator[MeasuringChain]:
    """Starts the chain and deploys; each block is a second after the one before.

    :param options: further ones of anvil
    """
    fixed = ("--accounts", str(ACCOUNTS), "--timestamp", str(_START), "--gas-limit", str(BLOCK_GAS_LIMIT))
    with anvil(*fixed, *options) as rpc_url:
        provider = HTTPProvider(rpc_url, request_kwargs={"timeout": _RPC_TIMEOUT})
        web3 = Web3(provider)
        chain = MeasuringChain(web3, list(web3.eth.accounts), {}, {})
        chain._request("anvil_setBlockTimestampInterval", [1])  # noqa: SLF001
        admin, pauser, registry_admin = chain.address(1), chain.address(2), chain.address(3)
        identity = chain.deploy(build, "identity", ADMIN_DELAY, admin, pauser, registry_admin)
        for name in CONTRACT_NAMES:
            if name != "identity":
                chain.deploy(build, name, identity.address, ADMIN_DELAY, admin, pauser)
        yield chain
