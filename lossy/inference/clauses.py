"""Whether words sound like all that somebody wanted to say, or like the middle of it: a cheap test, no grammar.

It decides only how long to wait for more. Taking a whole remark for a part costs half a second; taking a part for a
whole cuts a remark in two. So anything that hangs, and any bare thing without a word of doing or being, is a part.
"""

import re
from itertools import pairwise

from lossy.inference.commands import parse_command

WHOLE_SECONDS = 0.3
"""The silence that ends a remark which sounds whole…"""
PART_SECONDS = 0.95
"""…and one that does not: people pause for nearly a second in the middle of a phrase."""

_HANGING = re.compile(
    r"an?|about|also|and|any|are|as|at|be|because|been|before|being|but|by|can|could|did|do|does|every|for|from|had|has|"
    r"have|he|her|his|how|i|if|in|into|is|its?|it's|just|kind|like|maybe|might|more|most|must|my|near|no|not|of|on|or|"
    r"our|over|really|she|should|since|so|some|than|that's|the|their|then|there's|these|they|this|those|to|too|um|uh|er|"
    r"under|until|very|was|were|we|what|when|where|which|while|who|whose|why|will|with|without|would|you|your|[a-z]+n't"
)
"""Nobody ends a remark on these…"""
_THING = frozenset({"this", "these", "those", "it"})
"""…but on these after a word of doing: “fade this”."""
_NAMING = frozenset({"the", "a", "an", "my", "your", "our", "their", "its", "every"})
"""What follows these is a thing, even where it could be a word of doing: “the cut”."""
_BEFORE_THE_MAIN_CLAUSE = frozenset({"when", "if", "because", "while", "after", "before", "since", "as", "although"})
_BEING = frozenset(
    {"is", "are", "was", "were", "be", "has", "have", "had", "does", "do", "can", "could", "should", "would"}
)
_GOING_ON = frozenset({"and", "but", "or", "because", "than", "which", "of", "instead", "either"})
"""Whoever begins with these goes on with what they said before."""
_DOING = re.compile(
    r"is|are|was|were|be|it's|that's|there's|he's|she's|isn't|aren't|wasn't|looks?|sounds?|feels?|seems?|needs?|has|"
    r"have|had|should|could|can|can't|cannot|would|will|do|does|don't|doesn't|let's|want|make|makes|cut|trim|remove|"
    r"delete|drop|fix|add|move|put|replace|swap|change|turn|bring|take|lower|raise|fade|hold|show|hide|use|keep|try|"
    r"stop|start|go|get|gets|comes?|goes|starts?|ends?|appears?|disappears?|covers?|stays?|plays?|shorten|extend|tighten|"
    r"slow|speed|brighten|darken|blur|crop|zoom|mute|love|like|hate|see|hear|read|say|says|please|brings?|loses?|"
    r"drags?|works?|lingers?|flickers?|jumps?|cuts?|pause|wait|give|leave|match|skip|pull|push|check|align|continue|"
    r"[a-z]{3,}(?:ed|ing)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")  # noqa: RUF001


def sounds_whole(text: str) -> bool:
    """Whether nothing seems to be missing."""
    if parse_command(text) is not None:
        return True
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]  # noqa: RUF001
    if len(words) < 2 or text.rstrip().endswith((",", "…", "...", "-")):
        return False
    before = ("", *words)
    does = [_DOING.fullmatch(word) is not None and last not in _NAMING for last, word in pairwise(before)]
    if _HANGING.fullmatch(words[-1]) and not (words[-1] in _THING and does[-2] and words[-2] not in _BEING):
        return False
    return sum(does) > (words[0] in _BEFORE_THE_MAIN_CLAUSE)


def goes_on(text: str) -> bool:
    """Whether words that follow a remark within a moment sound like the rest of it, not like a remark of their own."""
    first = _WORD.search(text)
    return first is not None and (first[0].lower() in _GOING_ON or not sounds_whole(text))


def join_words(first: str, rest: str) -> str:
    """Put a sentence together that was taken for two."""
    rest = rest.strip()
    is_name = rest[:2].isupper() or rest.split(" ", 1)[0] == "I"
    return first.rstrip(" .…,-") + " " + (rest if is_name else rest[:1].lower() + rest[1:])


def patience_seconds(text: str) -> float:
    """Give how long a silence after these words must be to end the remark."""
    return WHOLE_SECONDS if sounds_whole(text) else PART_SECONDS
