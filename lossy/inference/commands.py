"""Commands by voice. A command is the whole utterance or it is not a command: "scratch that" cancels, "I would
scratch that itch earlier" is a note. Courtesies and fillers around it don't count; any other word does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lossy.inference.spoken_time import parse_spoken_time


class Command(StrEnum):
    """What the reviewer may order by voice."""

    CANCEL = "cancel"
    UNDO = "undo"
    POST = "post"
    POST_ALL = "post_all"
    PAUSE = "pause"
    RESUME = "resume"
    STOP_LISTENING = "stop_listening"
    GO_TO = "go_to"
    SAME_AS_LAST = "same_as_last"
    FROM_HERE = "from_here"
    TO_HERE = "to_here"


@dataclass(frozen=True)
class Order:
    """A command, and the words that fired it."""

    command: Command
    words: str
    seconds: int | None = None
    """Where to go."""


PHRASES: dict[Command, tuple[str, ...]] = {
    Command.CANCEL: ("(scratch|cancel|forget) (that|it|this)( one| note)?", "never ?mind( that)?"),
    Command.UNDO: ("undo( that| it| this)?", "undo (the )?last( one| note| change)?"),
    Command.POST: ("(post|publish) (that|it|this)( one| note| comment)?", "(post|publish) the (last )?(note|comment)"),
    Command.POST_ALL: (
        "(post|publish) (all|everything|them all|all of (them|it|these))",
        "(post|publish) all( of)?( the| my| these)? (notes|comments)",
    ),
    Command.PAUSE: ("pause( it| the video| the film| playback)?",),
    Command.RESUME: (
        "resume( it| the video| the film| playback)?",
        "(continue|carry on|play) (the video|the film|playback)",
    ),
    Command.STOP_LISTENING: (
        "stop (listening|recording)( now)?",
        "(turn|switch) off the (mic|microphone)",
        "(turn|switch) the (mic|microphone) off",
        "(mic|microphone) off",
    ),
    Command.SAME_AS_LAST: ("(the )?same as (the )?(last|before|previous)( one| note| time)?", "same again", "ditto"),
    Command.FROM_HERE: ("(starting )?from here( on)?",),
    Command.TO_HERE: ("(up )?(to|until|till) here",),
}
"""Each command's ways of being said, as patterns over lower-case words without punctuation."""

_GO_TO = re.compile(r"(?:go|jump|skip|seek|move|take me|bring me)(?: back| ahead| forward)? to (?P<where>.+)")
_IGNORED = re.compile(
    r"actually|ah|alright|eh|er|erm|hey|hm+|just|lossy|mm+|no|now|oh|ok|okay|please|right|so|sorry|thanks|then|"
    r"u+h+|uhm|u+m+|wait|well|yeah|yes"
)
"""Words that may stand before or after a command without changing it; never between its words."""

_PATTERNS = {command: re.compile("|".join(f"(?:{one})" for one in ways)) for command, ways in PHRASES.items()}


def parse_command(text: str) -> Order | None:
    """Return the command that the whole utterance is, or None for a note."""
    words = re.findall(r"\d+(?::\d+)+|[^\W_]+(?:'[^\W_]+)*", text.lower())
    for said in _without_courtesies(words):
        order = _order(" ".join(said))
        if order is not None:
            return order
    return None


def _order(said: str) -> Order | None:
    there = _GO_TO.fullmatch(said)
    if there is not None:
        seconds = parse_spoken_time(there["where"])
        return None if seconds is None else Order(Command.GO_TO, said, seconds)
    fired = (command for command, pattern in _PATTERNS.items() if pattern.fullmatch(said))
    return next((Order(command, said) for command in fired), None)


def _without_courtesies(words: list[str]) -> Iterable[list[str]]:
    """Give the words with courtesies at their end ("go to zero now"), then without."""
    begin, end = 0, len(words)
    while begin < end and _IGNORED.fullmatch(words[begin]):
        begin += 1
    yield words[begin:end]
    while end > begin and _IGNORED.fullmatch(words[end - 1]):
        end -= 1
        yield words[begin:end]
