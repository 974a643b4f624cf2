"""The house's own promises: what a person can type, what CI runs, what must never be in git."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    printed = re.findall(r"^  make (\S+)", _output("make", "--no-print-directory"), re.MULTILINE)
    assert targets == set(printed)
    assert {"run", "test", "sure", "bench", "protocol"} <= targets


def test_every_target_is_phony() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_ci_makes_sure_and_then_tests() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (\w+)$", script.read_text(encoding="utf-8"), re.MULTILINE) == ["sure", "test"]


def test_no_file_in_git_names_a_package_host_or_a_path_of_somebodys_machine() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "deb.deb" + "ian.org"]
    folders = ["/" + name for name in ("root/", "work/main", "work/shared", "opt/wheels", "opt/py" + "pi")]
    forbidden = re.compile("|".join(map(re.escape, hosts + folders)))
    found = {
        f"{path}: {match[0]}"
        for path in _files_in_git()
        if (text := _text(ROOT / path)) and (match := forbidden.search(text))
    }
    assert found == set()


def test_the_lock_pins_everything_by_hash_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    unpinned = [entry for entry in entries if not re.match(r"\S+==\S+.*\\\n    --hash=sha256:", entry)]
    assert len(entries) > 50
    assert unpinned == []
    assert "://" not in lock


def _files_in_git() -> list[str]:
    return [name for name in _output("git", "ls-files", "-z").split("\0") if name]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
