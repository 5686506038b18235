"""What people do on the chain meanwhile: they register, rate, answer and pay, whatever happens to the node."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, NamedTuple

import requests
from eth_utils.crypto import keccak

from benchmarks.endurance.site import LOGS, Site
from benchmarks.random_history import random_history

PER_SECOND = 2
PAYMENT_EVERY = 10.0
"""Seconds."""

PAYER = "0x" + keccak(text="payer")[-20:].hex()
"""Somebody rich."""
_RICH = hex(10**24)


class Payment(NamedTuple):
    """A transaction that pays an agent's wallet."""

    agent: int
    transaction: str


class Writer(threading.Thread):
    """Sends transactions, and says which of them pay agents.

    :ivar refused: how many the node did not take
    """

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site, self._ending = site, threading.Event()
        self._calls = random_history(10**9)
        # Those that the chain begins with.
        logs = 0
        while logs < LOGS:
            logs += next(self._calls).logs
        self.payments: deque[Payment] = deque()
        self.sent = self.refused = 0

    def run(self) -> None:
        paid = 0.0
        while not self._ending.wait(1 / PER_SECOND):
            call = next(self._calls)
            to = self._site.config.registries[call.registry].address
            self._send({"from": call.sender, "to": to, "data": call.data, "gas": hex(2_000_000)})
            if time.monotonic() >= paid + PAYMENT_EVERY:
                paid = time.monotonic()
                self._pay(1 + self.sent % 20)

    def stop(self) -> None:
        self._ending.set()
        self.join()

    def _pay(self, agent: int) -> None:
        asked = requests.get(f"{self._site.front}/api/v1/agents/{agent}", timeout=10)
        wallet = asked.json()["data"]["wallet"] if asked.status_code == 200 else None
        if wallet is not None:
            digest = self._send({"from": PAYER, "to": wallet, "value": hex(10**15)})
            if digest is not None:
                self.payments.append(Payment(agent, digest))

    def _send(self, transaction: dict[str, str]) -> str | None:
        """Its hash; None if the node is away or refuses it."""
        asked: list[tuple[str, list[Any]]] = [
            ("anvil_setBalance", [transaction["from"], _RICH]),
            ("eth_sendTransaction", [transaction]),
        ]
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(asked)
        ]
        digest = None
        try:
            answers = requests.post(self._site.node.url, json=batch, timeout=10).json()
            digest = next((one.get("result") for one in answers if one["id"] == 1), None)
        except (requests.RequestException, ValueError):
            pass
        if digest is None:
            self.refused += 1
        else:
            self.sent += 1
        return digest
