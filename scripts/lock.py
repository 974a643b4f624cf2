"""Write requirements.lock with uv: every group, for every platform, with hashes, without an index's address.

Versions that still fit stay as they are. The first line carries the hash of what the lock was made from, so
that `bootstrap` can tell a stale one without the network. Run as `python -m scripts.lock`.
"""

import subprocess
import sys
import tomllib

from scripts.bootstrap import LOCK, ROOT, lock_header

UV_SECONDS = 300


def main() -> None:
    """Remake the lock in place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [part for name in project["dependency-groups"] for part in ("--group", name)]
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *groups, "--output-file", str(LOCK)),
        *("--universal", "--generate-hashes", "--no-header", "--quiet"),
    ]
    subprocess.run(command, cwd=ROOT, timeout=UV_SECONDS, check=True)
    LOCK.write_text(f"{lock_header(project)}\n{LOCK.read_text(encoding='utf-8')}", encoding="utf-8")


if __name__ == "__main__":
    main()
