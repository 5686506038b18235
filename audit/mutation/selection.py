"""Which tests judge, and in which order.

Killers come early: first the tests that killed other mutants of the same function, the most successful first; then
those of the same file; then the modules about the file, in the order below; and only for a mutant that is still alive,
all the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from audit.mutation.mutant import Mutant

SELECTED = ("tests/unit", "tests/attack", "tests/conformance")
EXCLUDED = (
    # On anvil: too slow, and their deployments are not the mutant's.
    "tests/attack/test_v10_unbounded_reads.py",
    "tests/attack/test_v11_size_limits.py",
    "tests/unit/test_demo.py",
    # About files, not about what the contracts do.
    "tests/unit/test_docs.py",
    "tests/unit/test_examples.py",
    "tests/unit/test_storage_layout.py",
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
_ALL = ("test_roles_and_pause", "test_logs")
_WIRED = ("test_tags", "test_wiring")
_LIBRARIES = ("test_libraries", *_REPUTATION, "test_tags")

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
"""How many tests of the function, and then of the file, come first."""


def first_modules(file: str) -> tuple[str, ...]:
    """The modules about a file, those that kill most first."""
    return _FIRST.get(file, _LIBRARIES)


class Killers:
    """Which tests killed how many mutants, by function and by file."""

    def __init__(self) -> None:
        self._of_function: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._of_file: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, file: str, function: str, test: str) -> None:
        """Counts one mutant that a test killed."""
        self._of_function[file, function][test] += 1
        self._of_file[file][test] += 1

    def hints(self, mutant: Mutant) -> tuple[str, ...]:
        """The likeliest killers of a mutant, the likeliest first."""
        near = self._of_function[mutant.file, mutant.function].most_common(_HINTS)
        far = self._of_file[mutant.file].most_common(_HINTS)
        return tuple(dict.fromkeys(test for test, _ in [*near, *far]))
