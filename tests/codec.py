"""ABI encoding in which a Solidity `string` is any bytes, as it is on the chain, and addresses are checksummed.

Python text stands for the bytes: those that are no UTF-8 are lone surrogates in it (PEP 383), and come back unchanged.
"""

# eth-abi does not annotate the classes that are extended here.
# mypy: allow-untyped-calls

from __future__ import annotations

from functools import cache

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder, StringDecoder
from eth_abi.encoding import ByteStringEncoder, TextStringEncoder
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as standard_registry
from eth_utils.address import to_checksum_address

_ERRORS = "surrogateescape"

checksummed = cache(to_checksum_address)


def text_of(raw: bytes) -> str:
    """The text that stands for some bytes."""
    return raw.decode(errors=_ERRORS)


def bytes_of(text: str) -> bytes:
    """The bytes that a text stands for."""
    return text.encode(errors=_ERRORS)


class _StringEncoder(TextStringEncoder):
    @classmethod
    def encode(cls, value: str) -> bytes:
        cls.validate_value(value)
        return bytes(ByteStringEncoder.encode(bytes_of(value)))


class _StringDecoder(StringDecoder):
    def __init__(self) -> None:
        super().__init__(handle_string_errors=_ERRORS)


class _AddressDecoder(AddressDecoder):
    decoder_fn = staticmethod(checksummed)


_registry = standard_registry.copy()
_registry.unregister("string")
_registry.register(BaseEquals("string"), _StringEncoder, _StringDecoder, label="string")
_registry.unregister_decoder("address")
_registry.register_decoder(BaseEquals("address"), _AddressDecoder, label="address")
_codec = ABICodec(_registry)
encode = _codec.encode
decode = _codec.decode
