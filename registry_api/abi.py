"""ABI encoding as the database sees values: addresses in EIP-55 form, texts that it can keep.

Texts on a chain may have any bytes: those that are no UTF-8, and NUL, which no database keeps in a text, are written as
in Python ("\\xff", "\\x00").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from eth_abi.codec import ABICodec
from eth_abi.decoding import StringDecoder, UnsignedIntegerDecoder
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as standard_types
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from registries.abis import ABIS, Entry


def _with_readable_texts() -> ABICodec:
    types = standard_types.copy()  # type: ignore[no-untyped-call]
    decoder = StringDecoder(handle_string_errors="backslashreplace")  # type: ignore[no-untyped-call]
    types.unregister_decoder("string")
    types.register_decoder("string", decoder, label="string")
    # Ape, where it is loaded, has put one in its place that takes integers which are cut short.
    types.unregister_decoder("uint")
    types.register_decoder(BaseEquals("uint"), UnsignedIntegerDecoder, label="uint")  # type: ignore[no-untyped-call]
    return ABICodec(types)


CODEC = _with_readable_texts()

checksummed = lru_cache(maxsize=2**17)(to_checksum_address)
"""An address in EIP-55 form. Most come again and again."""


def kept(text: str) -> str:
    """A decoded text as the database keeps it."""
    return text.replace("\0", "\\x00")


CONVERTERS: dict[str, Callable[[Any], Any]] = {"address": checksummed, "string": kept}
"""By type: what makes of a decoded value what the database keeps."""


class Function(NamedTuple):
    """A function of a registry."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The data of a call."""
        return self.selector + CODEC.encode(self.inputs, arguments)

    def decode(self, output: bytes) -> Any:
        """What a call gives; a tuple if it is more than one value."""
        decoded = CODEC.decode(self.outputs, output)
        converted = tuple(
            CONVERTERS[type_](value) if type_ in CONVERTERS else value
            for type_, value in zip(self.outputs, decoded, strict=True)
        )
        return converted[0] if len(converted) == 1 else converted


@cache
def function(registry: str, name: str, argument_count: int) -> Function:
    """A function by its name and the number of its arguments."""
    [abi] = (
        one
        for one in ABIS[registry]
        if one["type"] == "function" and one["name"] == name and len(one["inputs"]) == argument_count
    )
    inputs, outputs = (tuple(item["type"] for item in abi[side]) for side in ("inputs", "outputs"))
    return Function(keccak(text=f"{name}({','.join(inputs)})")[:4], inputs, outputs)


def topic_of(abi: Entry) -> bytes:
    """The first topic of an event's logs."""
    return keccak(text=f"{abi['name']}({','.join(one['type'] for one in abi['inputs'])})")
