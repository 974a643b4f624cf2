"""Servers as children of a bench: nothing of this user's settings or data reaches them."""

import asyncio
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from lossy.errors import SetupProblem
from lossy.settings import Settings

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.005


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """Serve a Lossy whose data is in `folder`, with the demo's speech model; yield its address."""
    port = free_port()
    async with child(lossy_command(folder, port), folder) as process:
        await seconds_to_answer(process, port, folder)
        yield f"http://127.0.0.1:{port}"


def lossy_command(folder: Path, port: int, module: Sequence[str] = ("lossy", "serve"), **more: str) -> list[str]:
    """Give the command that serves this Lossy with none of the user's settings, but perhaps some more."""
    settings = {"LOSSY_DATA_DIR": folder, "LOSSY_STT_MODEL": "demo", "LOSSY_PORT": port, **more}
    names = [f"LOSSY_{name.upper()}" for name in Settings.model_fields]
    unset = [part for name in (*names, "OPENAI_API_KEY", "OPENAI_BASE_URL") for part in ("-u", name)]
    given = [f"{name}={value}" for name, value in settings.items()]
    # As users have it: bytecode is kept from one start to the next.
    return ["env", *unset, "-u", "PYTHONDONTWRITEBYTECODE", *given, sys.executable, "-m", *module]


@asynccontextmanager
async def child(command: Sequence[str], folder: Path, *, is_talked_to: bool = False) -> AsyncIterator[Process]:
    """Run a program until the block ends; what it says goes to a file in `folder`, or only its errors do."""
    with (folder / "child.log").open("ab") as log:
        talk = (asyncio.subprocess.PIPE, asyncio.subprocess.PIPE) if is_talked_to else (asyncio.subprocess.DEVNULL, log)
        process = await asyncio.create_subprocess_exec(*command, stdin=talk[0], stdout=talk[1], stderr=log, cwd=folder)
    try:
        yield process
    finally:
        await _stop(process)


async def seconds_to_answer(process: Process, port: int, folder: Path) -> float:
    """Wait for the first 200 of /api/health; give the seconds since the call."""
    began = time.perf_counter()
    async with asyncio.timeout(READY_SECONDS):
        while not await _is_healthy(port):
            if process.returncode is not None:
                said = (folder / "child.log").read_text(encoding="utf-8", errors="replace")
                raise SetupProblem(f"The server to be measured did not start: {said[-300:].strip()}")
            await asyncio.sleep(LOOK_SECONDS)  # a starting server offers nothing to wait on
    return time.perf_counter() - began


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _is_healthy(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(f"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
