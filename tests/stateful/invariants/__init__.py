"""What must be true of the contracts whatever the model says; in English in INVARIANTS.md."""

from tests.stateful.invariants import access, identity, liveness, reputation, validation
from tests.stateful.invariants.check import INVARIANTS, Invariant, check_deed, check_state

__all__ = [
    "INVARIANTS",
    "Invariant",
    "access",
    "check_deed",
    "check_state",
    "identity",
    "liveness",
    "reputation",
    "validation",
]
