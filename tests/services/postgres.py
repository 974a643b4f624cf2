"""A throwaway PostgreSQL, and fresh databases in it."""

import asyncio
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.services import find
from tests.services.server import as_user_of, private_folder, serving

USER = "lossy"
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"  # one that knows more letters than A to Z
INITDB_SECONDS = 120
CONNECT_SECONDS = 10
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
}

_numbers = itertools.count(1)


@contextmanager
def postgres() -> Iterator[int]:
    """Serve an empty cluster on loopback, trusting every local user, and yield its port."""
    programs = find.postgres_bin()
    if programs is None:
        raise RuntimeError("PostgreSQL is missing: `make test` installs it or says how.")
    with private_folder("postgres") as folder:
        programs = _readable(programs, folder)
        data = folder / "data"
        _initdb(programs, data, folder)
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]

        def command(port: int) -> list[str]:
            return [str(programs / "postgres"), "-D", str(data), "-p", str(port), *settings]

        with serving(command, lambda port, pid: _is_ready(data, port, pid), folder) as port:
            yield port


@contextmanager
def database(port: int, template: str = "template1") -> Iterator[str]:
    """Yield the URL of a new database, a copy of another; drop it at the end, whoever is still connected."""
    name = f"test_{next(_numbers)}"
    _execute(port, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"postgresql+asyncpg://{USER}@127.0.0.1:{port}/{name}"
    finally:
        _execute(port, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(port: int, statement: str) -> None:
    # In a thread of its own: a test with Playwright's synchronous API has a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _executed(port, statement)).result()


async def _executed(port: int, statement: str) -> None:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user=USER, database="postgres", timeout=CONNECT_SECONDS
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _initdb(programs: Path, data: Path, folder: Path) -> None:
    options = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", LOCALE, "--no-sync"]
    command = [str(programs / "initdb"), "--pgdata", str(data), *options]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INITDB_SECONDS, check=False,
        **as_user_of(folder),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stderr[-2000:]}")


def _readable(programs: Path, folder: Path) -> Path:
    """Copy a wheel's server to `folder` where its owner cannot reach it (a checkout in root's home)."""
    probe = [str(programs / "postgres"), "--version"]
    try:
        subprocess.run(probe, cwd=folder, capture_output=True, timeout=60, check=True, **as_user_of(folder))
    except (PermissionError, subprocess.CalledProcessError):
        package = programs.parent.parent
        for part in (package, package.with_name(f"{package.name}.libs")):  # found by their relative path
            shutil.copytree(part, folder / part.name, symlinks=True)
        return folder / programs.relative_to(package.parent)
    return programs


def _is_ready(data: Path, port: int, pid: int) -> bool:
    # The server writes this file itself: pid, data, start, port, sockets, address, memory, state.
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return [lines[0], lines[3]] == [str(pid), str(port)] and lines[7:] != [] and lines[7].strip() == "ready"
