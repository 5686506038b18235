"""Reading ahead: the next range is read while one is written, and counts only if the chain is still the same."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection

from registry_api.blocks import Block, Log
from registry_api.errors import FatalError, RetryableError
from registry_api.happenings import ReadAhead
from registry_api.indexer import Indexer
from tests.api.following import source_of
from tests.api.person import wait_for
from tests.api.recorded import RecordedChain
from tests.deployment import OWNER, Registries

BLOCKS = 12


@dataclass
class WatchedChain(RecordedChain):
    """Notes which ranges it was asked for, and which headers it gave.

    :ivar down: whether it answers with an error
    """

    asked: list[int] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)
    down: bool = False

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        # Whoever sees that it was asked may change what comes after.
        down = self.down
        self.asked.append(first)
        if down:
            raise RetryableError("the RPC is down")
        return super().logs(first, last)

    def block(self, number: int) -> Block | None:
        found = super().block(number)
        self.headers.append(number)
        return found


@pytest.fixture
def chain(registries: Registries) -> WatchedChain:
    chain = WatchedChain(registries.evm, longest=2)
    for _ in range(BLOCKS):
        registries.register(OWNER)
        chain.mine()
    return chain


def agents_in(ahead: ReadAhead, first: int, final: int) -> tuple[int, list[int]]:
    happened = ahead.take(first, final)
    return happened.last.number, sorted({event.agent_id for event in happened.events if hasattr(event, "agent_id")})


def test_take__of_one_range__has_the_next_one_read(chain: WatchedChain, registries: Registries) -> None:
    ahead = ReadAhead(chain, source_of(registries).registries)
    assert agents_in(ahead, 0, 4) == (1, [1, 2])
    wait_for(lambda: chain.asked == [0, 2])
    assert agents_in(ahead, 2, 4) == (3, [3, 4])
    wait_for(lambda: chain.asked == [0, 2, 4])
    # Not beyond what was final; and again, who begins elsewhere.
    assert agents_in(ahead, 4, 4) == (4, [5])
    assert agents_in(ahead, 0, 1) == (1, [1, 2])
    assert agents_in(ahead, 0, 3) == (1, [1, 2])
    wait_for(lambda: chain.asked[-1] == 2)
    assert chain.asked == [0, 2, 4, 0, 0, 2]


def test_take__of_what_could_not_be_read_ahead__says_so_and_then_reads_it(
    chain: WatchedChain, registries: Registries
) -> None:
    ahead = ReadAhead(chain, source_of(registries).registries)
    chain.down = True
    with pytest.raises(RetryableError):
        ahead.take(0, 4)
    chain.down = False
    ahead.take(0, 4)
    wait_for(lambda: chain.asked == [0, 0, 2])
    chain.down = True
    ahead.take(2, 4)
    wait_for(lambda: chain.asked == [0, 0, 2, 4])
    chain.down = False
    with pytest.raises(RetryableError, match="down"):
        ahead.take(4, 4)
    assert agents_in(ahead, 4, 4) == (4, [5])


def test_step__given_other_final_blocks_than_were_read_ahead__refuses(
    chain: WatchedChain, registries: Registries, connection: Connection
) -> None:
    """Deeper than the confirmations: what was read of one fork is not taken for the other's."""
    indexer = Indexer(connection, chain, source_of(registries))
    indexer.start()
    indexer.step()
    wait_for(lambda: 3 in chain.headers)
    chain.drop(BLOCKS - 2)
    for _ in range(BLOCKS - 2):
        registries.register(OWNER)
        chain.mine()
    indexer.step()
    with pytest.raises(FatalError, match="more deeply than the confirmations"):
        indexer.step()
