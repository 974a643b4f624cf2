"""The gate of the whole server: who may ask, before anything else looks at the request.

A browser sends every page's requests here, also those of pages that are not ours, and names the page in `Origin`.
So whatever can change something must come from an origin that is ours: every websocket, every method that writes,
and the polling of Socket.IO, whose GETs carry events. Our Python client sends its server's own origin. The extension
speaks to `/api` and `/ws` only; its frames hold pages of ours, whose origin is ours. The Host header is checked
against DNS rebinding: a foreign name that points at this machine is not us.

Pure ASGI, so that websockets and mounted applications pass through it too.
"""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lossy.settings import Settings
from lossy.web.answers import refusal
from lossy.web.body_limit import read_limited
from lossy.web.headers import is_preflight, preflight_answer, with_headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EXTENSION_PATHS = ("/api", "/ws")
SOCKET_PATHS = ("/ws", "/_nicegui_ws")
CLOSE_POLICY = 1008
FOREIGN_ORIGIN = "This page may not talk to Lossy: its origin is not one of this server's."
NO_ORIGIN = "Say where you come from: this request needs an Origin header."
FOREIGN_HOST = "This server is not called that. Set LOSSY_PUBLIC_URL to the address people type."


class OriginGuard:
    """Lets through what comes from our origins, and dresses every answer in security headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in settings.own_hosts)
        self._own = frozenset(origin.lower() for origin in settings.own_origins)
        self._extensions = frozenset(settings.extension_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket" and (self._host_problem(scope) or self._origin_problem(scope)):
            await send({"type": "websocket.close", "code": CLOSE_POLICY})
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _only(scope, "origin")
        is_api = _below(scope["path"], ("/api",))
        readable_by = origin if is_api and origin in self._extensions else None
        send = with_headers(send, extensions=self._extensions, is_api=is_api, readable_by=readable_by)
        if problem := self._host_problem(scope):
            await refusal(HTTPStatus.MISDIRECTED_REQUEST, "foreign_host", problem)(scope, receive, send)
        elif is_preflight(scope) and readable_by is not None:
            await preflight_answer()(scope, receive, send)
        elif _needs_origin(scope) and (problem := self._origin_problem(scope)):
            await refusal(HTTPStatus.FORBIDDEN, "foreign_origin", problem)(scope, receive, send)
        elif not is_api:
            await self._app(scope, receive, send)
        elif (replay := await read_limited(scope, receive)) is None:
            too_large = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "A request may hold at most 1 MB.")
            await too_large(scope, receive, send)
        else:
            await self._app(scope, replay, send)

    def _host_problem(self, scope: Scope) -> str | None:
        host = _only(scope, "host")
        return None if host is not None and host.lower() in self._hosts else FOREIGN_HOST

    def _origin_problem(self, scope: Scope) -> str | None:
        origin = _only(scope, "origin")
        if origin is None:
            return NO_ORIGIN
        allowed = self._own | self._extensions if _below(scope["path"], EXTENSION_PATHS) else self._own
        return None if origin in allowed else FOREIGN_ORIGIN


def _needs_origin(scope: Scope) -> bool:
    return scope["method"] not in SAFE_METHODS or is_preflight(scope) or _below(scope["path"], SOCKET_PATHS)


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _only(scope: Scope, name: str) -> str | None:
    values = Headers(scope=scope).getlist(name)
    return values[0] if len(values) == 1 else None
