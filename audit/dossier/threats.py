"""The threat table with the outcome of each attack, on the weak contract and on ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.markdown import tables
from audit.sources import ROOT

THREAT_MODEL = ROOT / "docs" / "threat-model.md"
HEADER = ("Id", "Weakness", "Defence", "Tests", "Succeeds on the weak contract", "Fails on the registry")


@dataclass(frozen=True)
class Threat:
    """A row of the threat model.

    :ivar module: the module of its attack tests
    :ivar on_weak: the tests in which the attack succeeds on a weak contract, with their outcome
    :ivar on_ours: the tests in which it fails on the registry, with their outcome
    """

    id: str
    weakness: str
    defence: str
    module: str
    on_weak: dict[str, str]
    on_ours: dict[str, str]

    @property
    def weak_falls(self) -> bool:
        """Whether the attack succeeds on the weak contract, in every test of it."""
        return set(self.on_weak.values()) == {"passed"}

    @property
    def ours_holds(self) -> bool:
        """Whether it fails on the registry, in every test of it."""
        return set(self.on_ours.values()) == {"passed"}

    @property
    def is_shown(self) -> bool:
        """Whether both are shown."""
        return self.weak_falls and self.ours_holds


def threats(attacks: dict[str, dict[str, str]]) -> list[Threat]:
    """The threat model's table, joined with what became of its tests.

    :param attacks: the outcome of each test, by module
    :raises KeyError: if the table names a test that did not run
    """
    rows = tables(THREAT_MODEL.read_text(encoding="utf-8"))[HEADER]
    found = []
    for attack_id, weakness, defence, modules, succeeds, fails in rows:
        module = modules.partition("[`")[2].partition(".py`]")[0]
        on_weak, on_ours = (
            {name: attacks[module][name] for name in re.findall(r"`(test_\w+)`", cell)} for cell in (succeeds, fails)
        )
        found.append(Threat(attack_id, weakness, defence, module, on_weak, on_ours))
    return found
