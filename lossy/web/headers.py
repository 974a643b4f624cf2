"""Headers of every answer, and what CORS asks for: only `/api`, only the extension, and never with credentials.

There is no cookie anywhere: a cookie would be a key that the browser sends by itself, for whoever asks.
"""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Scope, Send

PREFLIGHT_SECONDS = 600


def with_headers(send: Send, *, extensions: frozenset[str], is_api: bool, readable_by: str | None) -> Send:
    """Wrap `send` so that an answer leaves with our headers; `readable_by` is the foreign origin that may read it."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            del headers["set-cookie"]
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            if headers.get("content-type", "").startswith("text/html"):
                sources = " ".join(["'self'", *sorted(extensions)])
                headers.append("Content-Security-Policy", f"frame-ancestors {sources}")
            if is_api:
                headers["Cache-Control"] = "no-store"
                headers.add_vary_header("Origin")
            if readable_by is not None:
                headers["Access-Control-Allow-Origin"] = readable_by
                headers["Access-Control-Expose-Headers"] = "Retry-After"
        await send(message)

    return dressed


def is_preflight(scope: Scope) -> bool:
    """Tell a browser's question whether a page of another origin may ask."""
    headers = Headers(scope=scope)
    return scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight_answer() -> Response:
    """Say what the extension may send."""
    return Response(
        status_code=HTTPStatus.NO_CONTENT,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
