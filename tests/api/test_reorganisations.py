"""Whatever chain, RPC and process do, the database ends as one that was built from scratch, and as the model has it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from registry_api.blocks import Block, Log
from registry_api.database import open_database
from registry_api.errors import RetryableError
from registry_api.indexer import Indexer
from registry_api.tables import metadata
from tests.api.agreement import of_database, of_model
from tests.api.database import content
from tests.api.following import CONFIRMATIONS, index, source_of
from tests.api.recorded import RecordedChain
from tests.model import Model
from tests.stateful.course import WEIGHTED_RULES
from tests.stateful.duel import Duel
from tests.stateful.machine import in_process_stage
from tests.stateful.opening import open_history
from tests.stateful.tally import Tally
from tests.strategies import Draw

STEPS = 60


@dataclass
class FlakyChain:
    """A chain whose RPC fails now and then: at the same questions each time, in whatever order threads ask them."""

    chain: RecordedChain
    seed: int

    def head(self) -> int:
        self._fail("head")
        return self.chain.head()

    def block(self, number: int) -> Block | None:
        self._fail("block", number)
        return self.chain.block(number)

    def logs_of(self, block: Block) -> list[Log]:
        self._fail("logs of", block.number)
        return self.chain.logs_of(block)

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        self._fail("logs", first)
        return self.chain.logs(first, last)

    def _fail(self, *question: object) -> None:
        if Random(f"{self.seed} {question}").random() < 0.1:
            raise RetryableError("the RPC is down")


class MiningDuel(Duel):
    """A block ends when time passes."""

    mine: Callable[[], None]

    def wait(self, seconds: int) -> None:
        self.mine()
        super().wait(seconds)


@dataclass
class History:
    """A chain that grows and is reorganised while an indexer follows it."""

    random: Random
    engine: Engine
    duel: MiningDuel = field(default_factory=lambda: MiningDuel(in_process_stage(), Tally()))
    models: list[Model] = field(default_factory=list)
    final: int = 0

    def __post_init__(self) -> None:
        self.chain = RecordedChain(self.duel.evm, longest=self.random.randint(1, 5))
        self.source = source_of(self.duel.stage.registries)
        self.duel.mine = self.mine
        self.mine()

    def grow(self) -> None:
        draw = Draw(self.random, self.duel.model, self.duel.stage)
        draw.one_of(WEIGHTED_RULES).play(self.duel, draw)

    def mine(self) -> None:
        self.chain.mine()
        self.models.append(deepcopy(self.duel.model))
        self.final = max(self.final, self.chain.head() - CONFIRMATIONS + 1)

    def reorganise(self) -> None:
        """Never so deeply that a final block goes."""
        count = self.random.randint(0, self.chain.head() - self.final)
        if count:
            self.chain.drop(count)
            del self.models[-count:]
            self.duel.model = deepcopy(self.models[-1])

    def follow(self) -> None:
        """An indexer of its own, that may be stopped at any step."""
        with self.engine.connect() as connection:
            indexer = Indexer(connection, FlakyChain(self.chain, self.random.getrandbits(32)), self.source)
            try:
                indexer.start()
                for _ in range(self.random.randint(0, 6)):
                    indexer.step()
            except RetryableError:
                pass


def everything(connection: Connection) -> dict[str, object]:
    return {**content(connection), "undo": list(connection.execute(metadata.tables["undo"].select()))}


@given(seed=st.integers(0, 2**32))
def test_index__given_any_history_of_a_chain__ends_as_from_scratch_and_as_the_model(seed: int) -> None:
    random = Random(seed)
    engine, scratch = open_database("sqlite://", writes=True), open_database("sqlite://", writes=True)
    for one in (engine, scratch):
        metadata.create_all(one)
    with in_process_stage().registries.evm.rolled_back():
        history = History(random, engine)
        open_history(history.duel, Draw(random, history.duel.model, history.duel.stage))
        history.mine()
        for _ in range(STEPS):
            action = random.choices([history.grow, history.mine, history.reorganise, history.follow], [6, 3, 1, 2])[0]
            action()
        for _ in range(CONFIRMATIONS):
            history.mine()
        with engine.connect() as followed, scratch.connect() as built:
            index(followed, history.chain, history.source)
            index(built, history.chain, history.source)
            assert of_database(followed) == of_model(history.duel.model)
            assert everything(followed) == everything(built)
    engine.dispose()
    scratch.dispose()
