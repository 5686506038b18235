"""What there is to compare with: FastAPI that returns the same bytes, and does nothing else.

They are the files that `BARE_ONE` and `BARE_PAGE` name.
"""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI, Response

_ONE, _PAGE = (Path(os.environ[name]).read_bytes() for name in ("BARE_ONE", "BARE_PAGE"))

app = FastAPI()


@app.get("/one")
async def get_one() -> Response:
    """The bytes of one agent."""
    return Response(_ONE, media_type="application/json")


@app.get("/page")
async def get_page() -> Response:
    """The bytes of a page of agents."""
    return Response(_PAGE, media_type="application/json")
