"""Registries with as many agents and as much feedback as wanted: prepared logs, the same in every run.

Nothing is kept: each block is made when it is asked for, so that what a benchmark sees of memory is the indexer's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import blake2b

import orjson
from eth_utils.crypto import keccak
from sqlalchemy import Connection, delete

from registries.abis import ABIS
from registry_api import bulk, facets, files
from registry_api.abi import checksummed, topic_of
from registry_api.blocks import Block, Log
from registry_api.files import Copy, File
from registry_api.registration import parse
from registry_api.source import Source
from registry_api.tables import digest, queue
from registry_api.tables import facets as facet_rows
from registry_api.tables import files as file_rows

LOGS_A_BLOCK = 100
LOGS_AT_ONCE = 5_000
"""In one answer for logs, as nodes give."""
BLOCK_SECONDS = 2
START = 1_700_000_000
CHAIN_ID = 84532
CONFIRMATIONS = 5

KINDS = ("A2A", "MCP", "web", "OASF", "ENS")
WORDS = tuple(
    f"{first}{second}"
    for first in ("trans", "inter", "data", "code", "art")
    for second in ("lator", "preter", "miner", "writer", "finder", "maker", "checker", "broker", "runner", "reader")
)
TAGS = ("starred", "uptime", "reachable", "successRate", "responseTime", "ownerVerified")

_TOPICS = {
    abi["name"]: topic_of(abi)
    for registry in ("identity", "reputation")
    for abi in ABIS[registry]
    if abi["type"] == "event"
}
_ZEROS = bytes(12)
_NOTHING = bytes(32)


def address(kind: str, number: int) -> bytes:
    """An account's 20 bytes."""
    return blake2b(f"{kind} {number}".encode(), digest_size=20).digest()


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _tail(text: str) -> bytes:
    content = text.encode()
    return _word(len(content)) + content + bytes(-len(content) % 32)


_IDENTITY, _REPUTATION = ("0x" + address("registry", number).hex() for number in (0, 1))
_EMPTY = _tail("")


class Population:
    """A chain with such registries, as the indexer sees it.

    Agents are registered first, three logs each. Of the feedback, a tenth goes to one in a thousand agents; every
    fiftieth is revoked. The others are given theirs in turns, every second time with a tag that is new to the agent, so
    that an indexer has as much to write for a feedback in each turn after the first.
    """

    def __init__(self, agents: int, feedback: int, later: int = 0) -> None:
        """:param later: feedback that is given once the chain has gone on"""
        self.agents, self.feedback = agents, feedback + later
        self.clients = max(100, agents // 10)
        self.source = Source(
            chain_id=CHAIN_ID,
            name="benchmark",
            identity=checksummed(_IDENTITY),
            reputation=checksummed(_REPUTATION),
            validation=None,
            start_block=1,
            confirmations=CONFIRMATIONS,
        )
        self._agents_a_block = LOGS_A_BLOCK // 3
        self._registering = math.ceil(agents / self._agents_a_block)
        self._last = self._end_of(feedback)

    def head(self) -> int:
        return self._last + CONFIRMATIONS

    def go_on(self) -> None:
        """The head moves on, to the end of what is given later."""
        self._last = self._end_of(self.feedback)

    def _end_of(self, feedback: int) -> int:
        """The block in which the last of so much feedback is given."""
        return self._registering + math.ceil(feedback / LOGS_A_BLOCK)

    def block(self, number: int) -> Block | None:
        return Block(number, _hash("block", number), _hash("block", number - 1), START + number * BLOCK_SECONDS)

    def logs_of(self, block: Block) -> list[Log]:
        return list(self._logs_of(block.number))

    def logs(self, first: int, last: int) -> tuple[int, list[Log]]:
        end = min(last, first + LOGS_AT_ONCE // LOGS_A_BLOCK - 1)
        return end, [log for number in range(first, end + 1) for log in self._logs_of(number)]

    def events_until(self, block: int) -> int:
        """How many logs there are up to a block."""
        registered = min(self.agents, block * self._agents_a_block)
        given = max(0, min(self.feedback, (block - self._registering) * LOGS_A_BLOCK))
        return 3 * registered + given + given // 50

    def file(self, agent_id: int) -> bytes:
        """An agent's registration file."""
        words = [WORDS[(agent_id * step) % len(WORDS)] for step in (1, 7, 13)]
        kinds = [KINDS[agent_id % 5], KINDS[agent_id // 5 % 5]] if agent_id % 3 else [KINDS[agent_id % 5]]
        return orjson.dumps(
            {
                "type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1",
                "name": f"{words[0]} {agent_id}",
                "description": f"A {words[1]} that is a {words[2]} too, number{agent_id % 1_000} of its kind.",
                "image": f"https://agents.example/{agent_id}.png",
                "active": agent_id % 10 != 0,
                "x402Support": agent_id % 4 == 0,
                "services": [
                    {
                        "name": kind,
                        "endpoint": f"agent{agent_id}.eth" if kind == "ENS" else f"https://agents.example/{agent_id}",
                        "version": "1.0",
                        **(
                            {"skills": [f"skill/{agent_id % 200}"], "domains": [f"field/{agent_id % 50}"]}
                            if kind == "OASF"
                            else {}
                        ),
                    }
                    for kind in dict.fromkeys(kinds)
                ],
                "registrations": [{"agentId": agent_id, "agentRegistry": f"eip155:{CHAIN_ID}:{_IDENTITY}"}],
                "supportedTrust": ["reputation"] if agent_id % 2 else ["reputation", "crypto-economic"],
            }
        )

    def uri(self, agent_id: int) -> str:
        """Where an agent's file is."""
        return f"https://agents.example/{agent_id}.json"

    def _logs_of(self, block: int) -> Iterator[Log]:
        made = self._registrations(block) if block <= self._registering else self._feedback(block)
        time = START + block * BLOCK_SECONDS
        for index, (registry, topics, data, transaction) in enumerate(made):
            yield Log(registry, topics, data, block, index, transaction, time)

    def _registrations(self, block: int) -> Iterator[tuple[str, tuple[bytes, ...], bytes, str]]:
        first = 1 + (block - 1) * self._agents_a_block
        for agent_id in range(first, min(self.agents + 1, first + self._agents_a_block)):
            owner, number = _ZEROS + address("owner", agent_id % (self.agents // 3 + 1)), _word(agent_id)
            transaction = _hash("registration", agent_id)
            registry = self.source.identity
            yield registry, (_TOPICS["Transfer"], _NOTHING, owner, number), b"", transaction
            yield registry, (_TOPICS["MetadataUpdate"],), number, transaction
            yield registry, (_TOPICS["Registered"], number, owner), _word(32) + _tail(self.uri(agent_id)), transaction

    def _feedback(self, block: int) -> Iterator[tuple[str, tuple[bytes, ...], bytes, str]]:
        first = (block - self._registering - 1) * LOGS_A_BLOCK
        for number in range(first, min(self.feedback, first + LOGS_A_BLOCK)):
            agent_id, client, tag = self._given(number)
            topics = (_TOPICS["NewFeedback"], _word(agent_id), client, keccak(text=tag))
            data = _data(value=number * 37 % 101, tag=tag, endpoint=f"https://agents.example/{agent_id}/a2a")
            transaction = _hash("feedback", number)
            yield self.source.reputation, topics, data, transaction
            if number % 50 == 49:
                revoked = (_TOPICS["FeedbackRevoked"], _word(agent_id), client, _word(1))
                yield self.source.reputation, revoked, b"", transaction

    def _given(self, number: int) -> tuple[int, bytes, str]:
        """Agent, client and tag of a feedback; no agent and client come together twice."""
        popular = max(1, self.agents // 1_000)
        if number % 10 == 0:
            turn, agent = divmod(number // 10, popular)
            return 1 + agent * 997 % self.agents, _ZEROS + address("regular", turn), TAGS[turn % len(TAGS)]
        turn, place = divmod(number, self.agents)
        agent_id = 1 + place * 7_919 % self.agents
        client = _ZEROS + address("client", (agent_id * 31 + turn * 104_729) % self.clients)
        # Half of the agents have new ones in odd turns, the others in even ones.
        return agent_id, client, TAGS[(agent_id + (turn + agent_id // 10 % 2) // 2) % len(TAGS)]


def _hash(kind: str, number: int) -> str:
    return "0x" + blake2b(f"{kind} {number}".encode(), digest_size=32).hexdigest()


def _data(*, value: int, tag: str, endpoint: str) -> bytes:
    """What a NewFeedback log has beside its topics."""
    tails = [_tail(tag), _EMPTY, _tail(endpoint), _EMPTY]
    offsets, at = [], 8 * 32
    for tail in tails:
        offsets.append(_word(at))
        at += len(tail)
    head = _word(1) + _word(value) + _word(0) + b"".join(offsets) + _NOTHING
    return head + b"".join(tails)


def add_files(connection: Connection, population: Population, first: int, last: int) -> None:
    """Adds the registration files of some agents, as the worker would have found them, and empties its queue."""
    rows, said = [], []
    for agent_id in range(first, last + 1):
        content = population.file(agent_id)
        registration = parse(content)
        copy = Copy(content, keccak(content), START)
        found = File("valid", (), START, copy, registration, lists_agent=True, domains=())
        rows.append(
            {
                "chain_id": CHAIN_ID,
                "agent_id": agent_id,
                "uri_digest": digest(population.uri(agent_id)),
                "state": "valid",
                "fetched_time": START,
                "content_hash": copy.hash,
                "content": content,
                "document": files.document(found),
            }
        )
        found_by = {*facets.of_registration(registration), facets.of_state("valid")}
        said += [{"chain_id": CHAIN_ID, "facet": facet, "agent_id": agent_id} for facet in found_by]
    bulk.add(connection, file_rows, rows)
    bulk.add(connection, facet_rows, sorted(said, key=lambda row: (row["facet"], row["agent_id"])))
    connection.execute(delete(queue).where(queue.c.agent_id.between(first, last)))
