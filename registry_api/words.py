"""The values in a log, read as strictly as eth_abi reads them.

A log is given as its words: its topics after the first, and its data, in one. The words of the parameters come first,
32 bytes each; that of a text says where in the data the text is: its length, its bytes, and zeros up to a whole word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from registry_api.abi import checksummed, kept

WORD = 32

Decoder = Callable[[bytes], Any]
"""Gives one value of a log, given as words.

:raises ValueError: if it breaks a rule of the ABI; the text names the parameter and the rule
"""

_ZEROS = [bytes(length) for length in range(WORD)]


def decoders(topics: Mapping[str, str], data: Mapping[str, str]) -> dict[str, Decoder]:
    """The decoder of each parameter, by its name. What they are given has to have all of the parameters' words.

    :param topics: names and types of the parameters in the topics, where a text is a hash: bytes32
    :param data: the same of those in the data
    """
    start = WORD * len(topics)
    end = start + WORD * len(data)
    places = range(0, end, WORD)
    parameters = [*topics.items(), *data.items()]
    return {name: _decoder(name, type_, at, start, end) for (name, type_), at in zip(parameters, places, strict=True)}


def _decoder(name: str, type_: str, at: int, start: int, end: int) -> Decoder:
    """The decoder of the parameter whose word is at this place.

    :param start: of the data
    :param end: of the parameters' words
    """
    match type_:
        case "address":
            return _address(name, at)
        case "bool":
            return _bool(name, at)
        case "bytes32":
            return lambda words: words[at : at + WORD]
        case "bytes":
            return _tail(name, at, start, end, bytes)
        case "string":
            return _tail(name, at, start, end, _text)
        case _:
            return _integer(name, at, type_)


def _integer(name: str, at: int, type_: str) -> Decoder:
    end, signed = at + WORD, type_.startswith("int")
    bits = int(type_.removeprefix("u").removeprefix("int"))
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)

    def decode(words: bytes) -> int:
        value = int.from_bytes(words[at:end], signed=True) if signed else _number(words[at:end])
        if not lowest <= value <= highest:
            raise ValueError(f"{name}: {value} is no {type_}")
        return value

    return decode


def _bool(name: str, at: int) -> Decoder:
    end = at + WORD

    def decode(words: bytes) -> bool:
        value = _number(words[at:end])
        if value > 1:
            raise ValueError(f"{name}: {value} is no bool, which is 0 or 1")
        return value == 1

    return decode


def _address(name: str, at: int) -> Decoder:
    end = at + WORD
    start = end - 20
    zeros = _ZEROS[start - at]

    def decode(words: bytes) -> str:
        if not words.startswith(zeros, at):
            raise ValueError(f"{name}: {words[at:end].hex()} is no address, which has 20 bytes")
        return checksummed(words[start:end])

    return decode


def _tail(name: str, at: int, start: int, end: int, convert: Callable[[bytes], Any]) -> Decoder:
    end_of_word = at + WORD

    def decode(words: bytes) -> Any:
        offset = _number(words[at:end_of_word])
        length_at = start + offset
        if not end <= length_at < len(words):
            raise ValueError(
                f"{name}: offset {offset} is not after the parameters' words and within the data's"
                f" {len(words) - start} bytes"
            )
        first = length_at + WORD
        if first > len(words):
            raise ValueError(f"{name}: no length at offset {offset} of the data's {len(words) - start} bytes")
        length = _number(words[length_at:first])
        last = first + length
        # False as well if there are too few bytes, even for no zeros at all.
        if not words.startswith(_ZEROS[-length % WORD], last):
            raise ValueError(f"{name}: {length} bytes, and zeros up to a whole word, are not at offset {offset}")
        return convert(words[first:last])

    return decode


def _text(content: bytes) -> str:
    return kept(content.decode("utf-8", "backslashreplace"))


_number = int.from_bytes
