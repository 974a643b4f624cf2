"""What the reviewer orders by voice, carried out: each tool once, however often its turn is taken up again."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from lossy.agent import auto_post
from lossy.agent.machine import TurnInput
from lossy.agent.ranges import open_range
from lossy.agent.turn import LiveTurn
from lossy.db import events, notes, posts
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.errors import LossyError
from lossy.events import NoteStatus, PlayerSteered, ToolResult, TurnState
from lossy.inference.commands import Command, Order, parse_command

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession

_NAMES = {Command.CANCEL: "scratch"}
"""Tools that are not called like their command."""
_CANCELLABLE = (TurnState.CONFIRMING, TurnState.STRUCTURING, TurnState.TRANSCRIBING, TurnState.RETRYING)

Tool = Callable[["AgentSession", LiveTurn, Order, Db], Awaitable[str | None]]
"""Does its work in the transaction that ends the turn; gives what was in its way, in the user's words."""


async def run_tool(session: "AgentSession", turn: LiveTurn, text: str) -> None:
    """Carry out the command that a turn's words are, tell its result, and end the turn; post a note that is kept."""
    order = parse_command(text)
    if order is None or order.command is Command.SAME_AS_LAST:
        await session.move(turn, TurnInput.TOOL_DONE, lambda db: auto_post.ask(session, turn, db))
        return
    async with session.faculties.database.read() as db:
        is_done = await events.has_used(db, session.id, turn.id, _name(order.command))
    earlier = _cancellable_before(session, turn)
    if is_done:
        await session.move(turn, TurnInput.TOOL_DONE)
    elif order.command is Command.CANCEL or (order.command is Command.UNDO and earlier is not None):
        await _scratch(session, turn, earlier, order.command)
    else:
        if order.command in _POSTS:
            await _keep_offered(session, turn)
        await session.move(turn, TurnInput.TOOL_DONE, lambda db: _carry_out(session, turn, order, db))
    if order.command is Command.STOP_LISTENING:
        await session.listening.stop(turn.recording_id)


async def _carry_out(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> None:
    try:
        problem = await _TOOLS[order.command](session, turn, order, db)
    except LossyError as refusal:
        problem = refusal.message
    _tell(session, turn, order.command, problem, db)


async def _scratch(session: "AgentSession", turn: LiveTurn, earlier: LiveTurn | None, command: Command) -> None:
    async def tell(db: Db) -> None:
        _tell(session, turn, command, None if earlier else "There was nothing to scratch.", db)

    # Told with the cancelling itself: found again, the command must not scratch what was said before that.
    if earlier is not None:
        await session.move(earlier, TurnInput.CANCEL, tell)
    await session.move(turn, TurnInput.TOOL_DONE, None if earlier is not None else tell)


def _cancellable_before(session: "AgentSession", turn: LiveTurn) -> LiveTurn | None:
    known = list(session.turns.values())
    return next((other for other in reversed(known[: known.index(turn)]) if other.state in _CANCELLABLE), None)


async def _undo(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    undone = await notes.undo_last_change(db, session.user_id, session.video_id)
    return None if undone is not None else "There is nothing to undo."


async def _keep_offered(session: "AgentSession", turn: LiveTurn) -> None:
    """Firm the notes that were offered before this was said: who posts a note has kept it."""
    for other in list(session.turns.values()):
        if other is not turn and other.state is TurnState.CONFIRMING:
            await session.move(other, TurnInput.CONFIRM)


async def _post(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    if _cancellable_before(session, turn) is not None:
        return "What you said before is not a note yet. Say “post that” again in a moment."
    newest = await notes.last_notes(db, session.user_id, session.video_id)
    if not newest:
        return "There is no note to post."
    await posts.ask(db, session.user_id, newest[0].id)
    return None


async def _post_all(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    asked = await posts.ask_all(db, session.user_id, session.video_id)
    return None if asked else "There is no note that waits to be posted."


async def _steer(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    recording = await store.recording_of(db, session.user_id, turn.recording_id)
    action = _STEERS[order.command]
    db.tell(PlayerSteered(**session.whose, player=recording.player, action=action, position=order.seconds))
    return None


async def _nothing_more(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    """What is said is all there is to it: the words are kept with the turn."""
    return None


async def _end_range(session: "AgentSession", turn: LiveTurn, order: Order, db: Db) -> str | None:
    begun = open_range(await store.said_before(db, session.id, turn.id))
    if begun is None or begun.end_seconds is not None:
        return "Say “from here” first, where the range begins."
    for remark in reversed(begun.remarks):
        note = await notes.note_of_turn(db, remark)
        if note is not None and note.deleted_at is None and note.status in (NoteStatus.GHOST, NoteStatus.FIRMED):
            start, end = sorted((begun.start_seconds, turn.seen_seconds or 0.0))
            changes = {"start_seconds": round(start, 3), "end_seconds": round(end, 3)}
            await notes.edit_note(db, session.user_id, note.id, changes)
            break
    return None


def _tell(session: "AgentSession", turn: LiveTurn, command: Command, problem: str | None, db: Db) -> None:
    told = ToolResult(**session.whose, turn_id=turn.id, tool=_name(command), succeeded=problem is None, message=problem)
    db.tell(told)


def _name(command: Command) -> str:
    return _NAMES.get(command, command.value)


_STEERS: dict[Command, Literal["seek", "pause", "play"]] = {
    Command.GO_TO: "seek",
    Command.PAUSE: "pause",
    Command.RESUME: "play",
}
_POSTS = (Command.POST, Command.POST_ALL)
_TOOLS: dict[Command, Tool] = {
    Command.UNDO: _undo,
    Command.POST: _post,
    Command.POST_ALL: _post_all,
    Command.PAUSE: _steer,
    Command.RESUME: _steer,
    Command.GO_TO: _steer,
    Command.STOP_LISTENING: _nothing_more,
    Command.FROM_HERE: _nothing_more,
    Command.TO_HERE: _end_range,
}
