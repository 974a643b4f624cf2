"""Commands by voice. A command is the whole utterance or it is not a command: "scratch that" cancels, "I would
scratch that itch earlier" is a note. Courtesies and fillers around it don't count; any other word does.
"""

import re
from enum import StrEnum


class Command(StrEnum):
    """What the reviewer may order by voice."""

    CANCEL = "cancel"


PHRASES: dict[Command, frozenset[str]] = {
    Command.CANCEL: frozenset({"scratch that", "cancel that", "never mind", "nevermind"}),
}
"""Each command's ways of being said, in lower case without punctuation."""

_IGNORED = re.compile(r"actually|ah|eh|er|erm|hm+|just|mm+|no|oh|ok|okay|please|sorry|thanks|u+h+|uhm|u+m+|wait|well")
"""Words that may stand before or after a command without changing it; never between its words."""

_COMMANDS = {phrase: command for command, phrases in PHRASES.items() for phrase in phrases}


def parse_command(text: str) -> Command | None:
    """Return the command that the whole utterance is, or None for a note."""
    words = re.findall(r"[\w']+", text.lower())
    while words and _IGNORED.fullmatch(words[0]):
        words.pop(0)
    while words and _IGNORED.fullmatch(words[-1]):
        words.pop()
    return _COMMANDS.get(" ".join(words))
