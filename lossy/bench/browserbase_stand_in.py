"""A small server that speaks Browserbase's sessions API on loopback; each session is a Chromium of its own.

Its wire is that of the public API reference, as the SDK of version 1.22 reads it.
"""

import asyncio
import datetime
import os
import tempfile
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from lossy.automation.chromium import find_chromium
from lossy.bench.loopback import Loopback

API_KEY = "bb-stand-in-key"
LISTENING = b"DevTools listening on "


@dataclass
class RemoteSession:
    """One browser that was asked for."""

    id: str
    metadata: dict[str, Any]
    begun: str
    connect_url: str
    process: asyncio.subprocess.Process
    profile: tempfile.TemporaryDirectory[str]
    draining: asyncio.Task[bytes]
    status: str = "RUNNING"
    is_over: threading.Event = field(default_factory=threading.Event)

    def told(self) -> dict[str, Any]:
        """Give it as the API does."""
        return {
            "id": self.id, "createdAt": self.begun, "startedAt": self.begun, "updatedAt": self.begun,
            "expiresAt": self.begun, "keepAlive": False, "projectId": "project", "proxyBytes": 0,
            "region": "us-west-2", "status": self.status, "connectUrl": self.connect_url,
            "seleniumRemoteUrl": "", "signingKey": "", "userMetadata": self.metadata,
        }  # fmt: skip


@dataclass
class BrowserbaseStandIn(Loopback):
    """Serves on a loopback port of its own while it is entered."""

    refuses_with: int = 0
    """A status that it answers a new session with."""
    retry_after: str = "0.2"
    at_once: int = 100
    sessions: dict[str, RemoteSession] = field(default_factory=dict)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        routes = [
            Route("/v1/sessions", self._list, methods=["GET"]),
            Route("/v1/sessions", self._create, methods=["POST"]),
            Route("/v1/sessions/{id}", self._retrieve, methods=["GET"]),
            Route("/v1/sessions/{id}", self._update, methods=["POST"]),
            Route("/v1/sessions/{id}/debug", self._debug, methods=["GET"]),
            Route("/live/{id}", self._live_view, methods=["GET"]),
        ]
        self.listen(routes)

    @property
    def running(self) -> list[RemoteSession]:
        """The sessions that nobody ended yet."""
        return [session for session in self.sessions.values() if session.status == "RUNNING"]

    async def end(self) -> None:
        """End every session."""
        for session in self.running:
            await self._end(session)

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        asked = request.query_params.get("status")
        return JSONResponse([one.told() for one in self.sessions.values() if asked in (None, one.status)])

    async def _create(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        status = self.refuses_with or (429 if len(self.running) >= self.at_once else 0)
        if status:
            return JSONResponse({"error": "no"}, status, headers={"retry-after": self.retry_after})
        session = await self._begin((await request.json()).get("userMetadata", {}))
        self.sessions[session.id] = session
        self.most_at_once = max(self.most_at_once, len(self.running))
        return JSONResponse(session.told(), 201)

    async def _retrieve(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        session = self.sessions.get(request.path_params["id"])
        return JSONResponse(session.told()) if session else JSONResponse({"error": "not found"}, 404)

    async def _update(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        session = self.sessions.get(request.path_params["id"])
        if session is None:
            return JSONResponse({"error": "not found"}, 404)
        if (await request.json())["status"] == "REQUEST_RELEASE" and session.status == "RUNNING":
            await self._end(session)
        return JSONResponse(session.told())

    async def _debug(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        session = self.sessions.get(request.path_params["id"])
        if session is None:
            return JSONResponse({"error": "not found"}, 404)
        seen_at = f"{self.url}/live/{session.id}"
        told = {"debuggerUrl": seen_at, "debuggerFullscreenUrl": seen_at, "wsUrl": session.connect_url, "pages": []}
        return JSONResponse(told)

    async def _live_view(self, request: Request) -> Response:
        """Stand where a person would see the session; what they do in it is done through its `connect_url`."""
        session = self.sessions.get(request.path_params["id"])
        return HTMLResponse("<!doctype html><title>Live view</title>" + (session.status if session else "gone"))

    @staticmethod
    def _refuse(request: Request) -> Response | None:
        if request.headers.get("x-bb-api-key") == API_KEY:
            return None
        return JSONResponse({"error": "unauthorized"}, 401)

    @staticmethod
    async def _begin(metadata: dict[str, Any]) -> RemoteSession:
        chromium = find_chromium()
        if chromium is None:
            raise FileNotFoundError("there is no Chromium on this machine")
        profile = tempfile.TemporaryDirectory(prefix="lossy-remote-", ignore_cleanup_errors=True)
        process = await asyncio.create_subprocess_exec(
            chromium, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile.name}",
            "--no-first-run", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "--window-size=1280,900", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        if process.stderr is None:
            raise RuntimeError("it was started without a pipe")
        async for line in process.stderr:
            if line.startswith(LISTENING):
                url = line.removeprefix(LISTENING).decode().strip()
                break
        else:
            raise RuntimeError("Chromium did not start")
        begun = datetime.datetime.now(datetime.UTC).isoformat()
        draining = asyncio.create_task(process.stderr.read())
        return RemoteSession(uuid.uuid4().hex, metadata, begun, url, process, profile, draining)

    @staticmethod
    async def _end(session: RemoteSession) -> None:
        session.status = "COMPLETED"
        session.is_over.set()
        with suppress(ProcessLookupError):
            session.process.terminate()
        await session.process.wait()
        await session.draining
        await asyncio.to_thread(session.profile.cleanup)
