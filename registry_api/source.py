"""What is indexed: the registries of one chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """The registries of one chain.

    :ivar validation: None where there is none
    :ivar start_block: the first block that may have their logs
    :ivar confirmations: in how many blocks, its own included, a block has to be to be final
    :ivar is_standard: whether they have the functions of the standard only, and none of ours
    """

    chain_id: int
    name: str
    identity: str
    reputation: str
    validation: str | None
    start_block: int
    confirmations: int
    is_standard: bool = False

    @property
    def registries(self) -> dict[str, str]:
        """Their names by their addresses."""
        named = {"identity": self.identity, "reputation": self.reputation, "validation": self.validation}
        return {address: name for name, address in named.items() if address is not None}
