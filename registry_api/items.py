"""Agents as responses have them: what was made when they changed, put together."""

from __future__ import annotations

import orjson

from registry_api.documents import token_uri
from registry_api.files import ABSENT
from registry_api.head import Head
from registry_api.lookups import Row


def item(row: Row, head: Head) -> bytes:
    """An agent, JSON.

    :param row: {registry_api.reading.AGENT_COLUMNS} and the document of its file, if it has been fetched
    """
    document: str = row["document"]
    auto_uri = None if row["own_uri"] is not None else token_uri(None, head.base_uri, row["agent_id"]) or None
    return b'%b,"auto_uri":%b,"final":%b,"file":%b}' % (
        document[:-1].encode(),
        orjson.dumps(auto_uri),
        b"true" if row["block"] <= head.final_block else b"false",
        (ABSENT[state_without_file(row, head)] if row["file"] is None else row["file"]).encode(),
    )


def state_without_file(row: Row, head: Head) -> str:
    """What can be said of an agent's registration file while none was fetched."""
    if row["own_uri"] is None:
        return "generated" if head.base_uri else "none"
    return "not_fetched" if row["own_uri"] else "none"
