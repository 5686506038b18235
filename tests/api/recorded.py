"""A chain as an indexer sees it, made of what happened on the in-process EVM; it can be reorganised."""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from registry_api.blocks import Block, Log
from tests.evm import EVM, Snapshot


@dataclass
class RecordedChain:
    """The blocks that were mined so far.

    :ivar longest: blocks in one answer to `logs`
    """

    evm: EVM
    longest: int = 1_000
    _blocks: list[Block] = field(default_factory=list)
    _logs: dict[str, list[Log]] = field(default_factory=dict)
    _after: list[Snapshot] = field(default_factory=list)
    _told: int = 0
    _forks: int = 0

    def mine(self) -> Block:
        """A block with all that happened since the last one, a transaction for each log's neighbours."""
        parent = self._blocks[-1].hash if self._blocks else "0x" + "00" * 32
        number = len(self._blocks)
        block = Block(number, _hash(parent, self._forks, len(self.evm.logs)), parent, self.evm.time)
        logs = self.evm.logs[self._told :]
        transaction = _hash(block.hash, 0, 0)
        self._logs[block.hash] = [
            Log(log.address, log.topics, log.data, number, index, transaction, block.time)
            for index, log in enumerate(logs)
        ]
        self._told = len(self.evm.logs)
        self._blocks.append(block)
        self._after.append(self.evm.snapshot())
        return block

    def drop(self, count: int) -> None:
        """The last blocks are no longer of the chain; others will come in their place."""
        del self._blocks[-count:]
        self.evm.revert(self._after[-count - 1])
        # A snapshot can be used once.
        self._after[-count - 1 :] = [self.evm.snapshot()]
        self._told = len(self.evm.logs)
        self._forks += 1

    def head(self) -> int:
        return len(self._blocks) - 1

    def block(self, number: int) -> Block | None:
        return self._blocks[number] if 0 <= number < len(self._blocks) else None

    def logs_of(self, block: Block) -> list[Log]:
        return self._logs[block.hash]

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        end = min(last, first + self.longest - 1)
        return end, [log for block in self._blocks[first : end + 1] for log in self._logs[block.hash]]


def _hash(parent: str, *numbers: int) -> str:
    return "0x" + keccak(text=f"{parent} {numbers}").hex()
