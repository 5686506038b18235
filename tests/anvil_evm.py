"""anvil behind the surface of the in-process EVM: the same histories run on a real node, too."""

from __future__ import annotations

from typing import Any

from ape.api import ProviderAPI
from hexbytes import HexBytes
from web3.types import RPCEndpoint

from tests.codec import checksummed
from tests.evm import CHAIN_ID, EVM, START_TIME, Log, Receipt, Reverted, Snapshot, built_in_errors

GAS = 29_000_000
OPTIONS = ("--hardfork", "cancun", "--auto-impersonate", "--base-fee", "0", "--gas-price", "0", "--no-mining")
"""What anvil has to be started with: it takes transactions of any account, for nothing, and mines when told to."""


class AnvilEVM(EVM):
    """A chain of anvil's that Ape is connected to. Each transaction is a block of its own, a second after the last one.

    :ivar time: that of the next block
    """

    def __init__(self, provider: ProviderAPI) -> None:
        self._provider = provider.web3.provider
        self.time, self.number, self.chain_id = START_TIME, 1, CHAIN_ID
        self.logs: list[Log] = []
        self._errors = built_in_errors()

    def snapshot(self) -> Snapshot:
        return Snapshot(self._request("evm_snapshot"), self.time, self.number, len(self.logs))

    def revert(self, snapshot: Snapshot) -> None:
        assert self._request("evm_revert", snapshot.state), "anvil does not know this snapshot any more"
        self._set_block(snapshot.time, snapshot.number)
        del self.logs[snapshot.log_count :]

    def transact(
        self, sender: str, to: str, data: bytes, value: int = 0, *, static: bool = False, gas: int | None = None
    ) -> Receipt:
        """Asks first what would come of it, because a receipt has neither the value nor the error."""
        transaction = {"from": sender, "to": to, "data": HexBytes(data).to_0x_hex(), "value": hex(value)}
        transaction |= {"gas": hex(gas or GAS), "gasPrice": "0x0"}
        output = HexBytes(self._request("eth_call", transaction, "latest", {}, {"time": hex(self.time)}))
        return Receipt(bytes(output), () if static else self._send(transaction)[1])

    def _create(self, sender: str, code: bytes) -> str:
        transaction = {"from": sender, "data": HexBytes(code).to_0x_hex(), "gas": hex(GAS), "gasPrice": "0x0"}
        address: str = self._send(transaction)[0]["contractAddress"]
        return address

    def _set_block(self, time: int, number: int) -> None:
        self.time, self.number = time, number

    def _send(self, transaction: dict[str, str]) -> tuple[dict[str, Any], tuple[Log, ...]]:
        transaction_hash = self._request("eth_sendTransaction", transaction)
        self._request("evm_mine", hex(self.time))
        receipt = self._request("eth_getTransactionReceipt", transaction_hash)
        assert receipt["status"] == "0x1", f"succeeded when asked and failed when sent: {transaction}"
        self._set_block(self.time + 1, self.number + 1)
        logs = tuple(_log(entry) for entry in receipt["logs"])
        self.logs += logs
        return receipt, logs

    def _request(self, method: str, *parameters: Any) -> Any:
        answer = self._provider.make_request(RPCEndpoint(method), list(parameters))
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if error["code"] == 3 or "revert" in error["message"]:
            raise self.read_revert(bytes(HexBytes(error.get("data") or "0x")))
        raise Reverted(error["message"], (), b"")


def _log(entry: dict[str, Any]) -> Log:
    topics = tuple(bytes(HexBytes(topic)) for topic in entry["topics"])
    return Log(checksummed(entry["address"]), topics, bytes(HexBytes(entry["data"])))
