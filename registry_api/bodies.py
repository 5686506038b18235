"""Bodies of requests: none that is too large is read."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry_api.answers import refusal
from registry_api.problems import Problem


class BodyLimit:
    """Refuses a body that says that it is too large, and stops reading one that turns out to be.

    The framework's own limit does so, too, but answers in words of its own.

    :param size: of a body, bytes
    """

    def __init__(self, app: ASGIApp, size: int) -> None:
        self._app, self._size = app, size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if said.isdecimal() and (len(said) > 20 or int(said) > self._size):
            problem = Problem("BODY_TOO_LARGE", f"body: {said[:20]} bytes are more than {self._size}")
            await refusal(problem)(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._size:
                raise HTTPException(413, f"body: more than {self._size} bytes")
            return message

        await self._app(scope, limited, send)
