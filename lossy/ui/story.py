"""What the agent did, as a story in words: events in, entries out. Pure; what it does not know it leaves out.

An entry has a key, and a later one with the same key takes its place: words while they are spoken become the whole
utterance. Times are told from the moment a turn's speech began.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from lossy.events import (
    AsrFinal,
    AsrPartial,
    Event,
    Intent,
    MicrophoneChanged,
    MicrophoneState,
    ModelDelta,
    NoteChanged,
    NoteRemoved,
    NoteStatus,
    PostingStepped,
    SpeechHeard,
    ToolResult,
    ToolStart,
    TurnChanged,
    TurnFailed,
    TurnState,
)
from lossy.timecode import format_timecode

Kind = Literal["voice", "agent", "done", "bad", "quiet"]
MAX_TURNS = 200
_MICROPHONE = {
    MicrophoneState.OPEN: "The microphone is open",
    MicrophoneState.PAUSED: "The microphone is paused",
    MicrophoneState.OFF: "The microphone is off",
    MicrophoneState.BLOCKED: "The microphone is blocked",
}
_STEPS = {
    "queued": "Waiting to be posted",
    "opening": "Opening the platform",
    "logged_in": "Signed in there",
    "posting": "Writing the comment",
    "reading_back": "Reading it back",
}
_STATUSES: dict[NoteStatus, tuple[Kind, str]] = {
    NoteStatus.CANCELLED: ("quiet", "Scratched"),
    NoteStatus.PENDING_POST: ("agent", "Queued for posting"),
    NoteStatus.POSTED: ("done", "Posted"),
    NoteStatus.FAILED: ("bad", "Posting did not work"),
    NoteStatus.NEEDS_LOGIN: ("bad", "The platform wants you to sign in"),
    NoteStatus.UNKNOWN: ("bad", "Sent, but not seen there yet"),
}


@dataclass(frozen=True)
class Entry:
    """One line: `when` is a time code or seconds since the turn began; `name` is the event's own."""

    key: str
    kind: Kind
    when: str
    text: str
    detail: str
    name: str
    category: str = ""

    def for_browser(self) -> dict[str, Any]:
        """Give its fields."""
        return asdict(self)


class Storyteller:
    """Tells the events of one session in their order; one that was told before gives the same entry again."""

    def __init__(self) -> None:
        self._began: dict[str, datetime] = {}
        self._model: dict[str, str] = {}

    def tell(self, event: Event) -> Entry | None:
        """Give the line for an event, or None where there is nothing to say."""
        return self._voice(event) or self._understanding(event) or self._work(event)

    def _voice(self, event: Event) -> Entry | None:
        match event:
            case MicrophoneChanged() if event.state in _MICROPHONE:
                text = _MICROPHONE[event.state]
                return self._line(event, f"microphone:{event.at}", "quiet", text, detail=event.reason or "")
            case SpeechHeard(edge="began"):
                return self._begin(event)
            case AsrPartial() if event.stable or event.unstable:
                words = f"{event.stable} {event.unstable}".strip()
                return self._line(event, f"{event.turn_id}:words", "voice", f"“{words}…”")
            case AsrFinal():
                engine = f"{event.engine} {event.model}, {event.decode_seconds:.2f} s"
                return self._line(event, f"{event.turn_id}:words", "voice", f"“{event.text}”", detail=engine)
        return None

    def _understanding(self, event: Event) -> Entry | None:
        match event:
            case Intent() if event.intent != "note":
                text = f"Understood: {event.intent.replace('_', ' ')}"
                return self._line(event, f"{event.turn_id}:intent", "agent", text, detail=event.fired_by)
            case ModelDelta():
                said = self._model[event.turn_id] = (self._model.get(event.turn_id, "") + event.text)[-200:]
                return self._line(event, f"{event.turn_id}:model", "agent", "Writing", detail=said)
            case TurnChanged(state=TurnState.RETRYING):
                return self._line(event, f"{event.turn_id}:retrying", "agent", "Trying once more")
            case TurnFailed():
                return self._line(event, f"{event.turn_id}:failed", "bad", event.message)
        return None

    def _work(self, event: Event) -> Entry | None:
        match event:
            case ToolStart():
                return self._line(event, f"{event.turn_id or event.note_id}:{event.tool}", "agent", _doing(event.tool))
            case ToolResult():
                key = f"{event.turn_id or event.note_id}:{event.tool}"
                kind: Kind = "done" if event.succeeded else "bad"
                text = _doing(event.tool) if event.succeeded else f"{_doing(event.tool)} did not work"
                return self._line(event, key, kind, text, detail=event.message or "")
            case PostingStepped():
                return self._line(event, f"{event.note_id}:{event.step}", "agent", _STEPS[event.step])
            case NoteRemoved():
                return self._line(event, f"{event.note_id}:removed", "quiet", "Note deleted")
            case NoteChanged():
                return self._note(event)
        return None

    def _begin(self, event: SpeechHeard) -> Entry:
        if len(self._began) > MAX_TURNS:
            self._began.pop(next(iter(self._began)))
        self._began[event.turn_id] = event.at
        at = format_timecode(event.position_seconds) if event.position_seconds is not None else ""
        return Entry(f"{event.turn_id}:speech", "voice", at, "Heard you begin", "", event.type)

    def _note(self, event: NoteChanged) -> Entry | None:
        note = event.note
        key = f"{note.id}:{note.status}"
        if note.status is NoteStatus.GHOST:
            text, sure = "Understood: a note about ", f"{note.confidence:.0%}, {note.engine}"
            return self._line(event, key, "agent", text, detail=sure, category=note.category.value)
        if note.status is NoteStatus.FIRMED:
            at = f"Saved at {format_timecode(note.start_seconds)}"
            return self._line(event, key, "done", at, detail="when you saw it")
        if note.status not in _STATUSES:
            return None
        kind, text = _STATUSES[note.status]
        return self._line(event, key, kind, text, detail=note.error or "")

    def _line(self, event: Event, key: str, kind: Kind, text: str, **more: str) -> Entry:
        return Entry(key, kind, self._since(event), text, more.get("detail", ""), event.type, more.get("category", ""))

    def _since(self, event: Event) -> str:
        turn_id = event.note.turn_id if isinstance(event, NoteChanged) else getattr(event, "turn_id", None)
        began = self._began.get(turn_id or "")
        return "" if began is None else f"+{max(0.0, (event.at - began).total_seconds()):.1f}"


_DOING = {
    "cancel": "Scratching the note before",
    "go_to": "Moving the video",
    "pause": "Pausing the video",
    "resume": "Playing the video",
    "stop_listening": "Switching the microphone off",
    "from_here": "A range begins here",
    "to_here": "The range ends here",
}


def _doing(tool: str) -> str:
    return _DOING.get(tool, tool.replace("_", " ").capitalize())
