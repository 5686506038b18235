"""A chain with a long random history of agents, feedback and validations, made as fast as anvil takes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import requests
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from registries.address_config import AddressConfig, Roles
from registries.build import trusted_build
from registries.chains import CHAINS
from registries.deployer import Order, carry_out, prepare
from registries.fees import FeePolicy
from registries.rpc import connect
from registries.signers import KeySigner
from registries.transactions import Pace

CHAIN = CHAINS["base:sepolia"]
ANVIL_OPTIONS = ("--chain-id", str(CHAIN.id), "--gas-limit", str(10**12))
"""What anvil has to be started with."""

BLOCK_TIME = 2
"""Seconds."""

_GAS = 2_000_000
_BALANCE = 10**20
_FEE = 10**10


@dataclass(frozen=True)
class Call:
    """A transaction to come.

    :ivar logs: how many the registries emit in it
    """

    sender: str
    registry: str
    data: str
    logs: int


# HISTORY


def random_history(logs: int, seed: int = 8004) -> Iterator[Call]:
    """Calls that emit exactly this many logs, none of which reverts when they are made in this order.

    Some agents are far more popular than others; clients come back; feedback has many tags, scales and signs.
    """
    source = _History(random.Random(seed))  # noqa: S311  # no secret
    while logs:
        call = source.draw(logs)
        logs -= call.logs
        yield call


class _History:
    """What there is so far, and what may come next."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        # An agent's id is one more than its position.
        self._owners: list[str] = []
        self._given: dict[tuple[int, str], int] = {}
        self._feedback: list[tuple[int, str, int]] = []
        self._live: list[tuple[int, str, int]] = []
        self._requests: list[tuple[bytes, str]] = []
        self._numbers = count()
        self._kinds: tuple[tuple[Callable[[], Call | None], int, int], ...] = (
            # What, how often, how many logs.
            (self._register, 40, 4),
            (self._set_metadata, 60, 1),
            (self._set_uri, 20, 2),
            (self._give_feedback, 600, 1),
            (self._revoke, 50, 1),
            (self._respond, 100, 1),
            (self._request, 70, 1),
            (self._answer, 60, 1),
        )

    def draw(self, most: int) -> Call:
        """The next call, with no more logs than this."""
        fitting = [kind for kind in self._kinds if kind[2] <= most]
        while True:
            [(make, _, _)] = self._chance.choices(fitting, [weight for _, weight, _ in fitting])
            call = make()
            if call is not None:
                return call

    def _register(self) -> Call:
        owner = self._one_of(_OWNERS)
        self._owners.append(owner)
        return Call(owner, "identity", _call("register(string)", self._uri()), 4)

    def _set_metadata(self) -> Call | None:
        if not self._owners:
            return None
        agent_id = self._agent()
        data = _call("setMetadata(uint256,string,bytes)", agent_id, self._one_of(_KEYS), self._chance.randbytes(24))
        return Call(self._owners[agent_id - 1], "identity", data, 1)

    def _set_uri(self) -> Call | None:
        if not self._owners:
            return None
        agent_id = self._agent()
        return Call(
            self._owners[agent_id - 1], "identity", _call("setAgentURI(uint256,string)", agent_id, self._uri()), 2
        )

    def _give_feedback(self) -> Call | None:
        if not self._owners:
            return None
        agent_id, client = self._agent(), self._one_of(_CLIENTS)
        index = self._given[agent_id, client] = self._given.get((agent_id, client), 0) + 1
        self._feedback.append((agent_id, client, index))
        self._live.append((agent_id, client, index))
        decimals = self._chance.randrange(5)
        return Call(
            client,
            "reputation",
            _call(
                "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)",
                *(agent_id, self._chance.randint(-20, 100) * 10**decimals + self._chance.randrange(10), decimals),
                *(self._one_of(_TAGS), self._one_of(_PERIODS), "https://agent.example/a2a", self._uri()),
                self._chance.randbytes(32),
            ),
            1,
        )

    def _revoke(self) -> Call | None:
        if not self._live:
            return None
        agent_id, client, index = self._live.pop(self._chance.randrange(len(self._live)))
        return Call(client, "reputation", _call("revokeFeedback(uint256,uint64)", agent_id, index), 1)

    def _respond(self) -> Call | None:
        if not self._feedback:
            return None
        agent_id, client, index = self._one_of(self._feedback)
        data = _call(
            "appendResponse(uint256,address,uint64,string,bytes32)",
            *(agent_id, client, index, self._uri(), self._chance.randbytes(32)),
        )
        return Call(self._owners[agent_id - 1], "reputation", data, 1)

    def _request(self) -> Call | None:
        if not self._owners:
            return None
        agent_id, validator = self._agent(), self._one_of(_VALIDATORS)
        request_hash = keccak(text=f"request {next(self._numbers)}")
        self._requests.append((request_hash, validator))
        data = _call(
            "validationRequest(address,uint256,string,bytes32)", validator, agent_id, self._uri(), request_hash
        )
        return Call(self._owners[agent_id - 1], "validation", data, 1)

    def _answer(self) -> Call | None:
        if not self._requests:
            return None
        request_hash, validator = self._one_of(self._requests)
        data = _call(
            "validationResponse(bytes32,uint8,string,bytes32,string)",
            *(request_hash, self._chance.randint(0, 100), self._uri(), bytes(32), self._one_of(_TAGS)),
        )
        return Call(validator, "validation", data, 1)

    def _agent(self) -> int:
        # Half of all that happens concerns an eighth of the agents.
        return 1 + int(len(self._owners) * self._chance.random() ** 3)

    def _one_of(self, items: Sequence[Any]) -> Any:
        return items[self._chance.randrange(len(items))]

    def _uri(self) -> str:
        return f"ipfs://bafybei{self._chance.getrandbits(208):052x}"


def _accounts(role: str, number: int) -> tuple[str, ...]:
    return tuple(to_checksum_address(keccak(text=f"{role} {n}")[-20:]) for n in range(number))


_OWNERS = _accounts("owner", 200)
_CLIENTS = _accounts("client", 500)
_VALIDATORS = _accounts("validator", 20)
_KEYS = tuple(f"key{n}" for n in range(8))
_TAGS = ("starred", "reachable", "uptime", "successRate", "responseTime", "revenues", "quality", "")
_PERIODS = ("", "day", "week", "month")


def _call(signature: str, *arguments: Any) -> str:
    types = signature[signature.index("(") + 1 : -1].split(",")
    return "0x" + (keccak(text=signature)[:4] + encode(types, arguments)).hex()


# CHAIN


def deploy(url: str, folder: Path) -> AddressConfig:
    """Deploys the registries on an anvil.

    :param folder: for the address config
    """
    deployer = Account.from_key(keccak(text="deployer"))
    _ask(url, ("anvil_setBalance", deployer.address, hex(_BALANCE)))
    admin, pauser, registry_admin = _accounts("role", 3)
    roles = Roles(admin=admin, pausers=(pauser,), registry_admin=registry_admin)
    # No block follows a transaction's own: nobody sends another.
    chain = replace(CHAIN, confirmations=1)
    order = Order(connect(chain, url), chain, trusted_build(), roles, deployer.address, FeePolicy(), folder)
    return carry_out(order, prepare(order), KeySigner(deployer), pace=Pace(poll=0.05))


def make(url: str, config: AddressConfig, calls: Sequence[Call], per_block: int, confirmations: int) -> int:
    """Puts calls into blocks, in their order, and empty blocks on top.

    :param per_block: calls
    :param confirmations: how many empty blocks
    :returns: the number of the last block with a call
    :raises AssertionError: if a call reverted
    """
    senders = sorted({call.sender for call in calls})
    _ask(url, ("evm_setAutomine", False), ("anvil_autoImpersonateAccount", True))
    _ask(url, ("anvil_setBlockTimestampInterval", BLOCK_TIME))
    _ask(url, *(("anvil_setBalance", sender, hex(_BALANCE)) for sender in senders))
    [before] = _ask(url, ("eth_blockNumber",))
    nonces = dict.fromkeys(senders, 0)
    for start in range(0, len(calls), per_block):
        transactions = []
        for position, call in enumerate(calls[start : start + per_block]):
            to = config.registries[call.registry].address
            fields = {"from": call.sender, "to": to, "data": call.data, "nonce": hex(nonces[call.sender])}
            # anvil takes the requests of a batch in any order, and puts who pays more first.
            transactions.append({**fields, "gas": hex(_GAS), "gasPrice": hex(_FEE - position)})
            nonces[call.sender] += 1
        _ask(url, *(("eth_sendTransaction", transaction) for transaction in transactions))
        _ask(url, ("evm_mine",))
    [last] = _ask(url, ("eth_blockNumber",))
    addresses = [registry.address for registry in config.registries.values()]
    [logs] = _ask(url, ("eth_getLogs", {"address": addresses, "fromBlock": hex(int(before, 16) + 1), "toBlock": last}))
    expected = sum(call.logs for call in calls)
    if len(logs) != expected:
        raise AssertionError(f"the history has {len(logs)} logs instead of {expected}: a call reverted")
    _ask(url, ("anvil_mine", hex(confirmations)))
    return int(last, 16)


def _ask(url: str, *questions: tuple[Any, ...]) -> list[Any]:
    """Several requests at once.

    :raises AssertionError: if the node refuses one of them
    """
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        for number, (method, *parameters) in enumerate(questions)
    ]
    answers = requests.post(url, json=batch, timeout=120).json()
    refused = [answer["error"] for answer in answers if "error" in answer]
    if refused:
        raise AssertionError(f"anvil refuses {len(refused)} of {len(batch)} requests, the first with {refused[0]}")
    return [answer["result"] for answer in sorted(answers, key=lambda one: one["id"])]
