"""What a rule is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.deployment import REGISTRIES
from tests.entry_points import EntryPoint
from tests.stateful.call import Call
from tests.stateful.duel import Duel
from tests.strategies import Draw

Play = Callable[[Duel, Draw], None]
DrawCall = Callable[[Draw], Call]


class Rule(NamedTuple):
    """Something that can happen.

    :ivar weight: how often it is chosen, relative to the others
    :ivar covers: the functions that it calls whatever is drawn
    """

    name: str
    play: Play
    weight: int
    covers: tuple[EntryPoint, ...]


RULES: dict[str, Rule] = {}
CALLS: list[DrawCall] = []
"""What draws one call; an attacker's hook makes any of them."""


def rule(weight: int = 2, covers: tuple[EntryPoint, ...] = ()) -> Callable[[Play], Play]:
    """Adds a function to the rules, under its own name."""

    def add(play: Play) -> Play:
        assert play.__name__ not in RULES, play.__name__
        RULES[play.__name__] = Rule(play.__name__, play, weight, covers)
        return play

    return add


def calls(registry: str | None, signature: str, weight: int = 2) -> Callable[[DrawCall], DrawCall]:
    """Makes a rule of a function that draws a call.

    :param registry: the registry that the call is to; None for any of the three
    """
    registries = REGISTRIES if registry is None else (registry,)

    def add(draw_call: DrawCall) -> DrawCall:
        def play(duel: Duel, draw: Draw) -> None:
            duel.play(draw_call(draw))

        play.__name__, play.__doc__ = draw_call.__name__, draw_call.__doc__
        rule(weight, tuple(EntryPoint(name, signature) for name in registries))(play)
        CALLS.append(draw_call)
        return draw_call

    return add
