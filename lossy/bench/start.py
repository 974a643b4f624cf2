"""From exec to the first 200 of /api/health: `lossy serve` beside a bare NiceGUI and FastAPI, in turn.

The disk is warm and the bytecode is there: each is started once before anything counts. The first start of all, which
makes the database, is a figure of its own.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lossy.bench.child import child, free_port, lossy_command, seconds_to_answer

ROUNDS = 5
GOAL_RATIO = 2.0

HELLO = """
import sys
import uvicorn
from fastapi import FastAPI
from nicegui import ui

app = FastAPI()

@app.get("/api/health")
def health() -> dict[str, str]:
    return {"status": "ok"}

@ui.page("/")
def page() -> None:
    ui.label("Hello")

ui.run_with(app)
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""


async def measure_start(rounds: int = ROUNDS) -> dict[str, Any]:
    """Start both `rounds` times, in turn, and give the medians and their ratio."""
    with _folder() as folder, _folder() as other:
        await _start_bare(other)
        await _start_lossy(other)
        first = await _start_lossy(folder)
        pairs = [(await _start_lossy(folder), await _start_bare(folder)) for _ in range(rounds)]
    lossy, bare = ([round(seconds, 2) for seconds in column] for column in zip(*pairs, strict=True))
    return {
        "lossy_seconds": {"median": statistics.median(lossy), "all": lossy},
        "bare_nicegui_and_fastapi_seconds": {"median": statistics.median(bare), "all": bare},
        "ratio": {"of_medians": round(statistics.median(lossy) / statistics.median(bare), 2), "goal": GOAL_RATIO},
        "lossy_with_a_new_database_seconds": round(first, 2),
    }


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name:
        yield Path(name)


async def _start_lossy(folder: Path) -> float:
    port = free_port()
    async with child(lossy_command(folder, port), folder) as process:
        return await seconds_to_answer(process, port, folder)


async def _start_bare(folder: Path) -> float:
    port = free_port()
    command = ["env", "-u", "PYTHONDONTWRITEBYTECODE", sys.executable, "-c", HELLO, str(port)]
    async with child(command, folder) as process:
        return await seconds_to_answer(process, port, folder)
