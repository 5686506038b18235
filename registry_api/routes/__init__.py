"""The paths of the API."""

from __future__ import annotations

from fastapi import APIRouter

PREFIX = "/api/v1"


def new_router(*tags: str) -> APIRouter:
    """Routes whose names are their ids in the OpenAPI document."""
    return APIRouter(prefix=PREFIX, tags=[*tags], generate_unique_id_function=lambda route: route.name)
