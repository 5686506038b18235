"""The API as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from registry_api.answers import JSON
from registry_api.bodies import BodyLimit
from registry_api.config import Settings
from registry_api.inputs import invalid
from registry_api.memory import Remembering
from registry_api.problems import Problem
from registry_api.routes import PREFIX, about, agents, document, drafts, reputation
from registry_api.service import Service
from registry_api.source import Source

_log = structlog.get_logger()

_DESCRIPTION = """Agents and reputations of ERC-8004 registries, as the chain has them.

Every response names the block that it is as of (`at`), and whether it is final: what is not may still be reorganised
away. Entity tags stand for the data whatever the block. What is not known is null. Integers above 2^53 are texts;
times are Unix seconds; texts from the chain and from files are anybody's and not to be trusted."""


class _API(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = document.complete(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings | None = None, sources: Iterable[Source] | None = None) -> FastAPI:
    """The application.

    :param settings: from the environment if None
    :param sources: what is served; None: what the settings say
    """
    service = Service(Settings() if settings is None else settings, sources)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(service.watch())
        yield
        watching.cancel()
        service.close()

    app = _API(
        title="ERC-8004 registries",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=document.TAGS,
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.add_middleware(BodyLimit, size=service.settings.body_size)
    app.add_middleware(Remembering, memory=service.memory)
    # Not by include_router, which takes as long to find a route as all the rest of the framework. The busiest first.
    for router in (agents.router, about.router, reputation.router, drafts.router):
        app.router.routes.extend(router.routes)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)
    return app


_BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}


def _said(problem: Problem, headers: dict[str, Any] | None = None) -> Response:
    return Response(orjson.dumps(problem.body()), problem.status, media_type=JSON, headers=headers)


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # for the type checker
    return _said(error, {"Retry-After": "1"} if error.status == 503 else None)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker
    return _said(invalid(list(error.errors())))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # for the type checker
    code = _BY_STATUS.get(error.status_code, "INVALID_VALUE")
    return _said(Problem(code, f"{request.method} {request.url.path[:200]}: {error.detail}"), dict(error.headers or {}))


async def _on_fault(request: Request, error: Exception) -> Response:
    _log.error("fault", path=request.url.path, exc_info=error)
    return _said(Problem("INTERNAL_ERROR", "a fault of the API; it is in the log"))
