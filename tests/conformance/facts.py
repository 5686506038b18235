"""What this project adds to ERC-8004, and logs as the standard's facts demand them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from registries.facts import FACTS
from tests.deployment import REGISTRIES
from tests.evm import Log

HERE = Path(__file__).parent


class Additions(TypedDict):
    """Mutability of each function, by interface and signature; indexed fields of each event."""

    functions: dict[str, dict[str, str]]
    events: dict[str, list[str]]


ADDITIONS = cast(dict[str, Additions], json.loads((HERE / "additive.json").read_text()))


def types_in(signature: str) -> list[str]:
    """The types of an event's signature; no event of ours has a tuple."""
    inside = signature.partition("(")[2].removesuffix(")")
    return inside.split(",") if inside else []


def expected_log(address: str, signature: str, *values: object) -> Log:
    """The log that the facts demand, encoded without a look at any compiled contract.

    :param signature: as in the facts, or the event's name alone
    :param values: all values in the order of the signature
    """
    events = {name: facts for registry in REGISTRIES for name, facts in FACTS[registry]["events"].items()}
    signature = next(name for name in events if name == signature or name.startswith(f"{signature}("))
    facts = events[signature]
    topics = [bytes.fromhex(facts["topic0"][2:])]
    plain: list[tuple[str, object]] = []
    for name, kind, value in zip(facts["inputs"], types_in(signature), values, strict=True):
        if name not in facts["indexed"]:
            plain.append((kind, value))
        elif isinstance(value, str) and kind == "string":
            topics.append(keccak(text=value))
        else:
            topics.append(encode([kind], [value]))
    return Log(address, tuple(topics), encode([kind for kind, _ in plain], [value for _, value in plain]))
