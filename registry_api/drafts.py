"""Drafts of transactions: checked, simulated on the chain, and given to be signed elsewhere. No key comes here."""

from __future__ import annotations

import contextlib
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from eth_abi.exceptions import DecodingError
from eth_typing import ABIComponent
from eth_utils.abi import collapse_if_tuple
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from registries.abis import ABIS, Entry, Parameter
from registries.fees import ether, gwei
from registry_api.abi import CODEC, Function, checksummed
from registry_api.blocks import Block
from registry_api.chain import CallFailedError, RPCChain, Terms
from registry_api.exact import decimal, plain
from registry_api.source import Source

Code = Literal[
    "INVALID_ADDRESS",
    "INVALID_VALUE",
    "AGENT_NOT_FOUND",
    "SELF_FEEDBACK",
    "REGISTRY_PAUSED",
    "UNAUTHORIZED_OPERATION",
    "SIMULATION_FAILED",
]

GAS_MARGIN_PERCENT = 15
"""Above a node's estimate."""
MAX_GAS = 2**24
"""That a transaction may have at all (EIP-7825): a margin does not go beyond."""

# Of every registry: the standard's.
MAX_ABSOLUTE_VALUE = 10**38
MAX_DECIMALS = 18
# Of ours; sizes in bytes.
MAX_URI_SIZE = 10_240
MAX_METADATA_KEYS = 50
MAX_METADATA_KEY_SIZE = 128
MAX_METADATA_VALUE_SIZE = 10_240
MAX_TAG_SIZE = 128
MAX_ENDPOINT_SIZE = 2_048

WALLET_KEY = "agentWallet"
_WORD = 32
NO_HASH = bytes(_WORD)
"""The hash where there is no file."""

_CODES: dict[str, Code] = {
    "SelfFeedback": "SELF_FEEDBACK",
    "EnforcedPause": "REGISTRY_PAUSED",
    "ERC721NonexistentToken": "AGENT_NOT_FOUND",
    "NotAuthorized": "UNAUTHORIZED_OPERATION",
    "ValueOutOfRange": "INVALID_VALUE",
    "DecimalsOutOfRange": "INVALID_VALUE",
    "SizeLimitExceeded": "INVALID_VALUE",
    "ReservedMetadataKey": "INVALID_VALUE",
    "TooManyMetadataKeys": "INVALID_VALUE",
}
"""By error of the registries; any other is SIMULATION_FAILED."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 60
MAX_REASON_SIZE = 200
"""Characters of a text of a contract or a node that an error has."""


class ContractError(NamedTuple):
    """The error that a call reverts with.

    :ivar arguments: by name, as JSON has them; see {Draft}. Texts are cut after `MAX_REASON_SIZE`
    """

    name: str
    arguments: dict[str, Any]


class DraftError(Exception):
    """There is nothing to sign: the transaction would fail, or breaks a rule that the text names.

    :ivar code: as in the API's errors
    :ivar error: the contract's; None if it was not asked, or said nothing that is known
    """

    def __init__(self, code: Code, text: str, error: ContractError | None = None) -> None:
        super().__init__(text)
        self.code, self.error = code, error


class Expected(NamedTuple):
    """What a transaction gives.

    :ivar name: agentId or feedbackIndex
    :ivar condition: if what, in words
    """

    name: str
    value: int
    condition: str


class Feedback(NamedTuple):
    """What a client says of an agent, in the order of giveFeedback.

    :ivar value: in units of 10^-decimals
    :ivar uri: of the feedback file
    :ivar hash: keccak256 of that file, 32 bytes
    """

    value: int
    decimals: int
    tag1: str = ""
    tag2: str = ""
    endpoint: str = ""
    uri: str = ""
    hash: bytes = NO_HASH


@dataclass(frozen=True)
class Draft:
    """A transaction to be signed, and what it means.

    :ivar transaction: of type 2 (EIP-1559) as eth_sendTransaction takes it, all numbers in hexadecimal; its gas is the
        node's estimate and `GAS_MARGIN_PERCENT` more
    :ivar function: the signature
    :ivar arguments: by name, as JSON has them: integers of 2^53 and more as texts, bytes in hexadecimal
    :ivar meaning: a sentence
    :ivar block: at the end of which it was simulated
    """

    transaction: dict[str, str]
    function: str
    arguments: dict[str, Any]
    meaning: str
    expected: Expected
    block: Block


def draft_registration(
    chain: RPCChain, source: Source, sender: str, uri: str | None = None, metadata: Mapping[str, bytes] | None = None
) -> Draft:
    """A transaction that registers an agent.

    :param sender: who will sign it and own the agent; in EIP-55 form or lower case
    :param uri: of the registration file; without one, the agent has the auto URI, if the registry has a base
    :param metadata: values by their keys
    :raises DraftError: if the registry would refuse it, or the sender cannot pay for it
    :raises RetryableError: if the chain does not answer
    :raises FatalError: if the chain has no base fee (EIP-1559)
    """
    owner = _checked_address(sender)
    uri, metadata = uri or "", metadata or {}
    _check_text("URI", uri, None if source.is_standard else MAX_URI_SIZE)
    _check_metadata(metadata, limited=not source.is_standard)
    register: tuple[str, tuple[Any, ...]] = ("register(string)", (uri,)) if uri else ("register()", ())
    if metadata:
        register = "register(string,(string,bytes)[])", (uri, list(metadata.items()))
    call = _Call(owner, source.identity, "identity", *register)
    meaning = f"Registers an agent that {owner} owns, with {f'the URI {_shown(uri)}' if uri else 'no URI of its own'}"
    if metadata:
        meaning += f" and the metadata {', '.join(map(_shown, metadata))}"
    block = chain.latest()
    expected = Expected("agentId", _simulated(chain, call, block), "if nothing else registers first")
    return _draft(chain, call, block, chain_id=source.chain_id, meaning=f"{meaning}.", expected=expected)


def draft_feedback(chain: RPCChain, source: Source, sender: str, agent_id: int, feedback: Feedback) -> Draft:
    """A transaction that gives an agent feedback.

    :param sender: the client, who will sign it; in EIP-55 form or lower case
    :raises DraftError: if the registry would refuse it, or the sender cannot pay for it
    :raises RetryableError: if the chain does not answer
    :raises FatalError: if the chain has no base fee (EIP-1559)
    """
    client = _checked_address(sender)
    _check_number("agent id", agent_id, 0, 2**256 - 1)
    _check_feedback(feedback, limited=not source.is_standard)
    signature = "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)"
    call = _Call(client, source.reputation, "reputation", signature, (agent_id, *feedback))
    value = plain(decimal(feedback.value, feedback.decimals))
    meaning = f"Gives agent {agent_id} feedback of {value} as the client {client}"
    texts = {"tag1": feedback.tag1, "tag2": feedback.tag2, "endpoint": feedback.endpoint, "URI": feedback.uri}
    meaning += "".join(f", {name} {_shown(text)}" for name, text in texts.items() if text)
    block = chain.latest()
    _simulated(chain, call, block)
    index = _Call(client, source.reputation, "reputation", "getLastIndex(uint256,address)", (agent_id, client))
    condition = "if the client gives this agent no other feedback first"
    expected = Expected("feedbackIndex", _simulated(chain, index, block) + 1, condition)
    return _draft(chain, call, block, chain_id=source.chain_id, meaning=f"{meaning}.", expected=expected)


def refusal(failure: CallFailedError) -> DraftError:
    """What the failure of a call to a registry means."""
    error = _decoded(failure.data)
    if error is None:
        said = f"{failure.text} {to_hex(failure.data)}" if failure.data else failure.text
        return DraftError("SIMULATION_FAILED", f"the transaction would fail: {_cut(said)}")
    if error.name == "Error":
        return DraftError("SIMULATION_FAILED", f"the transaction would revert: {error.arguments['message']}", error)
    arguments = ", ".join(f"{name} {value}" for name, value in error.arguments.items())
    text = f"the transaction would revert with {error.name}({arguments})"
    return DraftError(_CODES.get(error.name, "SIMULATION_FAILED"), text, error)


# THE CHAIN


class _Call(NamedTuple):
    """A call of a registry's function.

    :ivar to: the registry's address
    :ivar registry: its name
    """

    sender: str
    to: str
    registry: str
    signature: str
    arguments: tuple[Any, ...]

    @property
    def request(self) -> dict[str, str]:
        """As eth_call takes it."""
        data = _function(self.registry, self.signature).encode(self.arguments)
        return {"from": self.sender, "to": self.to, "data": to_hex(data)}


def _simulated(chain: RPCChain, call: _Call, block: Block) -> Any:
    """What a call gives at a block.

    :raises DraftError: if it fails, or gives something else than the function does
    """
    try:
        output = chain.simulate(call.request, block.hash)
    except CallFailedError as failure:
        raise refusal(failure) from failure
    function = _function(call.registry, call.signature)
    if len(output) >= _WORD * len(function.outputs):
        with contextlib.suppress(DecodingError):
            return function.decode(output)
    said = f"{call.to} gives {_cut(to_hex(output))} for {call.signature}"
    raise DraftError("SIMULATION_FAILED", f"{said}: it is no {call.registry} registry")


def _draft(chain: RPCChain, call: _Call, block: Block, *, chain_id: int, meaning: str, expected: Expected) -> Draft:
    """A call as a transaction.

    :raises DraftError: if it fails by now, or the sender cannot pay for it
    """
    try:
        terms = chain.terms(call.request)
    except CallFailedError as failure:
        raise refusal(failure) from failure
    gas = min(terms.gas * (100 + GAS_MARGIN_PERCENT) // 100, max(terms.gas, MAX_GAS))
    _check_funds(call.sender, gas, terms)
    numbers = {
        "type": 2,
        "chainId": chain_id,
        "nonce": terms.nonce,
        "value": 0,
        "gas": gas,
        "maxFeePerGas": terms.fees.max_fee,
        "maxPriorityFeePerGas": terms.fees.priority_fee,
    }
    return Draft(
        transaction={**call.request, **{name: hex(number) for name, number in numbers.items()}},
        function=call.signature,
        arguments=_by_name(_entry(call.registry, call.signature), call.arguments),
        meaning=meaning,
        expected=expected,
        block=block,
    )


def _check_funds(sender: str, gas: int, terms: Terms) -> None:
    # Nodes take no transaction whose sender could not pay for all of its gas.
    if terms.balance < (cost := gas * terms.fees.max_fee):
        raise DraftError(
            "SIMULATION_FAILED",
            f"insufficient funds: {sender} has {ether(terms.balance)}, and the transaction may cost {ether(cost)}"
            f" ({gas:,} gas at up to {gwei(terms.fees.max_fee)})",
        )


# THE INPUT


def _checked_address(address: str) -> str:
    """In EIP-55 form."""
    if not _ADDRESS.fullmatch(address) or address not in {address.lower(), checksummed(address)}:
        shown = _shown(address)
        raise DraftError("INVALID_ADDRESS", f"sender: {shown} is not an address in EIP-55 form or lower case")
    if not int(address, 16):
        raise DraftError("INVALID_ADDRESS", f"sender: {address} is nobody's")
    return checksummed(address)


def _check_number(name: str, number: int, lowest: int, highest: int) -> None:
    if not lowest <= number <= highest:
        # Python refuses to write numbers of thousands of digits.
        shown = str(number) if number.bit_length() <= 256 else f"a number of {number.bit_length()} bits"
        raise DraftError("INVALID_VALUE", f"{name}: {shown} is not from {lowest} to {highest}")


def _check_text(name: str, text: str, limit: int | None) -> None:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise DraftError("INVALID_VALUE", f"{name}: {_shown(text)} has half of a surrogate pair") from None
    _check_size(name, encoded, limit)


def _check_size(name: str, value: bytes, limit: int | None) -> None:
    if limit is not None and len(value) > limit:
        raise DraftError("INVALID_VALUE", f"{name}: {len(value)} bytes are more than {limit}")


def _check_feedback(feedback: Feedback, *, limited: bool) -> None:
    _check_number("value", feedback.value, -MAX_ABSOLUTE_VALUE, MAX_ABSOLUTE_VALUE)
    _check_number("decimals", feedback.decimals, 0, MAX_DECIMALS)
    _check_text("tag1", feedback.tag1, MAX_TAG_SIZE if limited else None)
    _check_text("tag2", feedback.tag2, MAX_TAG_SIZE if limited else None)
    _check_text("endpoint", feedback.endpoint, MAX_ENDPOINT_SIZE if limited else None)
    _check_text("URI", feedback.uri, MAX_URI_SIZE if limited else None)
    if len(feedback.hash) != len(NO_HASH):
        raise DraftError("INVALID_VALUE", f"hash: {len(feedback.hash)} bytes are not the {len(NO_HASH)} of a hash")


def _check_metadata(metadata: Mapping[str, bytes], *, limited: bool) -> None:
    for key, value in metadata.items():
        if key == WALLET_KEY:
            raise DraftError("INVALID_VALUE", f"metadata: the key {key!r} is the registry's own")
        _check_text(f"metadata key {_shown(key)}", key, MAX_METADATA_KEY_SIZE if limited else None)
        _check_size(f"metadata value of {_shown(key)}", value, MAX_METADATA_VALUE_SIZE if limited else None)
    # An empty value sets nothing.
    if limited and (count := sum(map(bool, metadata.values()))) > MAX_METADATA_KEYS:
        raise DraftError("INVALID_VALUE", f"metadata: {count} keys are more than {MAX_METADATA_KEYS}")


# THE ABI


def _types(parameters: Sequence[Parameter]) -> tuple[str, ...]:
    return tuple(collapse_if_tuple(cast(ABIComponent, parameter)) for parameter in parameters)


def _signature(entry: Entry) -> str:
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


@cache
def _entry(registry: str, signature: str) -> Entry:
    return next(one for one in ABIS[registry] if one["type"] == "function" and _signature(one) == signature)


@cache
def _function(registry: str, signature: str) -> Function:
    entry = _entry(registry, signature)
    return Function(keccak(text=signature)[:4], _types(entry["inputs"]), _types(entry["outputs"]))


def _errors() -> dict[bytes, Entry]:
    """By selector: those of the registries, and Solidity's own."""
    known: list[Entry] = [entry for abi in ABIS.values() for entry in abi if entry["type"] == "error"]
    known.append({"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]})
    known.append({"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]})
    return {keccak(text=_signature(entry))[:4]: entry for entry in known}


_ERRORS = _errors()


def _decoded(data: bytes) -> ContractError | None:
    """The error in a revert's data; None if it is not known."""
    entry = _ERRORS.get(data[:4])
    if entry is None or len(data) < 4 + _WORD * len(entry["inputs"]):
        return None
    try:
        values = CODEC.decode(_types(entry["inputs"]), data[4:])
    except (DecodingError, OverflowError):
        return None
    arguments = _by_name(entry, values).items()
    return ContractError(entry["name"], {name: _cut(v) if isinstance(v, str) else v for name, v in arguments})


def _by_name(entry: Entry, values: Sequence[Any]) -> dict[str, Any]:
    """Arguments as JSON has them."""
    return {item["name"]: _as_json(item, value) for item, value in zip(entry["inputs"], values, strict=True)}


def _as_json(parameter: Parameter, value: Any) -> Any:
    if parameter["type"] == "tuple[]":
        return [
            {item["name"]: _as_json(item, part) for item, part in zip(parameter["components"], one, strict=True)}
            for one in value
        ]
    if parameter["type"] == "address":
        return checksummed(value)
    if isinstance(value, bytes):
        return to_hex(value)
    # JSON's readers have doubles.
    return str(value) if isinstance(value, int) and abs(value) >= 2**53 else value


def _shown(text: str) -> str:
    return _REPR.repr(text)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_REASON_SIZE else f"{text[:MAX_REASON_SIZE]}..."
