"""A real `lossy serve` in a process of its own, which a test may kill and start again."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import httpx

READY_SECONDS = 60
FAR = "far.localhost"
"""A name that browsers take to this machine, and that pages take for another."""


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """`lossy serve` on a data folder and port of its own, with the demo recogniser. `{port}` in a setting is that."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOSSY_")} | {
            "LOSSY_PORT": str(self.port),
            "LOSSY_DATA_DIR": str(data_dir),
            "LOSSY_STT_MODEL": "demo",
            **{name: value.replace("{port}", str(self.port)) for name, value in settings.items()},
        }
        self.lines: list[str] = []
        self._people: list[LivePerson] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread()

    def start(self) -> Self:
        """Start it and wait for its ready line."""
        command = [sys.executable, "-c", "from lossy.cli import main; main()", "serve"]
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._process = process
        ready = threading.Event()
        self.lines.clear()
        self._reader = threading.Thread(target=self._read, args=(process, ready), daemon=True)
        self._reader.start()
        if not ready.wait(READY_SECONDS) or process.poll() is not None:
            self.kill()
            raise RuntimeError("lossy serve did not get ready:\n" + "\n".join(self.lines))
        return self

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._reader.join()

    def stop(self) -> int:
        """Ask it to end, and give its exit status."""
        for person in self._people:
            person.api.close()
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._reader.join()

    @property
    def owner_link(self) -> str:
        """The link of the ready line that signs the owner in."""
        found = re.search(r"http://\S+#link=\S+", "\n".join(self.lines))
        if found is None:
            raise LookupError("no owner link was printed")
        return found.group()

    def person(self, email: str) -> "LivePerson":
        """Register somebody."""
        return self._enter("register", email)

    def sign_in(self, email: str) -> "LivePerson":
        """Sign somebody in who is registered."""
        return self._enter("sign-in", email)

    def _enter(self, how: str, email: str) -> "LivePerson":
        answer = httpx.post(
            f"{self.url}/api/auth/{how}",
            json={"email": email, "password": "correct horse battery"},
            headers={"Origin": self.url},
        )
        self._people.append(LivePerson(self.url, answer.raise_for_status().json()["token"]))
        return self._people[-1]

    def _read(self, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    self.lines.append(line.rstrip())
                    if line.startswith("Lossy is ready:"):
                        ready.set()
        ready.set()


class LiveWorker:
    """`lossy worker` beside a server, with its settings, while it is entered."""

    def __init__(self, server: LiveServer) -> None:
        self._environment = server.environment
        self.said = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "lossy", "worker"]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        try:
            self.said, _ = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


class LivePerson:
    """Somebody who is signed in, over REST."""

    def __init__(self, url: str, token: str) -> None:
        self.token = token
        headers = {"Origin": url, "Authorization": f"Bearer {token}"}
        self.api = httpx.Client(base_url=f"{url}/api", headers=headers, timeout=20)

    def open_video(self, url: str, title: str = "") -> dict[str, str]:
        """Put a video into the library and give it with its session."""
        opened: dict[str, str] = self.api.post("/videos", json={"url": url, "title": title}).raise_for_status().json()
        return opened

    def notes(self, video_id: str, status: str | None = None) -> list[dict[str, object]]:
        """List the notes of a video."""
        asked = {"video_id": video_id} | ({"status": status} if status else {})
        found: list[dict[str, object]] = self.api.get("/notes", params=asked).raise_for_status().json()["notes"]
        return found
