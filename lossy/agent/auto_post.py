"""Posts a spoken note by itself once it is kept, where its author switched that on and Lossy is sure enough of it.

The three seconds of the ghost are the time to scratch it. What was chosen is read when they are over, so switching it
off holds at once. Remarks that come whole and late were never offered as ghosts, and wait for a person's word.
"""

from typing import TYPE_CHECKING, Any

from lossy.agent.machine import TurnInput
from lossy.db import notes, posts, users
from lossy.db.engine import Db
from lossy.db.models import NoteRow, Video
from lossy.errors import LossyError
from lossy.events import NoteStatus, ToolResult, TurnState

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession
    from lossy.agent.turn import LiveTurn

WANTED = "auto_post"
ABOVE = "auto_post_above"
DEFAULT_ABOVE = 0.7
"""Of a note that is posted unasked the confidence is higher than this."""


def threshold(chosen: dict[str, Any]) -> float:
    """Give the confidence above which notes are posted unasked; the usual one for what is none."""
    above = chosen.get(ABOVE)
    is_one = isinstance(above, int | float) and not isinstance(above, bool) and 0 <= above <= 1
    return float(above) if above is not None and is_one else DEFAULT_ABOVE


async def kept(session: "AgentSession", turn: "LiveTurn", given: TurnInput) -> TurnInput:
    """Give what it means that a turn's note is kept: `post` instead, if it is to be posted by itself."""
    if turn.state is not TurnState.CONFIRMING or given not in (TurnInput.CONFIRM, TurnInput.TIMEOUT):
        return given
    async with session.faculties.database.read() as db:
        note = await notes.note_of_turn(db, turn.id)
        return TurnInput.POST if note is not None and await _is_wanted(db, note) else given


async def ask(session: "AgentSession", turn: "LiveTurn", db: Db) -> None:
    """Ask for the posting of a turn's note in the transaction that ends the turn; what is in its way is told."""
    note = await notes.note_of_turn(db, turn.id)
    if note is None or note.status is not NoteStatus.FIRMED:
        return
    try:
        await posts.ask(db, session.user_id, note.id)
    except LossyError as refusal:
        told = {"tool": posts.TOOL, "succeeded": False, "note_id": note.id, "message": refusal.message}
        db.tell(ToolResult.model_validate({**session.whose, "turn_id": turn.id, **told}))


async def _is_wanted(db: Db, note: NoteRow) -> bool:
    chosen = await users.settings_of(db, note.author_id)
    if chosen.get(WANTED) is not True or note.confidence <= threshold(chosen):
        return False
    if note.status is not NoteStatus.GHOST or note.deleted_at is not None:
        return False
    return posts.is_on_a_platform(await db.get_one(Video, note.video_id))
