"""How small FastLZ makes a transaction: what OP-stack chains estimate a transaction's share of L1 data with.

Only the size is worked out, exactly as the chains do (Fjord: they all follow one implementation of level 1, with a hash
table of 8,192 places for sequences of three bytes, and matches at most 8,191 bytes back).
"""

from __future__ import annotations

_PLACES = 8192
_MULTIPLIER = 2654435769
_FARTHEST = 8191
_LONGEST_LITERALS = 32
_LONGEST_MATCH = 262
_TAIL = 13
"""The last bytes, in which no match begins."""


def compressed_size(data: bytes) -> int:
    """The number of bytes that FastLZ, at its level 1, makes of these."""
    places = [0] * _PLACES
    end = max(0, len(data) - _TAIL)
    size, literals_from, position = 0, 0, 2
    while position < end:
        match = _next_match(data, places, position, end)
        if match is None:
            break
        position, earlier = match
        size += _literals(position - literals_from)
        length = _match_length(data, earlier + 3, position + 3, end + 9)
        size += _match(length)
        position += length
        # The compressor enters two more sequences, at the end of the match.
        for _ in range(2):
            places[_hash(_sequence(data, position))] = position
            position += 1
        literals_from = position
    return size + _literals(len(data) - literals_from)


def _next_match(data: bytes, places: list[int], position: int, end: int) -> tuple[int, int] | None:
    """Where the next sequence is that was seen before, and where it was; None if there is none before the end."""
    while True:
        sequence = _sequence(data, position)
        place = _hash(sequence)
        earlier, places[place] = places[place], position
        if position >= end:
            return None
        if position - earlier <= _FARTHEST and sequence == _sequence(data, earlier):
            return position, earlier
        position += 1


def _sequence(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 3], "little")


def _hash(sequence: int) -> int:
    return (_MULTIPLIER * sequence >> 19) & (_PLACES - 1)


def _match_length(data: bytes, earlier: int, position: int, end: int) -> int:
    """How many bytes are equal, the first that differs included; the end counts as none that does."""
    length = 0
    while position + length < end:
        length += 1
        if data[earlier + length - 1] != data[position + length - 1]:
            break
    return length


def _literals(count: int) -> int:
    whole, rest = divmod(count, _LONGEST_LITERALS)
    return whole * (_LONGEST_LITERALS + 1) + (rest + 1 if rest else 0)


def _match(length: int) -> int:
    whole, rest = divmod(length - 1, _LONGEST_MATCH)
    return 3 * whole + (3 if rest >= 6 else 2)
