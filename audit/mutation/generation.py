"""All mutants of the contracts, each resulting source once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from audit.mutation.compiler import Compiler
from audit.mutation.mutant import Mutant
from audit.mutation.own_operators import own_mutants
from audit.mutation.scope import mutated_files
from audit.mutation.slither_operators import Crash, slither_mutants
from audit.mutation.syntax import siblings
from audit.sources import ROOT

# No string of the contracts contains two slashes.
_LINE_COMMENT = re.compile(rb"//[^\n]*")


class Generation(NamedTuple):
    """What the operators gave.

    :ivar mutants: sorted by file and place
    :ivar sources: the files as they are
    :ivar crashes: where an operator of slither failed
    """

    mutants: list[Mutant]
    sources: dict[str, bytes]
    crashes: list[Crash]

    def list_hash(self) -> str:
        """The SHA-256 over the ids of all mutants."""
        return hashlib.sha256("\n".join(sorted(mutant.id for mutant in self.mutants)).encode()).hexdigest()


def generate(compiler: Compiler, root: Path = ROOT) -> Generation:
    """Runs all operators over all files. Where two give the same source, ours comes first: it says more exactly what
    the fault is.
    """
    sources = {file: (root / file).read_bytes() for file in mutated_files(root)}
    asts = compiler.asts({file: source.decode() for file, source in sources.items()})
    names = siblings(tree for file, tree in asts.items() if file.startswith("contracts/"))
    found = [mutant for file, source in sources.items() for mutant in own_mutants(file, asts[file], source, names)]
    from_slither, crashes = slither_mutants(asts, list(sources), root)
    return Generation(_distinct([*found, *from_slither], sources), sources, crashes)


def _distinct(mutants: list[Mutant], sources: dict[str, bytes]) -> list[Mutant]:
    """The first mutant of each resulting source, without those that change nothing but spaces and comments."""
    seen = {(file, _packed(source)) for file, source in sources.items()}
    distinct = []
    for mutant in mutants:
        result = (mutant.file, _packed(mutant.apply(sources[mutant.file])))
        if result not in seen:
            seen.add(result)
            distinct.append(mutant)
    return sorted(
        distinct, key=lambda mutant: (mutant.file, mutant.start, mutant.end, mutant.operator, mutant.replacement)
    )


def _packed(source: bytes) -> bytes:
    return b"".join(_LINE_COMMENT.sub(b"", source).split())
