"""Clients who ask at a rate, whatever becomes of their requests, and keep what they were told."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from benchmarks.endurance.malice import LEAKS, Malice, malices
from benchmarks.endurance.site import Site
from benchmarks.endurance.writing import PAYER, Payment, Writer
from benchmarks.workload import MIX

TIMEOUT = 15.0
CONNECTIONS = 200
MALICE_PER_SECOND = 2
_LINK_PATIENCE = 300.0


class Answered(NamedTuple):
    """A request.

    :ivar due: when it was, seconds from the beginning
    :ivar status: 0 if there was no answer
    :ivar taken: seconds from then on
    """

    due: float
    kind: str
    status: int
    taken: float


class Told(NamedTuple):
    """What an answer says of an agent, and of which block."""

    block: int
    block_hash: str
    is_final: bool
    agent: int
    owner: str
    feedback: int
    revoked: int


class Clients:
    """All who ask.

    :ivar answered: all requests but the malicious ones
    :ivar told: what agents were said to be, each once
    :ivar linked: payments of which somebody was told that they are linked
    :ivar offences: malicious requests that a fault answered, or an answer that shows too much
    """

    def __init__(self, site: Site, writer: Writer, rate: int) -> None:
        self._site, self._writer, self._rate = site, writer, rate
        self._headers = {"Authorization": f"Bearer {site.key}"}
        self._chance = random.Random(8004)  # noqa: S311  # no secret
        self._begun = time.monotonic()
        self.answered: list[Answered] = []
        self.told: set[Told] = set()
        self.linked: set[Payment] = set()
        self.malicious: list[tuple[str, int]] = []
        self.offences: list[str] = []

    async def ask(self, seconds: float) -> None:
        """Asks for so long."""
        async with (
            ClientSession(
                self._site.front,
                headers=self._headers,
                timeout=ClientTimeout(TIMEOUT),
                connector=TCPConnector(limit=CONNECTIONS),
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            others = [group.create_task(self._link_all(client)), group.create_task(self._offend())]
            kinds = self._kinds()
            for number in range(int(self._rate * seconds)):
                due = self._begun + number / self._rate
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(self._one(client, next(kinds), due))
            for one in others:
                one.cancel()

    def now(self) -> float:
        """Seconds from the beginning."""
        return time.monotonic() - self._begun

    def _kinds(self) -> Iterator[str]:
        while True:
            yield from self._chance.choices(list(MIX), list(MIX.values()), k=1_000)

    async def _one(self, client: ClientSession, kind: str, due: float) -> None:
        status, body = 0, b""
        method, given = ("POST", {"sender": PAYER, "uri": "ipfs://draft"}) if kind == "draft" else ("GET", None)
        try:
            async with client.request(method, self._path(kind), json=given) as response:
                status, body = response.status, await response.read()
        except (ClientError, TimeoutError):
            status = 0
        self.answered.append(Answered(due - self._begun, kind, status, time.monotonic() - due))
        if status == 200 and kind in {"agent", "search", "text", "batch"}:
            self._note(orjson.loads(body))

    def _note(self, body: Any) -> None:
        at, data = body["at"], body["data"]
        for one in data if isinstance(data, list) else [data]:
            feedback = one["feedback"]
            self.told.add(
                Told(
                    *(at["block"], at["block_hash"], at["final"], one["agent_id"], one["owner"].lower()),
                    *(feedback["count"], feedback["revoked"]),
                )
            )

    def _path(self, kind: str) -> str:
        agent = 1 + int(60 * self._chance.random() ** 3)
        if kind == "search":
            choices = (
                "sort=-feedback",
                "tag=starred",
                "has_feedback=true",
                "sort=-registered",
                "active=true",
            )
            return f"/api/v1/agents?{self._chance.choice(choices)}&limit={self._chance.choice((10, 20, 50))}"
        return {
            "agent": f"/api/v1/agents/{agent}",
            "text": f"/api/v1/agents?text={self._chance.choice(('weather', 'translation', 'market'))}",
            "reputation": f"/api/v1/agents/{agent}/reputation",
            "feedback": f"/api/v1/agents/{agent}/feedback?limit=20",
            "history": f"/api/v1/agents/{agent}/history?limit=20",
            "batch": "/api/v1/agents/batch?" + "&".join(f"id={agent + more}" for more in range(5)),
            "registry": "/api/v1/registry",
            "draft": "/api/v1/agents/register",
        }[kind]

    async def _link_all(self, client: ClientSession) -> None:
        """Links payments, each until it is linked; one that a reorganisation has taken never is."""
        waiting: dict[Payment, float] = {}
        while True:
            while self._writer.payments:
                waiting[self._writer.payments.popleft()] = time.monotonic()
            for payment, since in list(waiting.items()):
                done = await self._link(client, payment)
                if done or time.monotonic() > since + _LINK_PATIENCE:
                    del waiting[payment]
            await asyncio.sleep(2)

    async def _link(self, client: ClientSession, payment: Payment) -> bool:
        path = f"/api/v1/agents/{payment.agent}/link-payment"
        try:
            async with client.post(path, json={"transaction": payment.transaction}) as response:
                status, text = response.status, await response.text()
        except (ClientError, TimeoutError):
            return False
        # Of a request whose answer was lost, the next one is told that it is done.
        if status == 201 or (status == 409 and "ALREADY" in text):
            self.linked.add(payment)
            return True
        return False

    async def _offend(self) -> None:
        # From another address, which is refused after some wrong keys.
        transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(
            base_url=self._site.front, headers=self._headers, timeout=TIMEOUT, transport=transport
        ) as client:
            for one in malices(self._chance):
                status, shown = await self._try(client, one)
                self.malicious.append((one.name, status))
                if status == 500 or any(leak in shown for leak in (*LEAKS, self._site.key)):
                    self.offences.append(f"{one.name}: {status} {shown[:200]}")
                await asyncio.sleep(1 / MALICE_PER_SECOND)

    async def _try(self, client: httpx.AsyncClient, one: Malice) -> tuple[int, str]:
        try:
            return await one.do(client)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError):
            # Cut off, which is an answer too.
            return 0, ""
