"""What the demo's speech model is taught to hear: a small language of remarks about a video, as rules.

A rule is a list of ways to say it; `{name}` in one stands for another rule. A share of the sentences, told by a hash of
their words, is never trained on, so that there is always something new to measure with. Orders and the demo's own
sentences are exempt: those are to be understood above all.
"""

import hashlib
import re
from collections.abc import Iterator
from random import Random

from lossy.demo import read_sample, read_utterances
from scripts.fixture_model.numbers import NUMBERS

HELD_OUT_ONE_IN = 8


def _ways(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


ORDERS = _ways(
    "scratch that|undo that|cancel that|save the note|post the note|delete the last note|next note|pause the video|"
    "play the video|stop recording|start recording|go back|that is all|yes post it|no cancel it|read it back|"
    "mark this frame|new note|never mind|never mind that|forget that|forget it|cancel it|scratch it|undo|undo it|"
    "undo the last note|undo the last change|post that|post it|post this|post this note|post the last note|post all|"
    "post everything|post all notes|post all of them|post all the notes|pause|pause it|pause the film|resume|"
    "resume it|resume the video|resume the film|continue the video|play the film|stop listening|stop listening now|"
    "turn off the microphone|same as last|the same as the last one|same as before|same again|from here|"
    "starting from here|from here on|to here|up to here|until here|okay scratch that|okay post it|post it please|"
    "pause please|no undo that|wait scratch that|um scratch that"
)
PRAISE = _ways(
    "i love this shot|this part is great|nice work on the ending|the pacing feels good|i like the music here|"
    "looks good to me|this works well"
)
LIKE_ORDERS = _ways(
    "i would scratch that itch earlier|never mind the noise in the background|post it after the last change|"
    "pause a bit longer before the title|the pause before the title is too long|resume the music after the cut|"
    "this is the same as the last shot|the same as last time but louder|from here the music is too loud|"
    "up to here it works well|do not post that yet|undo the crop at the end|cancel the fade at the end|"
    "please do not pause here|the note on the screen is hard to read|go back to the last color|"
    "we should post all the shots|stop the music here|continue the music until the end"
)
"""Remarks with an order's words in them."""

RULES: dict[str, tuple[str, ...]] = {
    "subject": _ways(
        "cut|transition|title|logo|music|voice over|color|shot|text|caption|audio|sound|camera|background|intro|outro|"
        "scene|frame|font|lighting|ending|speaker|product|animation|button|lower third"
    ),
    "adjective": _ways(
        "fast|slow|loud|quiet|dark|bright|warm|cool|long|short|small|big|blurry|shaky|abrupt|noisy|soft|late|early|busy"
    ),
    "comparative": _ways(
        "bigger|smaller|louder|faster|slower|brighter|darker|warmer|cooler|shorter|longer|sharper|softer"
    ),
    "place": _ways(
        "at the intro|at the start|at the end|in the middle|in this scene|in the background|here|on the left|"
        "on the right|in the first shot|in the last shot|before the cut|after the title"
    ),
    "degree": _ways("too|a bit too|a little|really|way too|so"),
    "seems": _ways("is|looks|feels|sounds"),
    "make": _ways("make|can we make|please make"),
    "change": _ways("remove|replace|trim|change|fix|move|fade|hold|crop|blur|add|cut"),
    "whither": _ways("{place}|{place}|to the left|to the right|by {under_twenty} seconds|by {under_twenty} frames"),
    "fault": _ways(
        "out of sync|cut off|hard to read|missing|not centered|out of focus|off screen|not in sync|not in focus|"
        "not loud enough|not bright enough"
    ),
    "under_ten": NUMBERS[:10],
    "from_ten": NUMBERS[10:60],
    "under_twenty": NUMBERS[:21],
    "under_sixty": NUMBERS[:60],
    "under_hundred": NUMBERS[:100],
    "minutes": ("one minute", *(f"{number} minutes" for number in NUMBERS[2:60])),
    "moment": _ways(
        "{minutes} {under_sixty} seconds|{minutes} {under_sixty}|{minutes} and {under_sixty} seconds|{minutes}|"
        "{under_sixty} seconds|{under_hundred} seconds|{under_twenty} {from_ten}|{under_sixty} oh {under_ten}"
    ),
    "go": _ways("jump to|go to|skip to|go back to"),
    "time": _ways("at {moment}"),
    "never": _ways("do not|please do not|never|we should not"),
}
"""The rules that the sentences are made of."""

KINDS: tuple[tuple[int, str], ...] = (
    (14, "the {subject} {seems} {degree} {adjective}"),
    (14, "the {subject} {place} {seems} {degree} {adjective}"),
    (7, "{subject} {seems} {degree} {adjective}"),
    (13, "{make} the {subject} {comparative}"),
    (10, "{change} the {subject} {whither}"),
    (5, "the {subject} is {fault}"),
    (6, "the {subject} should be a bit {comparative}"),
    (2, "the {subject} should be a little {comparative}"),
    (2, "the {subject} should be much {comparative}"),
    (4, "{never} {change} the {subject}"),
    (3, "{never} {change} this"),
    (2, "{never} make the {subject} {comparative}"),
    (3, "the {subject} is not {adjective} enough"),
    (3, "the {subject} {seems} {degree} {adjective} and the {subject} is {fault}"),
    (2, "the {subject} {seems} {adjective} but the {subject} {seems} {degree} {adjective}"),
    (1, "um the {subject} {seems} {degree} {adjective}"),
    (2, "from {moment} to {moment} the {subject} {seems} {degree} {adjective}"),
)
"""Remarks with their weights."""
TIMED_ONE_IN = 6
GOES: tuple[str, ...] = (
    "{go} {moment}",
    "go back {under_hundred} seconds",
    "go forward {under_twenty} frames",
    "{moment}",
)


def sentence(random: Random, *, held_out: bool = False) -> str:
    """Make a sentence, of those that are trained on or of those that never are."""
    while True:
        said = _said(random)
        if is_held_out(said) is held_out:
            return said


def words_at_random(random: Random) -> str:
    """Make a row of words without sense, none of the sentences that are held out."""
    while True:
        said = " ".join(random.choice(VOCABULARY) for _ in range(random.randint(2, 7)))
        if not is_held_out(said):
            return said


def is_held_out(said: str) -> bool:
    """Say whether a sentence is one of those that are never trained on."""
    return said not in ALWAYS_TRAINED and hashlib.sha256(said.encode()).digest()[0] % HELD_OUT_ONE_IN == 0


def _said(random: Random) -> str:
    kind = random.random()
    if kind < 0.16:
        return random.choice(ORDERS)
    if kind < 0.21:
        return random.choice(PRAISE)
    if kind < 0.25:
        return random.choice(LIKE_ORDERS)
    if kind < 0.35:
        return expand(random.choice(GOES), random)
    remark = expand(random.choices([way for _, way in KINDS], [weight for weight, _ in KINDS])[0], random)
    if random.randrange(TIMED_ONE_IN) == 0:
        time = expand("{time}", random)
        return f"{time} {remark}" if random.random() < 0.7 else f"{remark} {time}"
    return remark


def expand(way: str, random: Random) -> str:
    """Put words for every rule that is named."""
    while "{" in way:
        way = re.sub(r"\{(\w+)\}", lambda named: random.choice(RULES[named[1]]), way)
    return way


def _all_words() -> Iterator[str]:
    ways = (*ORDERS, *PRAISE, *LIKE_ORDERS, *GOES, *(way for _, way in KINDS), *ALWAYS_TRAINED)
    for way in (*ways, *(way for rule in RULES.values() for way in rule)):
        yield from re.sub(r"\{\w+\}", " ", way).split()


ALWAYS_TRAINED = frozenset(
    (*ORDERS, *PRAISE, *(said.text for said in (*read_utterances().remarks, *read_sample().sentences)))
)
VOCABULARY = tuple(sorted(set(_all_words())))
