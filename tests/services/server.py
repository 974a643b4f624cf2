"""Start a server as a child, wait until it answers as itself, and stop it by its pid.

Another program may take the free port first, or already listen there: `ready` has to recognise the very
process that was started, and a server that died at once is started again on another port.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

READY_SECONDS = 30.0
STOP_SECONDS = 20.0
ATTEMPTS = 5

Ready = Callable[[int, int], bool]
"""(port, pid) → whether the server with that pid answers on that port. False while it is starting."""


class Identity(TypedDict, total=False):
    """Whose rights a child gets, as `subprocess` takes them; empty: our own."""

    user: int
    group: int
    extra_groups: list[int]


@contextmanager
def serving(command: Callable[[int], list[str]], ready: Ready, folder: Path) -> Iterator[int]:
    """Run `command(port)` and yield the port; the log goes to `folder`. Fail with its tail."""
    log = folder / "server.log"
    for _ in range(ATTEMPTS):
        port = free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*_ends_with_parent(), *command(port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                **as_user_of(folder),
            )
        try:
            if _became_ready(process, port, ready):
                yield port
                return
        finally:
            _stop(process)
    message = f"no server after {ATTEMPTS} attempts:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """Yield a temporary folder, owned by an ordinary user where we are root: PostgreSQL refuses root."""
    folder = Path(tempfile.mkdtemp(prefix=f"lossy-{name}-"))
    try:
        if os.geteuid() == 0:
            user = _ordinary_user()
            os.chown(folder, user.pw_uid, user.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user_of(folder: Path) -> Identity:
    """Return what `subprocess` needs to run as the owner of `folder`."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ordinary_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("this machine has neither a user postgres nor a user nobody")


def _ends_with_parent() -> list[str]:
    # A killed test run leaves no server behind where util-linux is there; elsewhere only a normal end does.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def _became_ready(process: subprocess.Popen[bytes], port: int, ready: Ready) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if ready(port, process.pid):
            return True
        time.sleep(0.05)  # a starting server offers nothing to wait on
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown; Redis stops too
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
