"""The API as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from registry_api import telemetry
from registry_api.answers import refusal
from registry_api.bodies import BodyLimit
from registry_api.config import Settings
from registry_api.front import Front
from registry_api.inputs import invalid
from registry_api.memory import Remembering
from registry_api.problems import Problem
from registry_api.routes import PREFIX, about, agents, document, drafts, health, reputation
from registry_api.routes.direct import Direct
from registry_api.service import Service
from registry_api.source import Source
from registry_api.warming import warm_up

_log = structlog.get_logger()

_DESCRIPTION = """Agents and reputations of ERC-8004 registries, as the chain has them.

Every response names the block that it is as of (`at`), and whether it is final: what is not may still be reorganised
away. Entity tags stand for the data whatever the block. What is not known is null. Integers above 2^53 are texts;
times are Unix seconds; texts from the chain and from files are anybody's and not to be trusted."""


async def _warm_up(app: _API, service: Service) -> None:
    # Nothing is remembered before the chains were seen.
    await service.seen.wait()
    for chain_id in service.sources:
        # Of the first chain, agents need not be told apart.
        prefix = "" if chain_id == service.source(None).chain_id else f"{chain_id}:"
        await warm_up(app.behind, service.reader, chain_id, service.settings.warm_up, prefix=prefix)


class _API(FastAPI):
    behind: ASGIApp
    """All but the front."""

    def build_middleware_stack(self) -> ASGIApp:
        stack = super().build_middleware_stack()

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            scope["app"] = self
            await stack(scope, receive, send)

        self.behind = behind
        # In front of what answers faults, so that these have an id and are counted, too.
        return Front(stack, self.state.service)

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
        tasks = [asyncio.create_task(service.watch())]
        if service.settings.warm_up:
            tasks.append(asyncio.create_task(_warm_up(app, service)))
        yield
        for task in tasks:
            task.cancel()
        await service.close()

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
        telemetry=telemetry.tracing(service.settings.traces_url),
    )
    app.state.service = service
    app.add_middleware(BodyLimit, size=service.settings.body_size)
    if service.settings.traces_url is None:
        # Traces are the framework's.
        app.add_middleware(Direct, routes=app.router.routes)
    app.add_middleware(Remembering, memory=service.memory)
    # Not by include_router, which takes as long to find a route as all the rest of the framework. The busiest first.
    for router in (agents.router, about.router, reputation.router, drafts.router, health.router):
        app.router.routes.extend(router.routes)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)
    return app


_BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # for the type checker
    return refusal(error)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker
    return refusal(invalid(list(error.errors())))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # for the type checker
    code = _BY_STATUS.get(error.status_code, "INVALID_VALUE")
    problem = Problem(code, f"{request.method} {request.url.path[:200]}: {error.detail}")
    return refusal(problem, list((error.headers or {}).items()))


async def _on_fault(request: Request, error: Exception) -> Response:
    _log.error("fault", path=request.url.path, exc_info=error)
    return refusal(Problem("INTERNAL_ERROR", "a fault of the API; it is in the log"))
