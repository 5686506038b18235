"""Were answers right? What they said of agents, held against the logs that the chain has in the end."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import requests
from eth_utils.crypto import keccak

from benchmarks.endurance.asking import Told
from benchmarks.endurance.site import Site

_TRANSFER, _GIVEN, _REVOKED = (
    "0x" + keccak(text=signature).hex()
    for signature in (
        "Transfer(address,address,uint256)",
        "NewFeedback(uint256,address,uint64,int128,uint8,string,string,string,string,string,bytes32)",
        "FeedbackRevoked(uint256,address,uint64)",
    )
)
_HEADER_ONLY = (False,)
_AGENT_TOPIC = {_TRANSFER: 3, _GIVEN: 1, _REVOKED: 1}


class Verdict(NamedTuple):
    """What became of all that was told.

    :ivar right: of blocks that the chain has
    :ivar reorganised: of blocks that it has no more, and not said to be final
    :ivar wrong: everything else
    """

    right: int
    reorganised: int
    wrong: list[str]


class Truth:
    """What agents were at each block, from the logs alone."""

    def __init__(self, logs: Iterable[dict[str, Any]]) -> None:
        self._owners: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self._counts: dict[tuple[int, str], list[int]] = defaultdict(list)
        for log in logs:
            topic = log["topics"][0]
            if (place := _AGENT_TOPIC.get(topic)) is None:
                continue
            agent, block = int(log["topics"][place], 16), int(log["blockNumber"], 16)
            if topic == _TRANSFER:
                self._owners[agent].append((block, "0x" + log["topics"][2][-40:]))
            else:
                self._counts[agent, topic].append(block)

    def of(self, agent: int, block: int) -> tuple[str | None, int, int]:
        """Owner, feedback ever given, and revoked of it."""
        owners = self._owners[agent]
        place = bisect_right(owners, block, key=lambda one: one[0])
        given, revoked = (bisect_right(self._counts[agent, topic], block) for topic in (_GIVEN, _REVOKED))
        return (owners[place - 1][1] if place else None), given, revoked


def judge(site: Site, told: Iterable[Told]) -> Verdict:
    """Holds all that was told against the chain."""
    addresses = [one.address for one in site.config.registries.values()]
    everything = {"address": addresses, "fromBlock": "0x0", "toBlock": "latest"}
    truth = Truth(_ask(site.node.url, "eth_getLogs", everything))
    hashes: dict[int, str | None] = {}
    right = reorganised = 0
    wrong = []
    for one in told:
        if one.block not in hashes:
            block = _ask(site.node.url, "eth_getBlockByNumber", hex(one.block), *_HEADER_ONLY)
            hashes[one.block] = None if block is None else block["hash"]
        if hashes[one.block] != one.block_hash:
            reorganised += not one.is_final
            if one.is_final:
                wrong.append(f"was final and is not on the chain: {one}")
        elif truth.of(one.agent, one.block) == (one.owner, one.feedback, one.revoked):
            right += 1
        else:
            wrong.append(f"the chain says {truth.of(one.agent, one.block)}: {one}")
    return Verdict(right, reorganised, wrong)


def head(site: Site) -> int:
    """The chain's last block."""
    return int(_ask(site.node.url, "eth_blockNumber"), 16)


def _ask(url: str, method: str, *parameters: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    answer = requests.post(url, json=body, timeout=60).json()
    if "error" in answer:
        raise RuntimeError(f"{method}: {answer['error']}")
    return answer["result"]
