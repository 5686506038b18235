"""A database after ten thousand events, reorganisations, restarts and faults of the RPC, checked in full."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from copy import deepcopy
from random import Random

from sqlalchemy import Engine, select

from registry_api.check import differences
from registry_api.errors import RetryableError
from registry_api.indexer import Indexer
from registry_api.tables import chains
from tests.api.agreement import of_database, of_model
from tests.api.conftest import prepared
from tests.api.following import CONFIRMATIONS, index, source_of
from tests.api.recorded import RecordedChain
from tests.api.test_check import EVMState
from tests.api.test_reorganisations import FlakyChain, MiningDuel, everything
from tests.stateful.call import Call
from tests.stateful.course import WEIGHTED_RULES
from tests.stateful.duel import Outcome
from tests.stateful.machine import in_process_stage
from tests.stateful.tally import Tally
from tests.strategies import WAITS, Draw

EVENTS = 10_000
REORGANISATIONS = 15
"""At least so many have to reach blocks that a database has."""
WITHIN_A_BLOCK = [rule for rule in WEIGHTED_RULES if rule.name != "wait"]


class Play(MiningDuel):
    """Without comparing model and contracts, which takes longer than all the rest and has tests of its own."""

    def play(self, call: Call, error: str | None = None) -> Outcome:
        self.model.chain.time = self.evm.time
        self._on_model(call)
        return self._on_chain(call)


class LongHistory:
    """A chain that grows and is reorganised, and databases that follow it.

    :ivar taken_back: how often a block went that a database had, by database
    """

    def __init__(self, random: Random, engines: Sequence[Engine]) -> None:
        self._random, self._engines = random, engines
        self.duel = Play(in_process_stage(), Tally())
        self.registries = self.duel.stage.registries
        self.chain = RecordedChain(self.duel.evm, longest=20)
        self.source = source_of(self.registries)
        self.duel.mine = self.mine
        self.taken_back = dict.fromkeys(engines, 0)
        self.mine()

    def mine(self) -> None:
        """Ends a block."""
        self.chain.mine()

    @property
    def events(self) -> int:
        """How many there are on the chain."""
        return len(self.duel.model.chain.events)

    def grow(self, most: int = 100) -> None:
        """A block. Long ones: of the EVM's snapshots, one a block, there can be a thousand.

        :param most: of things that happen in it
        """
        draw = Draw(self._random, self.duel.model, self.duel.stage)
        for _ in range(self._random.randint(1, most)):
            draw.one_of(WITHIN_A_BLOCK).play(self.duel, draw)
        self.duel.wait(draw.one_of(WAITS))

    def follow(self) -> None:
        """Indexers come and go, each stopped in the middle of its work by the RPC or by its own end."""
        for engine in self._engines:
            for _ in range(self._random.randint(0, 5)):
                with engine.connect() as connection:
                    indexer = Indexer(connection, FlakyChain(self.chain, self._random.getrandbits(32)), self.source)
                    with contextlib.suppress(RetryableError):
                        indexer.start()
                        for _ in range(self._random.randint(1, 10)):
                            indexer.step()

    def reorganise(self) -> None:
        """Blocks come, as many as may go, are indexed or not, and go."""
        events = {id(event): event for event in self.duel.model.chain.events}
        # Events never change: only the list of them is copied.
        fork, model = self.chain.head(), deepcopy(self.duel.model, events)
        for _ in range(self._random.randint(1, CONFIRMATIONS - 1)):
            self.grow(20)
        self.follow()
        for engine in self._engines:
            with engine.connect() as connection:
                self.taken_back[engine] += (connection.scalar(select(chains.c.block)) or 0) > fork
        self.chain.drop(self.chain.head() - fork)
        self.duel.model = model


def test_check__given_ten_thousand_events_with_reorganisations__finds_nothing(
    sqlite_url: str, postgresql_engine: Engine
) -> None:
    random = Random(2026)
    with (
        in_process_stage().registries.evm.rolled_back(),
        prepared(sqlite_url) as sqlite_engine,
        prepared("sqlite://") as scratch,
    ):
        engines = sqlite_engine, postgresql_engine
        history = LongHistory(random, engines)
        while history.events < EVENTS:
            action = random.choices((history.grow, history.follow, history.reorganise), (6, 2, 1))[0]
            action()
        for _ in range(CONFIRMATIONS):
            history.mine()
        assert min(history.taken_back.values()) >= REORGANISATIONS

        with scratch.connect() as built:
            index(built, history.chain, history.source)
            expected = everything(built)
        for engine in engines:
            with engine.connect() as connection:
                index(connection, history.chain, history.source)
                assert everything(connection) == expected
                assert of_database(connection) == of_model(history.duel.model)
                assert list(differences(connection, history.source, EVMState(history.registries))) == []
