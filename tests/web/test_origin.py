"""The gate: which origins and hosts get through, and on what."""

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from lossy.settings import Settings
from lossy.web.origin import OriginGuard
from tests.web.rest import EXTENSION, Person, Rest

FOREIGN = (
    None,
    "null",
    "https://evil.example",
    "http://127.0.0.1:4001",
    "https://127.0.0.1:4000",
    "http://127.0.0.1:4000.evil.example",
    "http://127.0.0.1:4000@evil.example",
    "http://localhost",
    "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba",
    "",
    "file://",
)
SOCKETS = ("/ws/socket.io/", "/_nicegui_ws/socket.io/", "/ws", "/_nicegui_ws", "/", "/anything/else")


class Inside:
    """An application that records what reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached.append(scope["type"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"inside"})


async def knock(settings: Settings, kind: str, path: str, *headers: tuple[str, str], method: str = "GET") -> Message:
    """Send one connection through the gate; give the first message that comes back."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope: dict[str, Any] = {"type": kind, "path": path, "method": method, "headers": raw}
    inside = Inside()
    await OriginGuard(inside, settings)(scope, receive, send)
    assert bool(inside.reached) == (sent[0].get("status", 200) == 200 and sent[0]["type"] != "websocket.close")
    return sent[0]


def came_from(origin: str | None, host: str = "127.0.0.1:4000") -> list[tuple[str, str]]:
    return [("host", host), *([("origin", origin)] if origin is not None else [])]


async def test_no_mutation_is_accepted_from_a_foreign_origin(rest: Rest, ann: Person) -> None:
    mutations = [operation for operation in rest.operations() if operation.method != "GET"]
    accepted, asked = [], 0
    for origin in FOREIGN:
        page = await rest.visitor(origin=None)
        page.headers.update({"Authorization": f"Bearer {ann.token}"})
        page.headers.update({"Origin": origin} if origin is not None else {})
        for operation in mutations:
            answer = await page.request(operation.method, operation.url(), json=operation.body)
            asked += 1
            if answer.status_code != 403 or answer.json()["error"]["code"] != "foreign_origin":
                accepted.append((origin, operation.method, operation.path, answer.status_code))
    assert accepted == []
    assert (await ann.get("/api/me")).status_code == 200
    assert len(mutations) >= 13
    print(f"foreign origins: accepted 0 of {asked} mutations")  # noqa: T201


async def test_an_unknown_method_is_a_mutation(settings: Settings) -> None:
    for method in ("PUT", "PROPFIND", "get", "CONNECT"):
        assert (await knock(settings, "http", "/", *came_from("https://evil.example"), method=method))["status"] == 403


@pytest.mark.parametrize("origin", FOREIGN)
async def test_no_websocket_is_accepted_from_a_foreign_origin(settings: Settings, origin: str | None) -> None:
    for path in SOCKETS:
        answer = await knock(settings, "websocket", path, *came_from(origin))
        assert (path, answer["type"]) == (path, "websocket.close")


async def test_our_own_pages_may_open_every_websocket(settings: Settings) -> None:
    for origin in settings.own_origins:
        for path in SOCKETS:
            answer = await knock(settings, "websocket", path, *came_from(origin))
            assert (path, answer["type"]) == (path, "websocket.accept")


async def test_the_extension_speaks_to_its_own_paths_only(settings: Settings) -> None:
    accepted = {
        path
        for path in (*SOCKETS, "/ws2/socket.io/", "/api/x", "/apiary")
        if (await knock(settings, "websocket", path, *came_from(EXTENSION)))["type"] == "websocket.accept"
    }
    assert accepted == {"/ws/socket.io/", "/ws", "/api/x"}
    assert (await knock(settings, "http", "/page", *came_from(EXTENSION), method="POST"))["status"] == 403
    assert (await knock(settings, "http", "/api/x", *came_from(EXTENSION), method="POST"))["status"] == 200


@pytest.mark.parametrize("path", ["/ws/socket.io/", "/_nicegui_ws/socket.io/"])
async def test_polling_needs_an_origin_too(settings: Settings, path: str) -> None:
    for origin in FOREIGN:
        assert (await knock(settings, "http", path, *came_from(origin)))["status"] == 403
    assert (await knock(settings, "http", path, *came_from(settings.origin)))["status"] == 200


async def test_two_origins_are_none(settings: Settings) -> None:
    headers = [*came_from(settings.origin), ("origin", "https://evil.example")]
    assert (await knock(settings, "websocket", "/ws/socket.io/", *headers))["type"] == "websocket.close"
    assert (await knock(settings, "http", "/api/x", *headers, method="POST"))["status"] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4000", "127.0.0.1", "127.0.0.1:4001", ""])
async def test_a_foreign_host_gets_nothing(settings: Settings, host: str) -> None:
    headers = came_from(settings.origin, host)
    for path in ("/", "/api/health", "/ws/socket.io/"):
        assert (await knock(settings, "http", path, *headers))["status"] == 421
        assert (await knock(settings, "websocket", path, *headers))["type"] == "websocket.close"


async def test_without_a_host_or_with_two_there_is_no_answer(settings: Settings) -> None:
    ours = ("host", "127.0.0.1:4000")
    assert (await knock(settings, "http", "/"))["status"] == 421
    assert (await knock(settings, "http", "/", ours, ours))["status"] == 421


async def test_the_refusal_of_a_host_says_what_to_set(rest: Rest) -> None:
    page = await rest.visitor()
    answer = await page.get("/api/health", headers={"Host": "review.example.org"})
    assert answer.json()["error"] == {
        "code": "foreign_host",
        "message": "This server is not called that. Set LOSSY_PUBLIC_URL to the address people type.",
    }


async def test_the_public_address_is_ours_in_any_case(settings: Settings) -> None:
    public = Settings(_env_file=None, **{**settings.model_dump(), "public_url": "https://Review.Example.org/"})
    for host in ("review.example.org", "Review.Example.org"):
        headers = came_from("https://review.example.org", host)
        assert (await knock(public, "http", "/page", *headers, method="POST"))["status"] == 200


async def test_a_page_of_ours_without_an_origin_is_shown(rest: Rest) -> None:
    assert (await (await rest.visitor(origin=None)).get("/page")).status_code == 200
