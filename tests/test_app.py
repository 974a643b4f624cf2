"""The whole application, as it is served: every way in is found by asking it, and tried from the wrong places."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Message, Scope

from lossy.agent.core import Core
from lossy.app import make_app
from lossy.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
EVERY_METHOD = ("POST", "PUT", "PATCH", "DELETE")
WRONG_ORIGINS = (
    None,
    "null",
    "https://evil.example",
    "http://127.0.0.1:1",
    "chrome-extension://unknownunknownunknownunknownunkn",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"), database_url=None, redis_url=None)
    return make_app(Core(settings))


def ways_in(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (kind, path) of everything that an application serves: a method, or `websocket`."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        concrete = path.replace("{path:path}", "x").replace(":path", "").replace("{", "").replace("}", "")
        if isinstance(route, Mount):
            yield from ways_in(list(route.routes or ()), path)
            yield from ((kind, f"{concrete}/socket.io/") for kind in (*EVERY_METHOD, "websocket"))
        elif isinstance(route, WebSocketRoute):
            yield "websocket", concrete
        elif isinstance(route, Route):
            yield from ((method, concrete) for method in sorted(route.methods or ()) if method not in SAFE)


async def ask(app: FastAPI, kind: str, path: str, origin: str | None, host: str = "127.0.0.1:4000") -> tuple[str, int]:
    """Give what an application answers first: the kind of message and its status or close code."""
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope: Scope = {
        "type": "websocket" if kind == "websocket" else "http",
        "method": kind,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"EIO=4&transport=websocket",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "ws" if kind == "websocket" else "http",
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 4000),
    }
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b"{}"}

    async def send(message: Message) -> None:
        answers.append(message)

    await app(scope, receive, send)
    first: dict[str, Any] = dict(answers[0])
    return str(first["type"]), int(first.get("status", first.get("code", 0)))


async def test_the_wrong_origin_gets_in_nowhere(app: FastAPI) -> None:
    described = {
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if method.upper() not in SAFE
    }
    found = sorted({*ways_in(list(app.routes)), *described})
    websockets = {path for kind, path in found if kind == "websocket"}
    assert {"/_nicegui_ws/socket.io/", "/ws/socket.io/"} <= websockets
    assert len(described) >= 13, "the enumeration lost the routes of REST"

    accepted = []
    for kind, path in found:
        for origin in WRONG_ORIGINS:
            answer = await ask(app, kind, path, origin)
            if answer not in {("http.response.start", 403), ("websocket.close", 1008)}:
                accepted.append((kind, path, origin, answer))
    assert accepted == []


async def test_our_own_origin_is_not_refused_for_being_ours(app: FastAPI) -> None:
    kind, status = await ask(app, "POST", "/api/auth/sign-in", "http://127.0.0.1:4000")
    assert (kind, status) == ("http.response.start", 422)


async def test_a_foreign_host_name_is_not_answered(app: FastAPI) -> None:
    assert await ask(app, "GET", "/api/health", None, host="rebound.example") == ("http.response.start", 421)
