"""The house's own promises: what a person can type, what CI runs, what must never be in git."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    printed = re.findall(r"^  make (\S+)", _output("make", "--no-print-directory"), re.MULTILINE)
    assert targets == set(printed)
    assert {"run", "extension", "test", "sure", "bench", "protocol"} <= targets


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


@pytest.mark.parametrize("folder", ["extension", "tests/e2e/players", "tests/automation/waline"])
def test_npms_locks_pin_everything_by_hash_and_no_address(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 20
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_the_extensions_lock_serves_every_platform() -> None:
    packages = json.loads((ROOT / "extension/package-lock.json").read_text(encoding="utf-8"))["packages"]
    held = {name.rpartition("node_modules/")[2] for name in packages}
    wanted = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert len(wanted) > 10
    assert wanted - held == set()


def test_one_file_of_the_extension_touches_the_browsers_interface() -> None:
    sources = [name for name in _files_in_git() if name.startswith("extension/src/") and name.endswith(".ts")]
    touching = [name for name in sources if re.search(r"\bchrome\s*\.\s*[a-z]", _text(ROOT / name) or "")]
    assert touching == ["extension/src/shared/chrome-api.ts"]


def test_what_npm_and_the_build_make_is_not_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"node_modules/", "extension/dist/"} <= set(ignored)
    assert [name for name in _files_in_git() if name.startswith(("extension/dist/", "extension/node_modules/"))] == []


def _files_in_git() -> list[str]:
    return [name for name in _output("git", "ls-files", "-z").split("\0") if name]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_start_brings_nothing_that_it_can_do_without() -> None:
    heavy = ("numpy", "onnxruntime", "faster_whisper", "openai", "PIL", "sentry_sdk", "dramatiq")
    program = f"import sys, lossy.app; print([name for name in {heavy} if name in sys.modules])"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert started.stdout.strip() == "[]"
