"""The OpenAPI document: what FastAPI makes of the routes, without what is not so, and with what it cannot know."""

from __future__ import annotations

from typing import Any

from registry_api.answers import JSON
from registry_api.problems import CODES
from registry_api.routes import responses as shown
from registry_api.routes.parameters import EXAMPLES

_AGENT = r"^((eip155:)?[0-9]{1,20}:(0x[0-9a-fA-F]{40}:)?)?[0-9]{1,78}$"
_PATH: dict[str, dict[str, Any]] = {
    "agent": {
        "description": "`<id>`, `<chain id>:<id>` or `eip155:<chain id>:<identity registry>:<id>`.",
        "schema": {"type": "string", "pattern": _AGENT},
    },
    "agent_id": {"description": "The agent's id.", "schema": {"type": "string", "pattern": "^[0-9]{1,78}$"}},
    "chain": {"description": "Id, CAIP-2 id or name.", "schema": {"type": "string", "maxLength": 64}},
}

_BODIES: dict[str, dict[str, Any]] = {
    "draft_registration": {
        "sender": EXAMPLES["owner"],
        "uri": "https://agent.example/7.json",
        "metadata": {"model": "llama"},
    },
    "draft_feedback": {"sender": EXAMPLES["client"], "value": 95, "tag1": "starred"},
    "link_payment": {"transaction": "0x" + "5b" * 32},
}
"""Examples, by operation."""

TAGS = [
    {"name": "agents", "description": "Agents, as the chain and their registration files have them."},
    {"name": "lists", "description": "What is known of one agent, a page at a time."},
    {"name": "reputation", "description": "What feedback says of an agent; see docs/reputation.md."},
    {"name": "transactions", "description": "Unsigned transactions, and links to payments; no key ever comes here."},
    {"name": "chains", "description": "What is served, and how much of it there is."},
]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The same document, complete."""
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key; see docs/operations.md."}
    }
    for operations in document["paths"].values():
        for method, operation in operations.items():
            # Who only reads may have a key, and ask more often.
            operation["security"] = [{"key": []}] if method == "post" else [{}, {"key": []}]
            # What does not fit is refused as everything else is: 400, with a code.
            operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter |= {**_PATH[parameter["name"]], "example": EXAMPLES[parameter["name"]]}
            for response in operation["responses"].values():
                _add_examples(response)
            if "requestBody" in operation:
                operation["requestBody"]["content"][JSON]["example"] = _BODIES[operation["operationId"]]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def _add_examples(response: dict[str, Any]) -> None:
    """FastAPI leaves out what is null in an example."""
    for content in response.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name == shown.ErrorResponse.__name__:
            content["examples"] = {code: {"value": _error(code)} for code in response["description"].split(", ")}
        elif name:
            content["example"] = shown.example_of(getattr(shown, name))


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": CODES[code].meaning, "details": None}}
