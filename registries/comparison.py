"""How two deployments differ: of one release on two chains, only in what belongs to the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from registries.address_config import REGISTRY_NAMES, AddressConfig

OF_THE_CHAIN = {
    "chainId",
    "chainName",
    "time",
    *(f"registries.{name}.{field}" for name in REGISTRY_NAMES for field in ("block", "transaction")),
    # The chain's id is an immutable of its EIP-712 domain.
    "registries.identity.codeHash",
}
"""What always differs."""


class Difference(NamedTuple):
    """A place where two configs differ, with both values."""

    place: str
    left: Any
    right: Any

    @property
    def is_expected(self) -> bool:
        """Whether two chains always differ there."""
        return self.place in OF_THE_CHAIN


def differences(left: AddressConfig, right: AddressConfig) -> list[Difference]:
    """All of them, in the order of the file."""
    ours, theirs = dict(_leaves(left.to_json())), dict(_leaves(right.to_json()))
    places = [*ours, *(place for place in theirs if place not in ours)]
    found = (Difference(place, ours.get(place), theirs.get(place)) for place in places)
    return [difference for difference in found if difference.left != difference.right]


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _leaves(entry, f"{place}.{key}" if place else key)
    else:
        yield place, value
