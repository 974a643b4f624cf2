"""Run every test, as `make test` does: python -m scripts.suite [options of pytest].

The suite runs in two halves side by side, since one waits while the other works: the tests with a browser hear people
speak in real time. What the browser's half says is printed when both are over.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FINE = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main(options: list[str]) -> int:
    """Run both halves; 0 if neither failed, and there was something to run."""
    with tempfile.TemporaryFile() as said:
        browsers = subprocess.Popen(_command("browser", options), cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            ended = [subprocess.run(_command("rest", options), cwd=ROOT, check=False).returncode, browsers.wait()]
        finally:
            browsers.terminate()
            browsers.wait()
            said.seek(0)
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
    failures = [code for code in ended if code not in FINE]
    return failures[0] if failures else min(ended)


def _command(half: str, options: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "--half", half, *options]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
