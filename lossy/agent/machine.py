"""The two state machines of a session, as literal tables, and the pure step over them.

A *microphone* belongs to a session; a *turn* is one utterance on its way to a note. `step` knows nothing of time,
audio or storage: it gives the next state and the effects that the session has to carry out, or refuses. A refused
input changes nothing: a late duplicate must not kill a recording.

The diagram in the README is printed from these tables by `mermaid()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lossy.errors import Conflict
from lossy.events import MicrophoneState, TurnState


class Refused(Conflict):
    """The table does not allow this input in this state."""

    code = "not_now"


class TurnInput(StrEnum):
    """What can happen to a turn."""

    BEGIN = "begin"
    PAUSE = "pause"
    RESUME = "resume"
    SPEECH_ENDED = "speech_ended"
    STOP = "stop"
    STOP_EMPTY = "stop_empty"
    LIMIT_REACHED = "limit_reached"
    DEVICE_LOST = "device_lost"
    NOTHING_HEARD = "nothing_heard"
    CANCEL = "cancel"
    TRANSCRIPT = "transcript"
    NO_WORDS = "no_words"
    GOES_ON = "goes_on"
    """What was taken for the whole of it was the first part: here is the rest…"""
    JOINED = "joined"
    """…which is no remark of its own."""
    COMMAND = "command"
    NOTE = "note"
    CONFIRM = "confirm"
    POST = "post"
    TOOL_DONE = "tool_done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FATAL = "fatal"
    BACKOFF_OVER = "backoff_over"
    ATTEMPTS_SPENT = "attempts_spent"
    TIMEOUT = "timeout"
    ACKNOWLEDGE = "acknowledge"
    RETRY = "retry"


class Effect(StrEnum):
    """What the session has to do because a turn moved."""

    TRANSCRIBE = "transcribe"
    STRUCTURE = "structure"
    STRUCTURE_BY_RULES = "structure_by_rules"
    OFFER_NOTE = "offer_note"
    FIRM_NOTE = "firm_note"
    WITHDRAW = "withdraw"
    RUN_TOOL = "run_tool"
    BACK_OFF = "back_off"
    REPORT_FAILURE = "report_failure"
    RESUME_ORIGIN = "resume_origin"
    LET_GO = "let_go"


@dataclass(frozen=True)
class Rule:
    """Where an input leads, and with what effects. `to` None means: back to where `retrying` was entered from."""

    to: TurnState | None
    effects: tuple[Effect, ...] = ()


_T, _I, _E = TurnState, TurnInput, Effect
_CANCEL = Rule(_T.CANCELLING, (_E.WITHDRAW,))
_RETRYING = Rule(_T.RETRYING, (_E.BACK_OFF,))
_ERROR = Rule(_T.ERROR, (_E.REPORT_FAILURE,))
_GONE = Rule(_T.IDLE, (_E.LET_GO,))
_TRANSCRIBE = Rule(_T.TRANSCRIBING, (_E.TRANSCRIBE,))

TURN_TABLE: Mapping[tuple[TurnState, TurnInput], Rule] = {
    (_T.IDLE, _I.BEGIN): Rule(_T.LISTENING),
    (_T.LISTENING, _I.PAUSE): Rule(_T.PAUSED),
    (_T.LISTENING, _I.SPEECH_ENDED): _TRANSCRIBE,
    (_T.LISTENING, _I.STOP): _TRANSCRIBE,
    (_T.LISTENING, _I.LIMIT_REACHED): _TRANSCRIBE,
    (_T.LISTENING, _I.DEVICE_LOST): _TRANSCRIBE,
    (_T.LISTENING, _I.TIMEOUT): _TRANSCRIBE,
    (_T.LISTENING, _I.STOP_EMPTY): _GONE,
    (_T.LISTENING, _I.NOTHING_HEARD): _GONE,
    (_T.LISTENING, _I.CANCEL): _CANCEL,
    (_T.LISTENING, _I.FATAL): _ERROR,
    (_T.PAUSED, _I.RESUME): Rule(_T.LISTENING),
    (_T.PAUSED, _I.STOP): _TRANSCRIBE,
    (_T.PAUSED, _I.DEVICE_LOST): _TRANSCRIBE,
    (_T.PAUSED, _I.TIMEOUT): _TRANSCRIBE,
    (_T.PAUSED, _I.STOP_EMPTY): _GONE,
    (_T.PAUSED, _I.NOTHING_HEARD): _GONE,
    (_T.PAUSED, _I.CANCEL): _CANCEL,
    (_T.PAUSED, _I.FATAL): _ERROR,
    (_T.TRANSCRIBING, _I.TRANSCRIPT): Rule(_T.STRUCTURING, (_E.STRUCTURE,)),
    (_T.TRANSCRIBING, _I.NO_WORDS): _GONE,
    (_T.TRANSCRIBING, _I.COMMAND): Rule(_T.EXECUTING_TOOL, (_E.RUN_TOOL,)),
    (_T.TRANSCRIBING, _I.JOINED): _GONE,
    (_T.TRANSCRIBING, _I.FAILED): _RETRYING,
    (_T.TRANSCRIBING, _I.TIMEOUT): _RETRYING,
    (_T.TRANSCRIBING, _I.CANCEL): _CANCEL,
    (_T.TRANSCRIBING, _I.FATAL): _ERROR,
    (_T.STRUCTURING, _I.NOTE): Rule(_T.CONFIRMING, (_E.OFFER_NOTE,)),
    (_T.STRUCTURING, _I.GOES_ON): Rule(_T.STRUCTURING, (_E.STRUCTURE,)),
    (_T.STRUCTURING, _I.FAILED): _RETRYING,
    (_T.STRUCTURING, _I.TIMEOUT): Rule(_T.STRUCTURING, (_E.STRUCTURE_BY_RULES,)),
    (_T.STRUCTURING, _I.CANCEL): _CANCEL,
    (_T.STRUCTURING, _I.FATAL): _ERROR,
    (_T.CONFIRMING, _I.CONFIRM): Rule(_T.IDLE, (_E.FIRM_NOTE, _E.LET_GO)),
    (_T.CONFIRMING, _I.TIMEOUT): Rule(_T.IDLE, (_E.FIRM_NOTE, _E.LET_GO)),
    (_T.CONFIRMING, _I.POST): Rule(_T.EXECUTING_TOOL, (_E.FIRM_NOTE, _E.RUN_TOOL)),
    (_T.CONFIRMING, _I.GOES_ON): Rule(_T.STRUCTURING, (_E.STRUCTURE,)),
    (_T.CONFIRMING, _I.CANCEL): _CANCEL,
    (_T.CONFIRMING, _I.FATAL): _ERROR,
    (_T.EXECUTING_TOOL, _I.TOOL_DONE): _GONE,
    (_T.EXECUTING_TOOL, _I.FAILED): _RETRYING,
    (_T.EXECUTING_TOOL, _I.TIMEOUT): _RETRYING,
    (_T.EXECUTING_TOOL, _I.FATAL): _ERROR,
    (_T.CANCELLING, _I.CANCELLED): _GONE,
    (_T.CANCELLING, _I.TIMEOUT): _ERROR,
    (_T.CANCELLING, _I.FATAL): _ERROR,
    (_T.RETRYING, _I.TRANSCRIPT): Rule(_T.STRUCTURING, (_E.STRUCTURE,)),
    (_T.RETRYING, _I.NO_WORDS): _GONE,
    (_T.RETRYING, _I.JOINED): _GONE,
    (_T.RETRYING, _I.COMMAND): Rule(_T.EXECUTING_TOOL, (_E.RUN_TOOL,)),
    (_T.RETRYING, _I.BACKOFF_OVER): Rule(None, (_E.RESUME_ORIGIN,)),
    (_T.RETRYING, _I.TIMEOUT): Rule(None, (_E.RESUME_ORIGIN,)),
    (_T.RETRYING, _I.ATTEMPTS_SPENT): _ERROR,
    (_T.RETRYING, _I.CANCEL): _CANCEL,
    (_T.RETRYING, _I.FATAL): _ERROR,
    (_T.ERROR, _I.ACKNOWLEDGE): _GONE,
    (_T.ERROR, _I.RETRY): _TRANSCRIBE,
}
"""Every allowed pair; what is not here is refused."""

DEADLINE_SECONDS: Mapping[TurnState, float | None] = {
    _T.IDLE: None,
    _T.LISTENING: 75.0,
    _T.PAUSED: 15 * 60.0,
    _T.TRANSCRIBING: 30.0,
    _T.STRUCTURING: 30.0,
    _T.CONFIRMING: 3.0,
    _T.EXECUTING_TOOL: 10.0,
    _T.CANCELLING: 5.0,
    _T.RETRYING: 60.0,
    _T.ERROR: None,
}
"""How long a turn may stay in a state before `timeout`. Listening ends by its 60 s of audio; 75 s of wall clock are for
audio that stopped coming."""


def step(state: TurnState, given: TurnInput, origin: TurnState | None = None) -> tuple[TurnState, tuple[Effect, ...]]:
    """Move a turn. `origin` is where `retrying` was entered from. Raises `Refused` if the table has no such rule."""
    rule = TURN_TABLE.get((state, given))
    if rule is None:
        raise Refused(f"“{given.value}” means nothing while a turn is {state.value}.")
    if rule.to is not None:
        return rule.to, rule.effects
    if origin is None:
        raise Refused("A turn that is retrying must know where it came from.")
    return origin, rule.effects


class MicrophoneInput(StrEnum):
    """What can happen to a microphone."""

    PRESS = "press"
    AUDIO = "audio"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    BLOCK = "block"


_M, _G = MicrophoneState, MicrophoneInput
MICROPHONE_TABLE: Mapping[tuple[MicrophoneState, MicrophoneInput], MicrophoneState] = {
    (_M.OFF, _G.PRESS): _M.OPENING,
    (_M.OFF, _G.BLOCK): _M.BLOCKED,
    (_M.OPENING, _G.AUDIO): _M.OPEN,
    (_M.OPENING, _G.PAUSE): _M.PAUSED,
    (_M.OPENING, _G.CLOSE): _M.OFF,
    (_M.OPENING, _G.BLOCK): _M.BLOCKED,
    (_M.OPEN, _G.PAUSE): _M.PAUSED,
    (_M.OPEN, _G.CLOSE): _M.OFF,
    (_M.OPEN, _G.BLOCK): _M.BLOCKED,
    (_M.PAUSED, _G.RESUME): _M.OPEN,
    (_M.PAUSED, _G.CLOSE): _M.OFF,
    (_M.PAUSED, _G.BLOCK): _M.BLOCKED,
    (_M.BLOCKED, _G.PRESS): _M.OPENING,
    (_M.BLOCKED, _G.CLOSE): _M.OFF,
}
"""Every pair that changes the microphone; the others are refused."""


def step_microphone(state: MicrophoneState, given: MicrophoneInput) -> MicrophoneState:
    """Move a microphone, or raise `Refused`."""
    after = MICROPHONE_TABLE.get((state, given))
    if after is None:
        raise Refused(f"“{given.value}” means nothing while the microphone is {state.value}.")
    return after


def mermaid() -> str:
    """Print the turn table as a Mermaid state diagram, inputs between the same two states on one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, given), rule in TURN_TABLE.items():
        target = rule.to.value if rule.to is not None else "its_origin"
        arrows.setdefault((state.value, target), []).append(given.value)
    lines = [f"    {a} --> {b}: {', '.join(inputs)}" for (a, b), inputs in arrows.items()]
    return "\n".join(
        ["stateDiagram-v2", "    [*] --> idle", *lines, '    state "the state it came from" as its_origin']
    )
