"""Notes about a range: "from here" and, later, "to here", with the remark between them or after both."""

from collections.abc import Sequence
from dataclasses import dataclass

from lossy.db.models import Turn
from lossy.inference.commands import Command, parse_command


@dataclass(frozen=True)
class OpenRange:
    """What "from here" began, as far as it got."""

    start_seconds: float
    end_seconds: float | None
    """Set once "to here" was said with no remark before it."""
    remarks: tuple[str, ...]
    """The turns since then that were no commands, oldest first."""


def open_range(said: Sequence[Turn]) -> OpenRange | None:
    """Find the range that is open after these turns, oldest first; a remark and "to here" together close it."""
    found: OpenRange | None = None
    for turn in said:
        order = parse_command(str((turn.transcript or {}).get("text", "")))
        seen = turn.seen_seconds or 0.0
        if order is not None and order.command is Command.FROM_HERE:
            found = OpenRange(seen, None, ())
        elif found is None:
            continue
        elif order is not None and order.command is Command.TO_HERE:
            found = OpenRange(found.start_seconds, seen, ()) if not found.remarks else None
        elif order is None and found.end_seconds is not None:
            found = None
        elif order is None:
            found = OpenRange(found.start_seconds, None, (*found.remarks, turn.id))
    return found
