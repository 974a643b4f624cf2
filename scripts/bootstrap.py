"""Make `.venv` on a machine that has nothing but Python: no pip, no ensurepip, no root.

pip comes as a wheel beside this file (checked by its hash) and reads the machine's own configuration,
so private indexes and proxies work. requirements.lock is the constraint: pip accepts no version and no
file but those it names, whatever is asked for: the program (`run`) or a dependency group of pyproject.toml.

`.venv/lossy.json` says what the environment holds. It is removed before a change and written after it,
so an interrupted run leaves none; without it, or in a moved checkout, the environment is made anew.
"""

import fcntl
import hashlib
import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = VENV / "lossy.json"
LOCK = ROOT / "requirements.lock"
PIP = ROOT / "scripts" / "pip-26.3-py3-none-any.whl"
WHOLE = {"comments"}
"""Groups that name all that they need: nothing is installed besides."""
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def main(groups: list[str]) -> None:
    """Bring `.venv` up to date for the groups named; exit with one line in words if that fails."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if groups != ["lock"] and LOCK.read_text(encoding="utf-8").partition("\n")[0] != lock_header(project):
        sys.exit("requirements.lock does not agree with pyproject.toml: run `make lock`.")
    with LOCK.open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two terminals must not make one environment
        fresh = _fresh(project)
        held = _held(fresh)
        if held is None:
            _create()
            held = []
        missing = [group for group in groups if group not in held]
        if missing:
            _install(project, missing, fresh, held)


def lock_header(project: dict[str, Any]) -> str:
    """Return the first line of the lock that was made from `project`."""
    inputs = [project["project"]["requires-python"], project["project"]["dependencies"]]
    digest = hashlib.sha256(json.dumps([*inputs, project["dependency-groups"]]).encode()).hexdigest()
    return f"# Made by `make lock` from {digest}"


def _fresh(project: dict[str, Any]) -> dict[str, str]:
    inputs = {name: project.get(name) for name in ("project", "dependency-groups", "build-system")}
    text = json.dumps(inputs, sort_keys=True).encode() + LOCK.read_bytes() + PIP_SHA256.encode()
    return {"root": str(ROOT), "inputs": hashlib.sha256(text).hexdigest()}


def _held(fresh: dict[str, str]) -> list[str] | None:
    """Return the groups that `.venv` holds in their present version, or None if it has to be made anew."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
        version = _python_version()
        usable = state["root"] == fresh["root"] and state["python"] == version
        return (list(state["groups"]) if state["inputs"] == fresh["inputs"] else []) if usable else None
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None


def _python_version() -> str:
    code = "import sys; print(sys.version)"
    found = subprocess.run([PYTHON, "-Ic", code], capture_output=True, text=True, timeout=60, check=True)
    return found.stdout.strip()


def _create() -> None:
    _say(f"making .venv with Python {sys.version.split()[0]}")
    if hashlib.sha256(PIP.read_bytes()).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP.name} is not the file it should be: check the checkout with `git status`.")
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(VENV)
    _pip(str(PIP / "pip"), ["--no-index", str(PIP)])


def _install(project: dict[str, Any], groups: list[str], fresh: dict[str, str], held: list[str]) -> None:
    _say(f"installing {' and '.join(groups)} dependencies; the first time takes half a minute or more")
    STATE.unlink(missing_ok=True)
    for options, some in (([], set(groups) - WHOLE), (["--no-deps"], set(groups) & WHOLE)):
        wanted = [wish for group in sorted(some) for wish in _wishes(project, group)]
        if wanted:
            _pip("-mpip", ["--require-hashes", "--constraint", str(LOCK), *options, *wanted])
    if "run" in groups:
        _pip("-mpip", ["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    state = {**fresh, "python": _python_version(), "groups": sorted({*held, *groups})}
    unfinished = STATE.with_suffix(".new")
    unfinished.write_text(json.dumps(state), encoding="utf-8")
    unfinished.replace(STATE)


def _wishes(project: dict[str, Any], group: str) -> list[str]:
    dependencies: dict[str, list[str]] = project["dependency-groups"]
    if group != "run":
        return dependencies[group]
    return [*project["project"]["dependencies"], *dependencies["build"]]


def _pip(pip: str, arguments: list[str]) -> None:
    # -I: a PYTHONPATH or user site of the caller has no business here. --no-user: nor has a pip.conf's "user".
    command = [str(PYTHON), "-I", pip, "install", "-qq", "--no-user", "--no-input", *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("pip could not install what requirements.lock names; its own words are above.")


def _say(line: str) -> None:
    print(f"lossy: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
