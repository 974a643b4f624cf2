"""What a review page makes of a batch of events: pure, and many events become few changes.

The talk shows the newest turn that is not over. Events of the user's other sessions come on the same stream and are
left out here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lossy.bus import Missed
from lossy.events import (
    AsrFinal,
    AsrPartial,
    Event,
    MicrophoneChanged,
    NoteChanged,
    NoteRemoved,
    PostingStepped,
    SpeechHeard,
    ToolResult,
    TurnChanged,
    TurnFailed,
    TurnState,
)
from lossy.ui.components.note_list import Op, for_browser


@dataclass
class Heard:
    """Changes for the note list and the talk; `reload` where events were missed."""

    ops: list[Op] = field(default_factory=list)
    talk: dict[str, Any] = field(default_factory=dict)
    reload: bool = False


class Hearing:
    """Follows one session's events on one video."""

    def __init__(self, session_id: str | None, video_id: str) -> None:
        self._session_id = session_id
        self._video_id = video_id
        self._turns: dict[str, TurnState] = {}

    def take(self, batch: Iterable[Event | Missed]) -> Heard:
        """Turn a batch into changes; a note told several times in it is put once."""
        heard = Heard()
        puts: dict[str, Op] = {}
        for item in batch:
            if isinstance(item, Missed):
                heard.reload = True
            elif isinstance(item, NoteChanged) and item.video_id == self._video_id:
                puts[item.note.id] = ("put", for_browser(item.note))
            elif isinstance(item, NoteRemoved) and item.video_id == self._video_id:
                puts[item.note_id] = ("drop", item.note_id)
            elif isinstance(item, PostingStepped) and item.video_id == self._video_id:
                heard.ops.append(("step", {"note_id": item.note_id, "step": item.step}))
            elif item.session_id == self._session_id and self._session_id is not None:
                self._take_own(item, heard)
        heard.ops = [*puts.values(), *heard.ops]
        return heard

    def _take_own(self, item: Event, heard: Heard) -> None:
        match item:
            case TurnChanged():
                self._turn(item, heard)
            case AsrPartial():
                topic = item.topic.value if item.topic else None
                heard.talk |= {"stable": item.stable, "unstable": item.unstable, "topic": topic}
            case AsrFinal():
                heard.talk |= {"stable": "", "unstable": "", "words": item.text}
            case SpeechHeard(edge="began"):
                heard.talk |= {"stable": "", "unstable": "", "words": "", "message": None, "topic": None}
            case MicrophoneChanged():
                heard.talk |= {"microphone": item.state.value, "recording_id": item.recording_id}
                heard.talk |= {"message": item.reason}
            case ToolResult(succeeded=False, note_id=None):
                heard.talk |= {"message": item.message}
            case TurnFailed():
                heard.talk |= {"message": item.message, "stable": "", "unstable": "", "words": "", "topic": None}
            case _:
                pass

    def _turn(self, item: TurnChanged, heard: Heard) -> None:
        turn = {"turn_id": item.turn_id, "state": item.state.value, "deadline_seconds": item.deadline_seconds}
        heard.ops.append(("turn", turn))
        self._turns.pop(item.turn_id, None)
        if item.state is not TurnState.IDLE:
            self._turns[item.turn_id] = item.state
        newest = next(reversed(self._turns), None)
        state = self._turns[newest] if newest is not None else TurnState.IDLE
        heard.talk |= {"turn": state.value, "turn_id": newest}
        if newest is None:
            heard.talk |= {"stable": "", "unstable": "", "words": "", "topic": None}
