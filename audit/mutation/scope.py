"""What is mutated, and through which contracts a fault in it is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from audit.mutation.compiler import FAST, FAST_IR
from audit.sources import ROOT


class Target(NamedTuple):
    """A contract that the tests deploy.

    :ivar needs_ir: whether it compiles through the IR pipeline only
    """

    name: str
    file: str
    needs_ir: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """The quickest compiler settings for it."""
        return FAST_IR if self.needs_ir else FAST


IDENTITY = Target("IdentityRegistry", "contracts/IdentityRegistry.sol")
REPUTATION = Target("ReputationRegistry", "contracts/ReputationRegistry.sol", needs_ir=True)
VALIDATION = Target("ValidationRegistry", "contracts/ValidationRegistry.sol")
LIBRARIES = Target("UnitLibraryHarness", "contracts/test/UnitLibraryHarness.sol")

TARGETS = (IDENTITY, REPUTATION, VALIDATION, LIBRARIES)

_STAGES: dict[str, tuple[tuple[Target, ...], ...]] = {
    "contracts/IdentityRegistry.sol": ((IDENTITY,),),
    "contracts/ReputationRegistry.sol": ((REPUTATION,),),
    "contracts/ValidationRegistry.sol": ((VALIDATION,),),
    "contracts/base/RegistryBase.sol": ((VALIDATION, IDENTITY), (VALIDATION, IDENTITY, REPUTATION)),
    "contracts/base/WiredRegistry.sol": ((VALIDATION,), (VALIDATION, REPUTATION)),
    "contracts/libraries/AddressSet.sol": ((LIBRARIES,), (VALIDATION, REPUTATION)),
    "contracts/libraries/ClientTotals.sol": ((LIBRARIES,), (REPUTATION,)),
    "contracts/libraries/DecimalMath.sol": ((LIBRARIES,), (REPUTATION,)),
    "contracts/libraries/PackedFeedback.sol": ((LIBRARIES,), (REPUTATION,)),
    "contracts/libraries/Paging.sol": ((LIBRARIES,), (VALIDATION, REPUTATION)),
}
_PATTERNS = ("contracts/*.sol", "contracts/base/*.sol", "contracts/libraries/*.sol")


class UnknownFileError(ValueError):
    """A Solidity file is in scope for which it is not said through which contracts it is judged."""


def mutated_files(root: Path = ROOT) -> list[str]:
    """The files that are mutated, below the project: all in scope that have code.

    :raises UnknownFileError: if `stages` does not know one of them
    """
    files = sorted(path.relative_to(root).as_posix() for pattern in _PATTERNS for path in root.glob(pattern))
    if unknown := set(files) - set(_STAGES):
        raise UnknownFileError(f"not in the table of stages: {', '.join(sorted(unknown))}")
    return files


def stages(file: str) -> tuple[tuple[Target, ...], ...]:
    """The contracts through which a fault in a file is judged, the cheapest set first, all that are deployed last."""
    return _STAGES[file]
