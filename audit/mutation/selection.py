"""Which tests judge, and in which order.

Killers come early: first the tests that killed other mutants of the same function, the most successful first; then
those that are named after the function; those that killed others in the same file; and then the modules about the file,
in the order below, each test with one set of parameters before it comes with the others. Only a mutant that is still
alive, and that nobody says is equivalent, sees all the other tests.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import NamedTuple

from audit.mutation.mutant import Mutant

SELECTED = ("tests/unit", "tests/attack", "tests/conformance", "tests/property", "tests/stateful")
EXCLUDED = (
    # On anvil: too slow, and their deployments are not the mutant's.
    "tests/attack/test_v10_unbounded_reads.py",
    "tests/attack/test_v11_size_limits.py",
    "tests/unit/test_demo.py",
    "tests/stateful/test_anvil.py",
    # About files, not about what the contracts do.
    "tests/unit/test_docs.py",
    "tests/unit/test_examples.py",
    "tests/unit/test_storage_layout.py",
    # About the checks.
    "tests/stateful/test_invariants.py",
    "tests/stateful/test_rules.py",
    # Reads the deployment's opcodes, which are the optimiser's.
    "tests/attack/test_v16_upgrade.py",
)

_IDENTITY = (
    "test_identity_registration",
    "test_identity_uri",
    "test_identity_metadata",
    "test_identity_wallet",
    "test_identity_transfer_and_approval",
    "test_identity_opt_out",
    "test_identity_constructor",
)
_REPUTATION = (
    "test_reputation_feedback",
    "test_reputation_reads",
    "test_reputation_summary",
    "test_reputation_responses",
    "test_reputation_revocation",
)
_VALIDATION = (
    "test_validation_requests",
    "test_validation_responses",
    "test_validation_reads",
    "test_validation_summary",
)
_ALL = ("test_roles_and_pause", "test_contract_callers", "test_logs")
_WIRED = ("test_tags", "test_wiring")
_LIBRARIES = ("test_libraries", "test_summary", *_REPUTATION, "test_tags")

_FIRST = {
    "contracts/IdentityRegistry.sol": (*_IDENTITY, *_ALL, "test_replay"),
    "contracts/ReputationRegistry.sol": (*_REPUTATION, *_WIRED, *_ALL),
    "contracts/ValidationRegistry.sol": (*_VALIDATION, *_WIRED, *_ALL),
    "contracts/base/RegistryBase.sol": ("test_roles_and_pause", "test_wiring", *_IDENTITY, *_VALIDATION),
    "contracts/base/WiredRegistry.sol": (*_WIRED, *_VALIDATION, *_ALL),
    "contracts/libraries/AddressSet.sol": (*_LIBRARIES, "test_validation_summary"),
    "contracts/libraries/Paging.sol": (*_LIBRARIES, "test_validation_reads"),
}

_HINTS = 12
"""How many former killers of the function, and of the file, come early."""


class Hints(NamedTuple):
    """Former killers, the most successful first."""

    of_function: tuple[str, ...]
    of_file: tuple[str, ...]


def near_tests(tests: Collection[str], mutant: Mutant, hints: Hints, *, once: bool = False) -> list[str]:
    """The tests about a mutant's file among these, in the order in which it is shown to them.

    :param once: each test with one set of parameters only
    """
    modules = {module: rank for rank, module in enumerate(_FIRST.get(mutant.file, _LIBRARIES))}
    ranked = sorted((test for test in tests if _module(test) in modules), key=lambda test: modules[_module(test)])
    first = list({_function(test): test for test in reversed(ranked)}.values())[::-1]
    named = [test for test in first if _function(test)[1].startswith(f"test_{_snake(mutant.function)}__")]
    ordered = [*hints.of_function, *named, *hints.of_file, *first, *(() if once else ranked)]
    return [test for test in dict.fromkeys(ordered) if test in tests]


def _module(test: str) -> str:
    return test.partition("::")[0].rpartition("/")[2].removesuffix(".py")


def _function(test: str) -> tuple[str, str]:
    """The module and the name of a test, without its parameters."""
    return _module(test), test.partition("::")[2].partition("[")[0]


def _snake(name: str) -> str:
    """`getAgentURI` -> `get_agent_uri`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip("_")).lower()


class Killers:
    """Which tests killed how many mutants, by function and by file."""

    def __init__(self) -> None:
        self._of_function: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._of_file: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, file: str, function: str, test: str) -> None:
        """Counts one mutant that a test killed."""
        self._of_function[file, function][test] += 1
        self._of_file[file][test] += 1

    def hints(self, mutant: Mutant) -> Hints:
        """The likeliest killers of a mutant."""
        return Hints(_best(self._of_function[mutant.file, mutant.function]), _best(self._of_file[mutant.file]))


def _best(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(test for test, _ in counts.most_common(_HINTS))
