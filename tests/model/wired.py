"""What the two registries share that read the identity registry: the wire, tags by number, pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tests.model.chain import ModelRevert
from tests.model.identity import Identity
from tests.model.registry import Registry, Setup, check_size

Item = TypeVar("Item")


class Wired(Registry):
    """The wire, tags by number, pages."""

    MAX_PAGE_SIZE = 500
    MAX_TAG_SIZE = 128

    def __init__(self, identity: Identity, address: str, setup: Setup) -> None:
        super().__init__(identity.chain, address, setup)
        self.identity = identity
        self.tags: list[str] = []

    def get_identity_registry(self) -> str:
        return self.identity.address

    def tag_count(self) -> int:
        return len(self.tags)

    def tag_text(self, tag_id: int) -> str:
        if tag_id > len(self.tags):
            raise ModelRevert("UnknownTag", tag_id)
        return self.tags[tag_id - 1] if tag_id else ""

    def _check_tag(self, tag: str) -> None:
        check_size("tag", tag, self.MAX_TAG_SIZE)

    def _store_tag(self, tag: str) -> None:
        if tag and tag not in self.tags:
            self.tags.append(tag)

    def _page(self, items: Sequence[Item], cursor: int, limit: int) -> tuple[tuple[Item, ...], int]:
        """The items after the first `cursor`, at most `limit` of them, and the next cursor."""
        if not 1 <= limit <= self.MAX_PAGE_SIZE:
            raise ModelRevert("PageLimitOutOfRange", limit, self.MAX_PAGE_SIZE)
        end = cursor + limit
        return tuple(items[cursor:end]), end if end < len(items) else 0
