"""The compiled registries, proven to come from the sources as they are.

Ape compiles the files that changed and not those that import them, so its build can be older than its sources look.
The bytecode itself tells: it ends with the IPFS hash of the compiler's metadata, which covers every source and
setting. Producing the metadata alone takes solc a second, compiling half a minute.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ape
from ape.contracts import ContractContainer
from eth_abi.abi import encode
from ethpm_types import ContractType

from registries.address_config import Compiler
from registries.errors import DeploymentError

CONTRACT_NAMES = {
    "identity": "IdentityRegistry",
    "reputation": "ReputationRegistry",
    "validation": "ValidationRegistry",
}
INTERFACES = {
    "identity": ("IIdentityRegistry", "IERC8004Identity"),
    "reputation": ("IReputationRegistry", "IERC8004Reputation"),
    "validation": ("IValidationRegistry", "IERC8004Validation"),
}
"""Each registry's interface, whose id it announces, and the one it extends."""

SOLC_TIMEOUT = 120.0
_PUSH1, _PUSH32 = 0x60, 0x7F
_WORD = 32


@dataclass(frozen=True)
class Build:
    """The three registries by their short names, ready to deploy, and how they were compiled.

    :ivar interface_ids: the ERC-165 id of each registry's own interface, without what it extends
    """

    containers: dict[str, ContractContainer]
    compiler: Compiler
    interface_ids: dict[str, bytes]

    def abi(self, name: str) -> list[dict[str, Any]]:
        """A registry's ABI, as web3 takes it."""
        abi: list[dict[str, Any]] = self.containers[name].contract_type.model_dump(mode="json")["abi"]
        return abi

    def creation_with(self, name: str, arguments: Mapping[str, str | int]) -> bytes:
        """The creation code with its constructor's arguments at the end.

        Arguments go by their names, never by their places: two of one type that are swapped show nowhere.

        :raises DeploymentError: if the constructor takes others
        """
        inputs = self.containers[name].contract_type.constructor.inputs
        order = [str(item.name) for item in inputs]
        if set(order) != set(arguments):
            raise DeploymentError(f"{name} registry: its constructor takes {order}, we give {list(arguments)}")
        values = [arguments[parameter] for parameter in order]
        return self.creation_code(name) + encode([item.canonical_type for item in inputs], values)

    def creation_code(self, name: str) -> bytes:
        """What a creating transaction carries before the arguments."""
        return _bytes_of(self.containers[name].contract_type.deployment_bytecode)

    def runtime_code(self, name: str) -> bytes:
        """What is on the chain afterwards, but for the immutables, which are zero here."""
        return _bytes_of(self.containers[name].contract_type.runtime_bytecode)


def trusted_build() -> Build:
    """The project's build; compiled anew if it is not that of the sources.

    :raises DeploymentError: if even then it is not
    """
    metadata = _fresh_metadata(Path(ape.project.path))
    if not _is_fresh(metadata):
        ape.project.load_contracts(use_cache=False)
        if not _is_fresh(metadata):
            raise DeploymentError("Ape's build is not that of the sources; remove .build and compile again")
    described: dict[str, Any] = json.loads(metadata["identity"])
    settings = described["settings"]
    return Build(
        containers={name: ape.project.get_contract(contract) for name, contract in CONTRACT_NAMES.items()},
        compiler=Compiler(
            version=described["compiler"]["version"],
            evm_version=settings["evmVersion"],
            optimizer_runs=settings["optimizer"]["runs"],
            via_ir=settings["viaIR"],
        ),
        interface_ids=_interface_ids(),
    )


def _interface_ids() -> dict[str, bytes]:
    types = {name: ape.project.get_contract(name).contract_type for pair in INTERFACES.values() for name in pair}
    return {name: interface_id(types[own], types[parent]) for name, (own, parent) in INTERFACES.items()}


def immutable_values(built: bytes, deployed: bytes) -> list[bytes] | None:
    """The immutables in deployed runtime code, in the order of the code; None if it is not the code built.

    In the build, each place that reads an immutable is a PUSH32 of zero, which solc writes for nothing else.
    """
    if len(deployed) != len(built):
        return None
    masked, values = bytearray(deployed), []
    for start in _zero_words(built):
        values.append(deployed[start : start + _WORD])
        masked[start : start + _WORD] = bytes(_WORD)
    return values if bytes(masked) == built else None


def _zero_words(code: bytes) -> Iterator[int]:
    position = 0
    while position < len(code):
        opcode = code[position]
        position += 1
        if _PUSH1 <= opcode <= _PUSH32:
            size = opcode - _PUSH1 + 1
            if size == _WORD and code[position : position + size] == bytes(_WORD):
                yield position
            position += size


# FRESHNESS


def _is_fresh(metadata: dict[str, str]) -> bool:
    """Whether each registry's bytecode ends with the hash of its metadata."""
    compiled = ape.project.manifest.contract_types or {}
    return all(
        contract in compiled and _bytes_of(compiled[contract].runtime_bytecode).endswith(_trailer(metadata[name]))
        for name, contract in CONTRACT_NAMES.items()
    )


def _trailer(metadata: str) -> bytes:
    """The end of bytecode with this metadata: CBOR of the hash and of the compiler's version."""
    version = json.loads(metadata)["compiler"]["version"].partition("+")[0]
    cbor = (
        b"\xa2\x64ipfs\x58\x22" + ipfs_hash(metadata.encode()) + b"\x64solc\x43" + bytes(map(int, version.split(".")))
    )
    return cbor + len(cbor).to_bytes(2, "big")


def ipfs_hash(content: bytes) -> bytes:
    """The multihash of a file of one chunk (CID version 0), 34 bytes."""
    size = _varint(len(content))
    file = b"\x08\x02\x12" + size + content + b"\x18" + size
    return b"\x12\x20" + hashlib.sha256(b"\x0a" + _varint(len(file)) + file).digest()


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _fresh_metadata(root: Path) -> dict[str, str]:
    """Each registry's metadata, from the sources and settings as they are now."""
    return {name: str(output["metadata"]) for name, output in compiler_outputs(root, ["metadata"]).items()}


def compiler_outputs(root: Path, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """What solc says of each registry by its short name, from the sources and settings as they are now.

    :param wanted: outputs as solc's standard JSON names them; a second, unless they need the code to be generated
    :raises DeploymentError: if the contracts do not compile
    """
    sources = {name: f"contracts/{contract}.sol" for name, contract in CONTRACT_NAMES.items()}
    request = {
        "language": "Solidity",
        "sources": {path: {"content": (root / path).read_text(encoding="utf-8")} for path in sources.values()},
        "settings": {**compiler_settings(), "outputSelection": {"*": {"*": wanted}}},
    }
    answer = run_solc(root, request)
    problems = [entry["formattedMessage"] for entry in answer.get("errors", []) if entry["severity"] == "error"]
    if problems:
        raise DeploymentError(f"the contracts do not compile: {problems[0]}")
    return {name: answer["contracts"][path][CONTRACT_NAMES[name]] for name, path in sources.items()}


def compiler_settings() -> dict[str, Any]:
    """ape-config.yaml's, as solc takes them."""
    config = ape.project.config.solidity
    return {
        "evmVersion": config.evm_version,
        "optimizer": {"enabled": config.optimize, "runs": config.optimization_runs},
        "remappings": [str(remapping) for remapping in config.import_remapping],
        "viaIR": config.via_ir,
    }


def run_solc(root: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The same compiler that Ape uses, named by the same variable."""
    version = ape.project.config.solidity.version
    folder = Path(os.environ.get("SOLCX_BINARY_PATH", root / "tools" / "solcx"))
    try:
        done = subprocess.run(
            [folder / f"solc-v{version}", "--standard-json", "--base-path", "."],
            cwd=root,
            input=json.dumps(request),
            capture_output=True,
            text=True,
            check=True,
            timeout=SOLC_TIMEOUT,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, json.JSONDecodeError) as error:
        raise DeploymentError(f"solc {version} cannot be run: {error}") from error
    return answer


def _bytes_of(code: Any) -> bytes:
    return bytes.fromhex(str(code.bytecode).removeprefix("0x")) if code and code.bytecode else b""


def interface_id(interface: ContractType, parent: ContractType | None = None) -> bytes:
    """The ERC-165 id: of an interface's own functions, without those of its parent."""
    inherited = _selectors(parent) if parent else set()
    result = 0
    for selector in _selectors(interface) - inherited:
        result ^= int.from_bytes(selector, "big")
    return result.to_bytes(4, "big")


def _selectors(contract_type: ContractType) -> set[bytes]:
    return {bytes.fromhex(selector.removeprefix("0x")) for selector in contract_type.method_identifiers.values()}
