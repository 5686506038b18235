"""Everything that can happen in a history: a rule for each function, and for calls that have to fail.

A rule draws a call and plays it. It does nothing if there is nothing yet that it could be about.
"""

from tests.stateful.rules import administration, attacks, identity, ratings, refusals
from tests.stateful.rules.rule import RULES, Play, Rule

__all__ = ["RULES", "Play", "Rule", "administration", "attacks", "identity", "ratings", "refusals"]
