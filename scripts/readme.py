"""Prints the state diagram into README.md, from the table itself. `--check` fails if it is stale."""

import sys
from pathlib import Path

from lossy.agent.machine import mermaid

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- states: printed by `make protocol` -->", "<!-- /states -->"


def with_states(text: str) -> str:
    """Return the README with today's diagram between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit("README.md has lost the marks of its state diagram.")
    return f"{before}{BEGIN}\n```mermaid\n{mermaid()}\n```\n{END}{after}"


def main() -> None:
    """Write, or check."""
    text = README.read_text(encoding="utf-8")
    fresh = with_states(text)
    if "--check" in sys.argv[1:]:
        if fresh != text:
            sys.exit("README.md's state diagram is stale: run `make protocol`.")
    else:
        README.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
