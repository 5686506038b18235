"""Verdicts kept between runs, so that a stopped campaign goes on where it was: `.mutation/`, not committed.

A verdict holds as long as what it rests on is unchanged: the sources, after whose hash the file is named, and of the
tests the module that killed with all that it imports; all of them and the list of equivalents, if none killed.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from pathlib import Path

from audit.mutation.verdict import Outcome, Verdict
from audit.sources import ROOT, source_hash

FOLDER = ROOT / ".mutation"


def basis(verdict: Verdict, root: Path = ROOT) -> str:
    """The SHA-256 over the tests that a verdict rests on; "" if it rests on none."""
    tests = root / "tests"
    match verdict.outcome:
        case Outcome.INVALID | Outcome.SAME_CODE:
            return ""
        case Outcome.SURVIVED:
            # Fewer tests see what is listed.
            return _hash_of(root, [*sorted(tests.rglob("*.py")), root / "audit" / "mutation" / "equivalents.json"])
        case _:
            return _hash_of(root, sorted(_with_imports(root, root / verdict.test.partition("::")[0])))


def _with_imports(root: Path, module: Path) -> set[Path]:
    """A module of tests, all modules of tests that it imports, and what pytest loads with it."""
    found: set[Path] = set()
    waiting = [module, *(folder / "conftest.py" for folder in module.parents if folder.is_relative_to(root / "tests"))]
    while waiting:
        path = waiting.pop()
        if path not in found and path.exists():
            found.add(path)
            waiting += _imports(root, path)
    return found or {module}


@functools.cache
def _imports(root: Path, path: Path) -> tuple[Path, ...]:
    """The files of the modules that a module of tests may import, those of other tests."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    places = [root.joinpath(*name.split(".")) for name in names if name.partition(".")[0] == "tests"]
    return tuple(
        file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()
    )


def _hash_of(root: Path, paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


class Cache:
    """The verdicts on the mutants of the present sources, one line each in a file named after their hash.

    :ivar verdicts: the latest one, by the mutant's id
    :ivar seconds: what each added to the time of the campaign that gave it
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        folder.mkdir(exist_ok=True)
        self._path = folder / f"{source_hash()}.jsonl"
        self.verdicts: dict[str, Verdict] = {}
        self.seconds: dict[str, float] = {}
        self._bases: dict[str, str] = {}
        self._basis_of = functools.cache(basis)
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._take(row["id"], Verdict(Outcome(row["outcome"]), row["test"]), row["seconds"], row["basis"])

    def fresh(self) -> dict[str, Verdict]:
        """The verdicts that the present tests would give again."""
        return {
            name: verdict for name, verdict in self.verdicts.items() if self._bases[name] == self._basis_of(verdict)
        }

    def add(self, name: str, verdict: Verdict, seconds: float) -> None:
        """Keeps a verdict, and the seconds since the one before."""
        self._take(name, verdict, seconds, self._basis_of(verdict))
        row = {"id": name, **verdict._asdict(), "seconds": round(seconds, 3), "basis": self._bases[name]}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _take(self, name: str, verdict: Verdict, seconds: float, rests_on: str) -> None:
        self.verdicts[name], self.seconds[name], self._bases[name] = verdict, seconds, rests_on
