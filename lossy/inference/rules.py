"""The built-in structurer: no model, no network, the same words in, the same note out.

The reviewer's words stay theirs. Only what carries nothing goes: fillers, false starts, the polite frame around an
order ("can we please make the logo bigger" is "Make the logo bigger"). Time phrases ("at two minutes ten seconds")
stay. Words that are all filler are kept as they are: an utterance never becomes an empty note.

Confidence multiplies how sure the recogniser was of the words by how clearly the lexicon spoke for one category:
from 0.5 where no term was found, towards 1 where all weight is on one side.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lossy.events import Category
from lossy.inference.checker import keeps_the_facts, shorten
from lossy.inference.lexicon import TERMS
from lossy.inference.notes import MAX_NOTE_CHARACTERS, NO_CONTEXT, NoteContext, OnDelta, StructuredNote
from lossy.inference.speech import Transcript

RULES = "rules"
"""What a note's engine is called that these rules made."""
DOUBT_WEIGHT = 0.5
"""Weight that stands for all that the lexicon does not know: one plain term alone is not certainty."""

_FILLERS = re.compile(r"(?:^|(?<=[\s,]))(?:u+m+|u+h+m*|e+rm+|er|a+h+|h+m+|m+hm|mm+)\b[,.…]*\s*", re.IGNORECASE)
_ASIDES = re.compile(r",\s*(?:you know|i mean|like|sort of|kind of|let's say)\s*,", re.IGNORECASE)
_OPENERS = re.compile(
    r"^(?:(?:okay|ok|alright|all right|yeah|yes|so|well|and|oh|hey|now|right|look|you know|i mean|i guess|i think|"
    r"i feel like|i believe|basically|actually|just a note|note)\s*[,:.…]\s*|"
    r"(?:okay|ok|alright|all right|yeah|so|and|oh|hey|you know|i mean|i guess|i think|i feel like|i believe|"
    r"basically|actually)\s+(?=(?:the|this|that|these|those|it|i|we|you|there|here|can|could|would|let's|make|please|"
    r"at|so|maybe|my|our|remove|trim|cut|fix|move|add|change|replace|fade|hold|crop|blur|use|try|put|take|turn|"
    r"bring|just|basically|actually)\b))",
    re.IGNORECASE,
)
_ORDER_FRAMES = re.compile(
    r"^(?:(?:can|could|would|will) (?:we|you|i)|(?:i(?:'d| would) like|i want|i need) (?:you )?to|let's|let us|"
    r"(?:we|you) (?:should|need to|have to|could|ought to))(?: please| maybe| just| perhaps| also)*\s+(?=[a-z])",
    re.IGNORECASE,
)
_PLEASE = re.compile(r"(?:^please,?\s+|,?\s+please(?=[.?!]*$))", re.IGNORECASE)
_STUTTER = re.compile(r"\b(the|a|an|i|it|is|to|and|in|of|we|this|at|on|for|but|was|are)(?:[\s,-]+\1\b)+", re.IGNORECASE)
_TIME_PHRASE = re.compile(
    r"\bat (?:(?:[a-z]+ ){1,3}minutes? )?(?:(?:[a-z]+|\d+) ){1,2}seconds?\b|\bat \d+:\d\d\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_LONGEST_TERM = 4
_PLACES = frozenset("in at before after during near behind since until by on".split())  # noqa: SIM905
_BETWEEN = frozenset("the this that a an our first last next second whole".split())  # noqa: SIM905
PLACE_FACTOR = 0.4
"""What a term counts that only says where: in "remove the logo after the title" the title is no matter."""


class RulesStructurer:
    """Structures by the rules of this module."""

    async def structure(
        self, transcript: Transcript, context: NoteContext = NO_CONTEXT, *, on_delta: OnDelta | None = None
    ) -> StructuredNote:
        """Return the note; `on_delta` is not called, there is nothing to wait for."""
        return structure_by_rules(transcript)


def structure_by_rules(transcript: Transcript) -> StructuredNote:
    """Return the note that the rules make, in well under a millisecond."""
    category, decisiveness = categorise(transcript.text)
    confidence = transcript.confidence * (0.5 + 0.5 * decisiveness)
    return StructuredNote(clean(transcript.text), category, min(1.0, max(0.0, confidence)), RULES)


def clean(text: str) -> str:
    """Return what was said as a note: at most 200 characters, empty only if `text` has nothing in it."""
    said = " ".join(text.split())
    bare = _STUTTER.sub(r"\1", _ASIDES.sub("", _FILLERS.sub("", said)))
    bare = _without_openers(bare.strip(" ,.;:-…"))
    order = _ORDER_FRAMES.sub("", _PLEASE.sub("", bare))
    if order != bare and _ORDER_FRAMES.match(_PLEASE.sub("", bare)):
        order = order.rstrip("?")
    kept = order.strip(" ,.;:-…")
    if not _WORD.search(kept) or not keeps_the_facts(said, kept):
        kept = said
    return shorten(kept[:1].upper() + kept[1:], MAX_NOTE_CHARACTERS)


def categorise(text: str) -> tuple[Category, float]:
    """Return the category with the most weight and its share of all weight, 0 to 1; OTHER and 0 if nothing fits."""
    scores: dict[Category, float] = {}
    for category, weight in _found(_WORD.findall(_TIME_PHRASE.sub(" ", text.lower()))):
        scores[category] = scores.get(category, 0.0) + weight
    if not scores:
        return Category.OTHER, 0.0
    category = max(scores, key=lambda each: scores[each])
    return category, scores[category] / (sum(scores.values()) + DOUBT_WEIGHT)


def _without_openers(text: str) -> str:
    while (opener := _OPENERS.match(text)) is not None:
        text = text[opener.end() :]
    return text


def _found(words: list[str]) -> Iterator[tuple[Category, float]]:
    terms = _terms()
    at = 0
    while at < len(words):
        length, hits = _longest(words, at, terms)
        factor = PLACE_FACTOR if _says_where(words, at) else 1
        yield from ((category, weight * factor) for category, weight in hits)
        at += length


def _says_where(words: list[str], at: int) -> bool:
    while at > 0 and words[at - 1] in _BETWEEN:
        at -= 1
    return at > 0 and words[at - 1] in _PLACES


def _longest(
    words: list[str], at: int, terms: dict[str, list[tuple[Category, float]]]
) -> tuple[int, list[tuple[Category, float]]]:
    for length in range(_LONGEST_TERM, 1, -1):
        hits = terms.get(" ".join(words[at : at + length]))
        if hits and at + length <= len(words):
            return length, hits
    return 1, next((terms[form] for form in _forms(words[at]) if form in terms), [])


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending in ("s", "es", "'s", "er", "r", "est", "ed", "d", "ing", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            yield stem
            if stem[-1] == stem[-2]:
                yield stem[:-1]
            if ending == "ing":
                yield stem + "e"


@lru_cache(maxsize=1)
def _terms() -> dict[str, list[tuple[Category, float]]]:
    terms: dict[str, list[tuple[Category, float]]] = {}
    for category, weights in TERMS.items():
        for weight, listed in weights.items():
            for term in listed.split(","):
                terms.setdefault(" ".join(term.split()), []).append((category, float(weight)))
    return terms
