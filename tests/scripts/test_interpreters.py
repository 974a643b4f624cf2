"""`scripts/python` and `scripts/node` take what is new enough, and say in words what is missing."""

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    _program(tmp_path, "python3", "exit 127")
    _program(tmp_path, "python3.12", '[ "$1" = -c ] || echo "the good one: $*"')
    done = _run("python", tmp_path, "script.py", "run")
    assert done.stdout == "the good one: script.py run\n"


def test_no_python_new_enough_is_said_in_words(tmp_path: Path) -> None:
    _program(tmp_path, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')
    done = _run("python", tmp_path, "script.py")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr


@pytest.mark.parametrize("version", ["v20.0.0", "v24.11.1"])
def test_node_of_twenty_or_newer_is_run(tmp_path: Path, version: str) -> None:
    _program(tmp_path, "node", f'[ "$1" = --version ] && echo {version} && exit 0; echo "built $*"')
    assert _run("node", tmp_path, "build.mjs").stdout == "built build.mjs\n"


@pytest.mark.parametrize("found", ["v18.19.1", "v9.0.0", "none"])
def test_an_old_or_missing_node_is_said_in_words(tmp_path: Path, found: str) -> None:
    _program(tmp_path, "node", "exit 127" if found == "none" else f"echo {found}")
    done = _run("node", tmp_path, "build.mjs")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Node >= 20 needed, found {found}.\n"


def _program(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)


def _run(script: str, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(SCRIPTS / script), *arguments]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, timeout=30, check=False)
