"""The example agents, and how each of them is registered (examples/)."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"

DATA_PREFIX = "data:application/json;base64,"


@dataclass(frozen=True)
class Example:
    """An agent that is not registered yet.

    :ivar slug: its file's name, without the ending
    :ivar kind: the kind of its URI: https, ipfs, data or auto
    :ivar content: the bytes of its registration file
    """

    slug: str
    kind: str
    metadata: dict[str, str]
    content: bytes

    @property
    def file(self) -> dict[str, Any]:
        """Its registration file."""
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed

    @property
    def uri(self) -> str:
        """The URI to register it with; empty for the auto URI."""
        match self.kind:
            case "https":
                return f"https://{self.slug}.example/agent.json"
            case "ipfs":
                return f"ipfs://{cid(self.content)}"
            case "data":
                return data_uri(self.content)
            case _:
                return ""


def load_examples() -> list[Example]:
    """All examples, in the order of the roster."""
    roster = json.loads((EXAMPLES / "roster.json").read_text(encoding="utf-8"))
    return [
        Example(
            slug=entry["file"],
            kind=entry["uri"],
            metadata=entry["metadata"],
            content=(EXAMPLES / "agents" / f"{entry['file']}.json").read_bytes(),
        )
        for entry in roster
    ]


def cid(content: bytes) -> str:
    """The CID of a file that fits one IPFS block: version 1, raw, sha2-256, in lower-case base32."""
    digest = hashlib.sha256(content).digest()
    return "b" + base64.b32encode(b"\x01\x55\x12\x20" + digest).decode().lower().rstrip("=")


def data_uri(content: bytes) -> str:
    """A JSON file as a URI that needs nothing but itself to be read."""
    return DATA_PREFIX + base64.b64encode(content).decode()


def read_data_uri(uri: str) -> dict[str, Any]:
    """The JSON file in a data: URI.

    :raises ValueError: if it is not one
    """
    if not uri.startswith(DATA_PREFIX):
        raise ValueError(f"not a JSON data: URI: {uri[:40]}")
    parsed: dict[str, Any] = json.loads(base64.b64decode(uri.removeprefix(DATA_PREFIX), validate=True))
    return parsed
