"""What there is to compare with: FastAPI that returns the same bytes, headers and all, and does nothing else.

They are in the files that `BARE_ONE` and `BARE_PAGE` name: JSON with headers and body.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import orjson
from fastapi import FastAPI, Response


class Bytes(NamedTuple):
    """What is returned."""

    body: bytes
    headers: dict[str, str]


def _read(name: str) -> Bytes:
    kept = orjson.loads(Path(os.environ[name]).read_bytes())
    return Bytes(kept["body"].encode(), kept["headers"])


_ONE, _PAGE = _read("BARE_ONE"), _read("BARE_PAGE")

app = FastAPI()


@app.get("/one")
async def get_one() -> Response:
    """The bytes of one agent."""
    return Response(_ONE.body, headers=_ONE.headers)


@app.get("/page")
async def get_page() -> Response:
    """The bytes of a page of agents."""
    return Response(_PAGE.body, headers=_PAGE.headers)
