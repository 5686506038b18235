"""Query parameters: a model checks them, and the OpenAPI document has what the model says.

FastAPI would take the model apart for each request: three times the time of all the rest of a route.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from registry_api.inputs import checked
from registry_api.problems import Problem

MAX_PARAMETERS = 100

_ADDRESS = "0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"
EXAMPLES: dict[str, Any] = {
    "active": True,
    "agent": "84532:7",
    "agent_id": "7",
    "answered": True,
    "chain": "84532",
    "client": _ADDRESS,
    "count": True,
    "current_owner": True,
    "cursor": "WyJhZ2VudF9pZCIsNyw3XQ",
    "decimals": 2,
    "domain": ["technology/software_engineering"],
    "feedback_index": 1,
    "file": "valid",
    "has_feedback": True,
    "has_validation": True,
    "id": [7, 8],
    "kind": "transfer",
    "limit": 20,
    "metadata_key": "model",
    "metadata_value": "llama",
    "min_count": 3,
    "min_score": 80.5,
    "operator": _ADDRESS,
    "order": "asc",
    "owner": _ADDRESS,
    "period": "week",
    "registered_after": "2026-01-31T12:00:00Z",
    "registered_before": "1769860800",
    "responder": _ADDRESS,
    "revoked": False,
    "service": ["MCP"],
    "skill": ["natural_language_processing/translation"],
    "sort": "-feedback",
    "tag": "starred",
    "tag1": "starred",
    "tag2": "",
    "text": "translator",
    "trust": ["reputation"],
    "trust_level": ["good", "excellent"],
    "updated_after": "2026-01-31T12:00:00Z",
    "updated_before": "1769860800",
    "validator": _ADDRESS,
    "wallet": _ADDRESS,
    "x402": True,
}
"""Of every parameter, by its name."""

Model = TypeVar("Model", bound=BaseModel)


class OnChain(BaseModel):
    """What every question about a chain may have."""

    model_config = ConfigDict(extra="forbid")

    chain: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="Id, CAIP-2 id or name; without it, the first chain that is served.", examples=["84532"]
    )


def query(request: Request, model: type[Model]) -> tuple[Model, str | None]:
    """The query parameters of a request, and the chain that they name.

    :raises Problem: INVALID_VALUE, INVALID_ADDRESS
    """
    text = request.scope["query_string"]
    if not text:
        return _without_any(model), None
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Problem("INVALID_VALUE", f"query: not UTF-8, or more than {MAX_PARAMETERS} parameters") from None
    lists = _lists(model)
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Problem("INVALID_VALUE", f"{name[:60]}: is given more than once")
        else:
            given[name] = value
    chain = given.pop("chain", None)
    return (checked(model, given) if given else _without_any(model)), chain


@cache
def _without_any(model: type[Model]) -> Model:
    return checked(model, {})


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if get_origin(field.annotation) is list)


def documented(*models: type[BaseModel]) -> dict[str, Any]:
    """Query parameters for the OpenAPI document."""
    return {"parameters": [one for model in models for one in _parameters(model)]}


def _parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    definitions, required = schema.get("$defs", {}), schema.get("required", [])
    return [
        _parameter(name, _inlined(one, definitions), required=name in required)
        for name, one in schema["properties"].items()
    ]


def _parameter(name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    description = schema.pop("description", "")
    schema.pop("title", None)
    if schema.get("default", ...) is None:
        del schema["default"]
    choices = [one for one in schema.pop("anyOf", []) if one.get("type") != "null"]
    if choices:
        schema = {**choices[0], **schema}
    for said in ("description", "examples"):
        schema.pop(said, None)
    if schema.get("format") == "date-time":
        schema = {"anyOf": [schema, {"type": "string", "pattern": "^[0-9]{1,10}$"}]}
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema,
        "example": EXAMPLES[name],
    }


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        target = {
            name: value for name, value in definitions[schema["$ref"].rsplit("/", 1)[1]].items() if name != "title"
        }
        return _inlined({**target, **rest}, definitions)
    return {name: _inlined(value, definitions) for name, value in schema.items()}
