"""`scripts/extension.py` in a checkout of its own, with a Node and an npm that only write down what they were asked."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
NPM = """echo "$1 $3" >> "$ASKED"
[ "$1" != ci ] || mkdir -p node_modules
[ "$3" != build ] || { mkdir -p dist && touch dist/manifest.json; }
[ "$3" != check ]"""


class Checkout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.extension = folder / "extension"
        (folder / "scripts").mkdir()
        (folder / "bin").mkdir()
        (self.extension / "src").mkdir(parents=True)
        for name in ("node", "extension.py"):
            shutil.copy(SCRIPTS / name, folder / "scripts" / name)
        for name in ("package.json", "package-lock.json", "src/a.ts"):
            (self.extension / name).write_text("{}", encoding="utf-8")
        self.program("node", "echo v22.1.0")
        self.program("npm", NPM)
        for name in ("sh", "mkdir", "touch"):
            (folder / "bin" / name).symlink_to(str(shutil.which(name)))

    def program(self, name: str, body: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def take(self, *steps: str) -> list[str]:
        """Take steps, and give what npm was asked for."""
        self.asked.write_text("")
        done = self.run(*steps)
        assert done.returncode == 0, done.stderr
        return self.asked.read_text().splitlines()

    def run(self, *steps: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(self.folder / "scripts/extension.py"), *steps]
        environment = {"PATH": str(self.folder / "bin"), "ASKED": str(self.asked)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    @property
    def asked(self) -> Path:
        return self.folder / "asked"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_nothing_is_installed_or_built_twice(checkout: Checkout) -> None:
    assert checkout.take("build") == ["ci --loglevel=error", "run build"]
    assert checkout.take("build") == []


def test_players_are_installed_only_where_they_are_asked_for(checkout: Checkout) -> None:
    players = checkout.folder / "tests/e2e/players"
    players.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (players / name).write_text("{}", encoding="utf-8")
    assert checkout.take("build", "players") == ["ci --loglevel=error", "run build", "ci --loglevel=error"]
    assert checkout.take("build", "players") == []
    (players / "package-lock.json").write_text("[]", encoding="utf-8")
    assert checkout.take("build") == []
    assert checkout.take("players") == ["ci --loglevel=error"]


def test_a_changed_source_is_built_and_a_changed_lock_installed(checkout: Checkout) -> None:
    checkout.take("build")
    (checkout.extension / "src/a.ts").write_text("1", encoding="utf-8")
    assert checkout.take("build") == ["run build"]
    (checkout.extension / "package-lock.json").write_text("[]", encoding="utf-8")
    assert checkout.take("build") == ["ci --loglevel=error", "run build"]


def test_a_module_of_the_pages_is_a_source_too(checkout: Checkout) -> None:
    checkout.take("build")
    pages = checkout.folder / "lossy/ui/static"
    pages.mkdir(parents=True)
    (pages / "recorder.js").touch()
    assert checkout.take("build") == ["run build"]


def test_a_deleted_build_is_made_again(checkout: Checkout) -> None:
    checkout.take("build")
    shutil.rmtree(checkout.extension / "dist")
    assert checkout.take("build") == ["run build"]


def test_the_folder_and_the_clicks_are_said(checkout: Checkout) -> None:
    said = checkout.run("build", "clicks").stderr
    assert str(checkout.extension / "dist") in said
    assert [words for words in ("chrome://extensions", "Developer mode", "Load unpacked") if words not in said] == []


def test_a_missing_node_and_a_missing_npm_are_said_in_words(checkout: Checkout) -> None:
    (checkout.folder / "bin/npm").unlink()
    assert "Node is here but npm is not" in checkout.run("build").stderr
    (checkout.folder / "bin/node").unlink()
    refused = checkout.run("build")
    assert refused.returncode == 1
    assert "needs Node 20 or newer" in refused.stderr


def test_what_npm_could_not_do_fails(checkout: Checkout) -> None:
    refused = checkout.run("check")
    assert refused.returncode == 1
    assert "npm run --silent check failed" in refused.stderr
