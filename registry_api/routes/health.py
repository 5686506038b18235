"""Whether the process lives, whether it can answer, and what it counts: for those who run it, outside of the API."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from registry_api.answers import JSON
from registry_api.metrics import REGISTRY
from registry_api.service import Service

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def get_live() -> Response:
    """Whether the process answers at all."""
    return Response(b'{"status":"ok"}', media_type=JSON)


@router.get("/health/ready")
async def get_ready(request: Request) -> Response:
    """Whether it can answer what it is asked, part by part; 503 if not."""
    service: Service = request.app.state.service
    parts = await service.health.parts()
    is_well = all(part.problem is None for part in parts)
    body = {"status": "ok" if is_well else "failing", "parts": {part.name: part.problem or "ok" for part in parts}}
    return Response(orjson.dumps(body), 200 if is_well else 503, media_type=JSON, headers={"Cache-Control": "no-store"})


@router.get("/metrics")
async def get_metrics() -> Response:
    """What this process counts, for Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
