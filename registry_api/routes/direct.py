"""What only reads, answered without asking the framework which route it is for: that takes as long as the answer."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from registry_api.answers import refusal
from registry_api.problems import Problem
from registry_api.routes import Route


class Direct:
    """Hands requests to the routes that read; all others go on to the framework.

    :param routes: of the application, in their order
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = [(one.path_regex.match, one) for one in routes if isinstance(one, Route) and one.reads]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            path = scope["path"]
            for match, route in self._routes:
                if (found := match(path)) is not None:
                    scope["route"] = route
                    try:
                        response: Response = await route.endpoint(Request(scope, receive), **found.groupdict())
                    except Problem as problem:
                        response = refusal(problem)
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)
