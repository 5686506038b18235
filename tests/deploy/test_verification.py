"""Each check of a deployment passes on a sound one, and fails on one that is unsound in its respect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak
from web3 import Web3

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.build import Build, immutable_values
from registries.facts import FACTS
from registries.verification import CHECKS, Status, failures, verify
from registries.verification.code import PROXY_SLOTS
from registries.verification.eip712 import NAME, VERSION, domain_separator
from tests.deploy.stand_in import deploy, fund, order_for, request, send_as, undone
from tests.deployment import ADMIN, DEPLOYER, PAUSER, STRANGER

PAUSER_ROLE = keccak(text="PAUSER_ROLE")
ALWAYS_ZERO = "0x60005f5260205ff3"
"""Code that returns a word of zeros to every call."""


class Deployed:
    """A deployment on a stand-in, and what may be done to it."""

    def __init__(self, url: str, web3: Web3, config: AddressConfig, build: Build) -> None:
        self.url, self.web3, self.config, self.build = url, web3, config, build

    def address(self, name: str) -> str:
        return self.config.registries[name].address

    def code(self, name: str) -> bytes:
        return bytes(self.web3.eth.get_code(Web3.to_checksum_address(self.address(name))))

    def set_code(self, name: str, code: bytes | str) -> None:
        request(self.url, "anvil_setCode", self.address(name), code if isinstance(code, str) else Web3.to_hex(code))

    def patch(self, name: str, old: bytes, new: bytes) -> None:
        """Replaces bytes in the code of a registry, wherever they are."""
        code = self.code(name)
        assert old in code
        assert len(old) == len(new)
        self.set_code(name, code.replace(old, new))

    def send(self, sender: str, name: str, function: str, *arguments: Any) -> None:
        """A transaction of an account whose key nobody needs."""
        contract = self.web3.eth.contract(Web3.to_checksum_address(self.address(name)), abi=self.build.abi(name))
        send_as(self.url, sender, contract.address, contract.encode_abi(function, list(arguments)))

    def with_registry(self, name: str, **changes: Any) -> None:
        """Changes what the config says of a registry."""
        registry: dict[str, Any] = {name: replace(self.config.registries[name], **changes)}
        self.config = replace(self.config, **registry)

    def with_roles(self, **changes: Any) -> None:
        """Changes what the config says of the roles."""
        self.config = replace(self.config, roles=replace(self.config.roles, **changes))

    def verify(self, *names: str) -> dict[str, tuple[Status, tuple[str, ...]]]:
        results = verify(self.web3, self.config, self.build, only=names or None)
        return {result.name: (result.status, result.findings) for result in results}


@pytest.fixture(scope="module")
def sound(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with anvil("--chain-id", "84532") as url:
        order = order_for(fund(url), built, tmp_path_factory.mktemp("deployments"))
        yield Deployed(url, order.web3, deploy(order), built)


@pytest.fixture
def deployed(sound: Deployed) -> Iterator[Deployed]:
    with undone(sound.url):
        yield Deployed(sound.url, sound.web3, sound.config, sound.build)


def topic(contract: str, event: str) -> bytes:
    facts = FACTS[contract]["events"]
    return next(bytes.fromhex(facts[name]["topic0"][2:]) for name in facts if name.startswith(f"{event}("))


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def address_word(address: str) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])


def rewire(deployed: Deployed, name: str) -> None:
    deployed.patch(name, address_word(deployed.address("identity")), address_word(str(STRANGER)))


def separator(deployed: Deployed) -> bytes:
    return domain_separator(NAME, VERSION, deployed.config.chain_id, deployed.address("identity"))


def swap_arguments(deployed: Deployed) -> None:
    arguments = dict(deployed.config.identity.arguments)
    arguments["admin"], arguments["pauser"] = arguments["pauser"], arguments["admin"]
    deployed.with_registry("identity", arguments=arguments)


def exchange_code(deployed: Deployed) -> None:
    reputation, validation = deployed.code("reputation"), deployed.code("validation")
    deployed.set_code("reputation", validation)
    deployed.set_code("validation", reputation)


def other_byte(deployed: Deployed) -> None:
    code = bytearray(deployed.code("reputation"))
    code[len(code) // 2] ^= 1
    deployed.set_code("reputation", bytes(code))


def other_metadata(deployed: Deployed) -> None:
    code = bytearray(deployed.code("validation"))
    code[-20] ^= 1
    deployed.set_code("validation", bytes(code))


UNSOUND: dict[str, Callable[[Deployed], None]] = {
    "config-schema": lambda it: setattr(it, "config", replace(it.config, abi_version="3")),
    "chain-id": lambda it: setattr(it, "config", replace(it.config, chain_id=8453)),
    "creation-transactions": lambda it: it.with_registry("reputation", block=it.config.reputation.block + 1),
    "arguments-not-swapped": swap_arguments,
    "wiring-reputation": lambda it: rewire(it, "reputation"),
    "wiring-validation": lambda it: rewire(it, "validation"),
    "wiring-identity": lambda it: it.set_code("identity", ALWAYS_ZERO),
    "registries-differ": exchange_code,
    "code-present": lambda it: it.set_code("validation", "0x"),
    "code-is-the-build": other_byte,
    "immutables": lambda it: rewire(it, "validation"),
    "metadata-hash": other_metadata,
    "code-hash": lambda it: it.with_registry("identity", code_hash="0x" + "12" * 32),
    "deterministic-address": lambda it: setattr(it, "config", replace(it.config, salt="0x" + "12" * 32)),
    "no-upgrade-path": lambda it: it.set_code("identity", b"\xf4" + it.code("identity")),
    "no-proxy": lambda it: request(
        it.url,
        "anvil_setStorageAt",
        it.address("identity"),
        hex(PROXY_SLOTS["implementation"]),
        Web3.to_hex(address_word(str(STRANGER))),
    ),
    "erc165": lambda it: it.patch("identity", bytes.fromhex("80ac58cd"), bytes.fromhex("80ac58ce")),
    "version": lambda it: setattr(it, "config", replace(it.config, abi_version="2.9.9")),
    "token-name": lambda it: it.patch("identity", b"AgentIdentity", b"AgentIdentitY"),
    "selectors": lambda it: it.patch("identity", selector("register(string)"), flip(selector("register(string)"))),
    "plain-reads": lambda it: it.patch("identity", selector("totalAgents()"), flip(selector("totalAgents()"))),
    "topics": lambda it: it.patch(
        "validation",
        topic("ValidationRegistry", "ValidationRequest"),
        flip(topic("ValidationRegistry", "ValidationRequest")),
    ),
    "limits": lambda it: it.patch("identity", b"\x61\x01\x2c", b"\x61\x01\x2d"),
    "eip712-domain": lambda it: it.patch("identity", NAME.encode(), NAME.lower().encode()),
    "eip712-separator": lambda it: it.patch("identity", separator(it), flip(separator(it))),
    "roles-exact": lambda it: it.send(ADMIN, "reputation", "grantRole", PAUSER_ROLE, STRANGER),
    "default-admin": lambda it: it.with_roles(admin=str(STRANGER)),
    "admin-delay": lambda it: it.send(ADMIN, "identity", "changeDefaultAdminDelay", 86_400),
    "no-pending-admin": lambda it: it.send(ADMIN, "validation", "beginDefaultAdminTransfer", STRANGER),
    "not-paused": lambda it: it.send(PAUSER, "validation", "pause"),
    "deployer-holds-nothing": lambda it: it.send(ADMIN, "identity", "grantRole", PAUSER_ROLE, DEPLOYER),
    "simulated-registration": lambda it: it.send(PAUSER, "identity", "pause"),
    "simulated-feedback": lambda it: it.send(PAUSER, "reputation", "pause"),
    "simulated-self-feedback": lambda it: it.set_code("identity", ALWAYS_ZERO),
    "simulated-topics": lambda it: it.patch(
        "reputation", topic("ReputationRegistry", "NewFeedback"), flip(topic("ReputationRegistry", "NewFeedback"))
    ),
}


def test_verify__given_a_sound_deployment__passes_every_check(deployed: Deployed) -> None:
    assert deployed.verify() == dict.fromkeys(CHECKS, (Status.PASSED, ()))


def test_checks__are_those_seen_to_fail() -> None:
    assert set(UNSOUND) == set(CHECKS)
    assert len(CHECKS) >= 20


@pytest.mark.parametrize("name", UNSOUND)
def test_verify__given_an_unsound_deployment__fails_that_check(deployed: Deployed, name: str) -> None:
    UNSOUND[name](deployed)
    status, findings = deployed.verify(name)[name]
    assert status is Status.FAILED
    assert findings


def test_verify__given_one_failure__makes_every_other_check(deployed: Deployed) -> None:
    deployed.set_code("validation", "0x")
    results = verify(deployed.web3, deployed.config, deployed.build)
    assert [result.name for result in results] == list(CHECKS)
    failed = {result.name for result in failures(results)}
    assert {"code-present", "wiring-validation", "limits"} <= failed
    assert {"wiring-reputation", "simulated-feedback", "chain-id"}.isdisjoint(failed)


def test_verify__given_a_role_granted_and_taken_back__passes(deployed: Deployed) -> None:
    deployed.send(ADMIN, "identity", "grantRole", PAUSER_ROLE, STRANGER)
    deployed.send(ADMIN, "identity", "revokeRole", PAUSER_ROLE, STRANGER)
    assert deployed.verify("roles-exact") == {"roles-exact": (Status.PASSED, ())}


def test_verify__given_a_node_that_does_not_simulate__says_so(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_request = type(deployed.web3.provider).make_request

    def refuse(provider: Any, method: Any, parameters: Any) -> Any:
        if method == "eth_simulateV1":
            return {"error": {"code": -32601, "message": "Method not found"}}
        return make_request(provider, method, parameters)

    monkeypatch.setattr(type(deployed.web3.provider), "make_request", refuse)
    (status, (finding,)) = deployed.verify("simulated-feedback")["simulated-feedback"]
    assert status is Status.SKIPPED
    assert "does not simulate calls (eth_simulateV1)" in finding


def test_immutable_values__given_other_code__finds_it(built: Build) -> None:
    code = bytearray(built.runtime_code("reputation"))
    assert immutable_values(bytes(code), bytes(code)) == [bytes(32)] * 2
    code[100] ^= 1
    assert immutable_values(built.runtime_code("reputation"), bytes(code)) is None
    assert immutable_values(built.runtime_code("reputation"), bytes(code[:-1])) is None
