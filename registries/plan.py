"""The plan of a deployment: which transactions it takes, and what each costs at most.

With addresses that follow from the code, what is done and what is left to do is on the chain itself: a step is done
when what it creates is there. So a plan can be made, and carried out, again after any accident.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hexbytes import HexBytes
from web3 import Web3
from web3.types import BlockIdentifier

from registries.address_config import Roles
from registries.build import Build
from registries.chains import Chain
from registries.create2 import PROXY, PROXY_CODE, PROXY_COST, PROXY_SENDER, PROXY_TRANSACTION, calldata_of
from registries.errors import DeploymentError
from registries.release import Creation, creations

TRANSFER_GAS = 21_000
CONSTRUCTOR_GAS = 160_000
"""What any of the constructors executes, at most, and the proxy before it: storage for three roles and the admin's
rules, events, the probe."""


@dataclass(frozen=True)
class Step:
    """One transaction.

    :ivar name: what it does, in words
    :ivar creates: the address that has code when it is done
    :ivar gas: what it takes at most
    :ivar signed: the transaction itself, if it is a public one that is signed already; the deployer pays nothing then
    """

    name: str
    creates: str
    to: str
    gas: int
    data: bytes = b""
    value: int = 0
    signed: bytes = b""

    @property
    def key(self) -> str:
        """What the journal knows it by."""
        return self.creates

    def is_done(self, web3: Web3, block: BlockIdentifier = "latest") -> bool:
        """Whether it has had its effect, or it is no longer needed."""
        if code_at(web3, self.creates, block):
            return True
        return self.value > 0 and web3.eth.get_balance(Web3.to_checksum_address(self.to), block) >= self.value


@dataclass(frozen=True)
class Plan:
    """How the registries come to a chain.

    :ivar creations: the registries by name
    :ivar steps: all transactions that it takes where nothing is there yet, in their order
    """

    chain: Chain
    roles: Roles
    creations: dict[str, Creation]
    steps: tuple[Step, ...]

    def left(self, web3: Web3) -> list[Step]:
        """The steps that are not done yet."""
        return [step for step in self.steps if not step.is_done(web3)]


def make_plan(web3: Web3, chain: Chain, build: Build, roles: Roles) -> Plan:
    """The plan for a chain.

    :raises DeploymentError: if something else is where the proxy should be
    """
    found = code_at(web3, PROXY)
    if found not in (b"", PROXY_CODE):
        raise DeploymentError(f"proxy: the code at {PROXY} is not that of the deterministic deployment proxy")
    registries = creations(build, roles)
    steps = (*([] if found else _proxy_steps()), *_creation_steps(build, registries))
    return Plan(chain, roles, registries, steps)


def _proxy_steps() -> Iterator[Step]:
    yield Step("give the proxy's sender its gas", PROXY, to=PROXY_SENDER, gas=TRANSFER_GAS, value=PROXY_COST)
    yield Step("create the deployment proxy", PROXY, to="", gas=0, signed=PROXY_TRANSACTION)


def _creation_steps(build: Build, registries: dict[str, Creation]) -> Iterator[Step]:
    for name, creation in registries.items():
        gas = creation_gas(len(creation.code), len(build.runtime_code(name)))
        data = calldata_of(creation.code)
        yield Step(f"create the {name} registry", creation.address, to=PROXY, gas=gas, data=data)


def creation_gas(creation_size: int, runtime_size: int) -> int:
    """An upper bound of the gas for creating a contract through the proxy, a few percent above.

    Computed, because a node can only estimate the second creation once the first has happened.

    :param creation_size: bytes, arguments included
    :param runtime_size: bytes
    """
    words = (creation_size + 31) // 32
    calldata = 16 * (creation_size + 32)
    # Copied once by the proxy, hashed for the address, and its size paid for (EIP-3860).
    copied = 3 * words + 6 * words + 2 * words
    return TRANSFER_GAS + 32_000 + calldata + copied + 200 * runtime_size + CONSTRUCTOR_GAS


def code_at(web3: Web3, address: str, block: BlockIdentifier = "latest") -> bytes:
    """The code at an address; empty if there is none."""
    return bytes(HexBytes(web3.eth.get_code(Web3.to_checksum_address(address), block)))
