"""REST as the tests use it: the real application in process, and what it can be asked for, read off itself."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from lossy.agent.accounts import Accounts
from lossy.agent.core import Core
from lossy.agent.throttle import Throttle
from lossy.db import notes
from lossy.db.models import NoteRow
from lossy.events import Category, NoteStatus
from lossy.settings import Settings
from lossy.web.api import make_api
from lossy.web.metrics import make_metrics
from lossy.web.origin import OriginGuard
from tests.agent.people import PASSWORD, HandClock, RecordingHasher

EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
FILM = "https://example.org/film.mp4"
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/auth/register"): {"email": "new@example.org", "password": PASSWORD},
    ("POST", "/api/auth/sign-in"): {"email": "new@example.org", "password": PASSWORD},
    ("POST", "/api/auth/owner-link"): {"link": "spent"},
    ("POST", "/api/auth/password"): {"password": "another long password", "current": PASSWORD},
    ("PATCH", "/api/settings"): {"values": {"auto_pause": True}},
    ("POST", "/api/videos"): {"url": "https://example.org/theirs.mp4"},
    ("PATCH", "/api/notes/{note_id}"): {"text": "Somebody else was here"},
    ("POST", "/api/remarks"): {
        "id": "0123456789abcdef0123456789abcdef",
        "video": {"url": "https://example.org/mine.mp4"},
        "text": "x",
        "position": 0,
        "said_at": 1763900000,
    },
    ("POST", "/api/notes/{note_id}/post/decision"): {"is_there": True},
}
"""A good body for every operation that wants one."""


@dataclass(frozen=True)
class Operation:
    """A method and a path of the API, with the names of what it can be given in path and query."""

    method: str
    path: str
    parameters: tuple[str, ...]

    @property
    def body(self) -> dict[str, Any] | None:
        """A good body."""
        return BODIES.get((self.method, self.path))

    def url(self, **values: str) -> str:
        """The path with every place filled in."""
        return self.path.format_map(_Places(values))


class _Places(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "0" * 32


class Person(httpx.AsyncClient):
    """A client that is signed in."""

    token: str
    email: str
    user_id: str


class Rest:
    """One application; hashes cheaply, counts time by hand, keeps every response."""

    def __init__(self, settings: Settings, open_clients: AsyncExitStack) -> None:
        self.settings = settings
        self.core = Core(settings)
        self.clock = HandClock()
        self.hasher = RecordingHasher()
        self.accounts = Accounts(self.core.database, hasher=self.hasher, throttle=Throttle(self.clock))
        self.app = FastAPI(openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
        self.app.include_router(make_api(self.core, self.accounts))
        self.app.include_router(make_metrics(self.core))
        self.app.get("/page", include_in_schema=False)(_page)
        self.app.get("/cookie", include_in_schema=False)(_cookie)
        self.app.add_middleware(OriginGuard, settings=settings)
        self.responses: list[httpx.Response] = []
        self._open_clients = open_clients

    async def visitor(self, *, origin: str | None = "", address: str = "192.0.2.1") -> Person:
        """Open a client that is not signed in; by default it comes from a page of ours."""
        client = Person(
            transport=httpx.ASGITransport(self.app, client=(address, 50_000)),
            base_url=self.settings.origin,
            headers={"Origin": origin or self.settings.origin} if origin is not None else {},
            event_hooks={"response": [self._keep]},
        )
        return await self._open_clients.enter_async_context(client)

    async def person(self, email: str) -> Person:
        """Register somebody."""
        person = await self.visitor()
        signed_in = await self.accounts.register(email, PASSWORD, "192.0.2.1")
        person.token, person.email = signed_in.token, email
        person.headers["Authorization"] = f"Bearer {signed_in.token}"
        person.user_id = (await person.get("/api/me")).json()["id"]
        return person

    async def add_note(self, author: Person, video_id: str, text: str, **values: Any) -> str:
        """Put a firmed note on a video."""
        given: dict[str, Any] = {"status": NoteStatus.FIRMED, "category": Category.AUDIO, "start_seconds": 12.5}
        note = NoteRow(video_id=video_id, author_id=author.user_id, text=text, confidence=0.9, **{**given, **values})
        async with self.core.database.write() as db:
            return (await notes.create_note(db, note)).id

    def operations(self) -> Iterator[Operation]:
        """Every operation of the application, as it describes itself."""
        for path, methods in self.app.openapi()["paths"].items():
            for method, description in methods.items():
                names = tuple(parameter["name"] for parameter in description.get("parameters", ()))
                yield Operation(method.upper(), path, names)

    async def _keep(self, response: httpx.Response) -> None:
        self.responses.append(response)


async def _page() -> HTMLResponse:
    return HTMLResponse("<p>a page</p>")


async def _cookie(response: Response) -> str:
    response.set_cookie("crumb", "1")
    return "a cookie"


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Read status, code and message of a refusal, which has no more than these."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    return answer.status_code, body["error"]["code"], body["error"]["message"]
