"""The API over the database of a recorded chain, asked as clients ask it; and random histories to ask about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, NamedTuple, cast

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event
from starlette.testclient import TestClient

from registry_api.app import create_app
from registry_api.config import Settings
from registry_api.lookups import Lookup
from registry_api.routes import PREFIX
from registry_api.service import Service
from registry_api.source import Source
from registry_api.tiers import Tier
from tests.api.following import index, source_of
from tests.api.recorded import RecordedChain
from tests.codec import checksummed
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, OWNER, REGISTRIES, STRANGER, WALLET, Registries
from tests.stateful.call import Call
from tests.stateful.course import WEIGHTED_RULES
from tests.stateful.duel import Duel
from tests.stateful.machine import in_process_stage
from tests.stateful.opening import OPENING
from tests.stateful.tally import Tally
from tests.strategies import Draw

IDENTITY, REPUTATION, VALIDATION = REGISTRIES
NO_HASH = bytes(32)
UNLIMITED = {name: Tier(read=10**9, search=10**9, write=10**9) for name in ("anonymous", "standard")}
SOON = 0.01
"""Seconds between two looks at the head, so that no test waits for long."""


class API:
    """A client of a running API. Every answer has to say as of when it is."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def ask(self, path: str, *, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
        """The response, whatever it is."""
        return self.client.get(PREFIX + path, params=parameters or None, headers=headers)

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The JSON of an answer.

        :raises AssertionError: if there is none, or it does not say as of when it is
        """
        response = self.ask(path, **parameters)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        at = found["at"]
        assert set(at) == {"chain", "chain_name", "block", "block_hash", "as_of", "final", "final_block"}
        assert {name: value for name, value in response.headers.items() if name.startswith("registry-")} == {
            "registry-chain": at["chain"].removeprefix("eip155:"),
            "registry-block": str(at["block"]),
            "registry-block-hash": at["block_hash"],
            "registry-as-of": at["as_of"],
            "registry-final": str(at["final"]).lower(),
        }
        return found

    def data(self, path: str, **parameters: Any) -> Any:
        """What is answered."""
        return self.get(path, **parameters)["data"]

    def pages(self, path: str, **parameters: Any) -> list[Any]:
        """What is on all pages of a list, one after the other; none is longer than asked for, only the last shorter."""
        found: list[Any] = []
        page = self.get(path, **parameters)
        while page["next"] is not None:
            assert len(page["data"]) == parameters["limit"]
            found += page["data"]
            page = self.get(path, cursor=page["next"], **parameters)
        assert len(page["data"]) <= parameters["limit"]
        assert page["data"] or not found
        return [*found, *page["data"]]

    @property
    def service(self) -> Service:
        """What answers."""
        found: Service = cast("Any", self.client.app).state.service
        return found

    def refused(self, path: str, *, headers: Mapping[str, str] | None = None, **parameters: Any) -> str:
        """The code of an error, which has the form that errors have."""
        response = self.ask(path, headers=headers, **parameters)
        assert response.status_code >= 400, response.text
        body = response.json()
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "details"}
        code: str = body["error"]["code"]
        return code


@contextlib.contextmanager
def serving(url: str, *sources: Source, raises: bool = True, **settings: Any) -> Iterator[API]:
    """The API over a database.

    :param raises: whether its faults are the test's
    """
    given = {"head_poll": SOON, "tiers": UNLIMITED, **settings}
    app = create_app(Settings(database_url=SecretStr(url), **given), sources)
    with TestClient(app, raise_server_exceptions=raises) as client:
        yield API(client)


class Statement(NamedTuple):
    """What an API has asked its database."""

    sql: str
    parameters: Any


@contextlib.contextmanager
def statements_of(api: API) -> Iterator[list[Statement]]:
    """Those with which it reads meanwhile, by its engine and by its lookup."""
    found: list[Statement] = []
    engine, lookup = api.service.reader._engine, api.service.reader._by_ids

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        found.append(Statement(sql, parameters))

    def rows(parameters: Mapping[str, Any]) -> Any:
        found.append(Statement(lookup.sql, parameters))
        return Lookup.rows(lookup, parameters)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lookup, "rows", rows)
            yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


# CHAINS


class Village:
    """A small chain, and a database that follows it."""

    def __init__(self, registries: Registries, connection: Connection) -> None:
        self.registries, self.connection = registries, connection
        self.chain = RecordedChain(registries.evm)
        self.source = source_of(registries)

    def follow(self) -> None:
        """Mines a block with all that has happened, and indexes it."""
        self.chain.mine()
        self.registries.evm.warp(12)
        self.index()

    def index(self) -> None:
        """Brings the database up to the head."""
        self.connection.rollback()
        index(self.connection, self.chain, self.source)

    def settle(self) -> None:
        """All that has happened becomes final."""
        for _ in range(self.source.confirmations):
            self.follow()


class Told(NamedTuple):
    """An event of the model, and where on the chain it is."""

    name: str
    values: tuple[Any, ...]
    block: int
    log_index: int
    time: int


class Chronicle(Duel):
    """A duel that is recorded: a block ends when time passes.

    :ivar told: all events of the blocks so far, in the order of the chain
    """

    def __init__(self) -> None:
        super().__init__(in_process_stage(), Tally())
        self.chain = RecordedChain(self.evm)
        self.told: list[Told] = []
        self._read = 0

    def mine(self) -> None:
        block = self.chain.mine()
        new = self.model.chain.events[self._read :]
        self._read += len(new)
        self.told += [
            Told(event.name, event.values, block.number, number, block.time) for number, event in enumerate(new)
        ]

    def wait(self, seconds: int) -> None:
        self.mine()
        super().wait(seconds)

    def named(self, *names: str) -> list[Told]:
        """The events of these names."""
        return [one for one in self.told if one.name in names]

    def account(self, value: bytes) -> str | None:
        """The account that a wallet's metadata names; None for none."""
        return checksummed(f"0x{value.hex()}") if value else None

    def transaction(self, block: int) -> str:
        """That of a block: it has one."""
        _, logs = self.chain.logs(block, block)
        return logs[0].transaction


RATERS = (CLIENT, OTHER_CLIENT, STRANGER, WALLET, BUYER)
URIS = tuple(f"https://agents.example/{number}.json" for number in range(4))


def open_chronicle(random: Random) -> Chronicle:
    """Some agents with all that agents can have."""
    chronicle = Chronicle()
    for call in OPENING:
        chronicle.play(call)
    for number in range(20):
        owner = random.choice((OWNER, BUYER, WALLET))
        uri = URIS[number % len(URIS)] if number % 6 else ""
        chronicle.play(Call(owner, IDENTITY, "register", (uri, [("key", random.choice((b"value", b"\0", b"\x80")))])))
        if number % 3 == 0:
            chronicle.wait(random.choice((0, 1, 12, 86_400)))
    for _ in range(60):
        rate(chronicle, random)
    return chronicle


def rate(chronicle: Chronicle, random: Random) -> None:
    """Feedback as people give it."""
    tags = random.choice(("starred", "starred", "uptime", "week")), random.choice(("", "", "day"))
    value, decimals = random.choice(((random.randint(0, 100), 0), (random.randint(600, 1_000), 1)))
    agent_id = random.randint(1, chronicle.model.identity.total_agents())
    arguments = agent_id, value, decimals, *tags, "", "", NO_HASH
    chronicle.play(Call(random.choice(RATERS), REPUTATION, "giveFeedback", arguments))
    if random.random() < 0.2:
        chronicle.wait(random.choice((1, 12, 86_400)))


def go_on(chronicle: Chronicle, random: Random, steps: int) -> None:
    """Anything happens."""
    draw = Draw(random, chronicle.model, chronicle.stage)
    for _ in range(steps):
        draw.one_of(WEIGHTED_RULES).play(chronicle, draw)
