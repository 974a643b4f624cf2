"""Build, check and test the browser extension with Node; nothing is done twice. Needs no `.venv`.

`npm ci` runs when package-lock.json is another one than last time, the build when one of its sources is. The stamps
lie in node_modules, so whoever deletes that or `dist` gets them anew. The players and the comment system that the tests
need have packages of their own: who only runs Lossy does without them.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "extension"
LOCK = EXTENSION / "package-lock.json"
BUILT = EXTENSION / "dist"
STAMP = Path("node_modules/.lossy-installed")
BUILT_FROM = EXTENSION / "node_modules" / ".lossy-built"
SOURCES = ("src", "public", "build.mjs", "manifest.json", "package-lock.json", "tsconfig.json")
PLAYERS = ROOT / "tests/e2e/players"
COMMENTS = ROOT / "tests/automation/waline"
PAGES_SOURCES = ("lossy/ui/static", "lossy/ui/theme", "lossy/video_platforms.json")
NPM_SECONDS = 600
CLICKS = f"""lossy: the extension is in {BUILT}
       To load it into Chrome: open chrome://extensions, turn on Developer mode, press Load unpacked and choose it."""


def main(steps: list[str]) -> None:
    """Take the steps named: build, players, comments, clicks, check, test, format; exit with words if one fails."""
    if subprocess.run([ROOT / "scripts/node", "--version"], stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit("lossy: the browser extension needs Node 20 or newer with npm: install it, then try again.")
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("lossy: Node is here but npm is not: install npm 10 or newer, then try again.")
    with LOCK.open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two terminals must not build one extension
        _install(npm, EXTENSION, "what builds the extension")
        for step in steps:
            if step == "build":
                _build(npm)
            elif step == "players":
                _install(npm, PLAYERS, "the players of others that the tests try it on", "--ignore-scripts")
            elif step == "comments":
                _install(npm, COMMENTS, "a comment system of others that the tests post to", "--ignore-scripts")
            elif step == "clicks":
                print(CLICKS, file=sys.stderr, flush=True)
            else:
                _npm(npm, "run", "--silent", step)


def _install(npm: str, folder: Path, what: str, *options: str) -> None:
    fresh = _digest([folder / "package-lock.json", folder / "package.json"])
    if _read(folder / STAMP) != fresh:
        _say(f"installing {what}; the first time takes half a minute or more")
        _npm(npm, "ci", "--include=dev", "--loglevel=error", *options, folder=folder)
        (folder / STAMP).write_text(fresh, encoding="utf-8")


def _build(npm: str) -> None:
    fresh = _digest(sorted(_sources()))
    if _read(BUILT_FROM) != fresh or not (BUILT / "manifest.json").exists():
        _say("building the extension")
        _npm(npm, "run", "--silent", "build")
        BUILT_FROM.write_text(fresh, encoding="utf-8")


def _sources() -> Iterator[Path]:
    for start in [*(EXTENSION / name for name in SOURCES), *(ROOT / name for name in PAGES_SOURCES)]:
        yield from (path for path in (start, *start.rglob("*")) if path.is_file())


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _npm(npm: str, *arguments: str, folder: Path = EXTENSION) -> None:
    try:
        done = subprocess.run([npm, *arguments], cwd=folder, timeout=NPM_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        sys.exit(f"lossy: npm {' '.join(arguments)} did not end in {NPM_SECONDS} s.")
    if done.returncode:
        sys.exit(f"lossy: npm {' '.join(arguments)} failed; its own words are above.")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _say(line: str) -> None:
    print(f"lossy: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
