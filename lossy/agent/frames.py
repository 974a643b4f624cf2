"""Pictures of the video: a few of each session are kept; a model sees one when the reviewer asks and allows it."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from lossy.db import frames, notes, sessions, users
from lossy.db.engine import Database
from lossy.db.models import NoteRow
from lossy.db.models import VideoFrame as FrameRow
from lossy.errors import Conflict, InvalidInput, LossyError, NotAllowed, NotFound, TooMany, Unavailable
from lossy.events import Note, NoteStatus, ToolResult, ToolStart
from lossy.inference.chat import ChatStructurer
from lossy.protocol import FrameTaken, VideoFrame

if TYPE_CHECKING:
    from lossy.inference.clip import ClipEmbedder
    from lossy.inference.frames import Frame

logger = logging.getLogger(__name__)

CONSENT = "vision_consent"
KEEP = "keep_frames"
ALIKE_BITS = 4
"""Pictures whose hashes differ by no more show the same."""
MAX_REFINEMENTS = 20
"""Of one session: what it may cost."""
DECODES_AT_ONCE = 2
"""A large picture takes tens of megabytes while it is looked at."""
NEAR_SECONDS = 3.0
"""A picture shows what a note is about if it is no farther away in the video."""


class Frames:
    """What Lossy does with pictures."""

    def __init__(self, database: Database, clip_model: Path | None = None, model: ChatStructurer | None = None) -> None:
        self._database = database
        self._clip_model = clip_model
        self._embedder: ClipEmbedder | None = None
        self._embedding = asyncio.Lock()
        self._decoding = asyncio.Semaphore(DECODES_AT_ONCE)
        self._model = model

    @property
    def can_refine(self) -> bool:
        """Whether there is a model that sees."""
        return self._model is not None

    async def take(self, user_id: str, message: VideoFrame, webp: bytes) -> FrameTaken:
        """Keep a picture unless it shows nothing, or nothing new; refused if it is none, or was not allowed."""
        from lossy.inference.frames import distance, read_frame  # noqa: PLC0415 -- brings numpy, as below

        async with self._database.read() as db:
            await sessions.require_session(db, user_id, message.session)
            if (await users.settings_of(db, user_id)).get(KEEP) is not True:
                raise NotAllowed("Allow it in the settings first: pictures of the video are kept.")
            known = await frames.hashes_of(db, message.session)
        room = frames.MAX_FRAMES - len(known)
        if room <= 0:
            return FrameTaken(kept=False, reason="full", room=0)
        async with self._decoding:
            frame = await asyncio.to_thread(read_frame, webp)
        if frame.is_black:
            return FrameTaken(kept=False, reason="black", room=room)
        if any(distance(frame.dhash, other) <= ALIKE_BITS for other in known):
            return FrameTaken(kept=False, reason="duplicate", room=room)
        row = FrameRow(
            session_id=message.session,
            position_seconds=message.position,
            captured_at=message.captured_at,
            height=frame.height,
            width=frame.width,
            dhash=f"{frame.dhash:016x}",
            webp=webp,
        )
        row.embedding, row.embedded_by = await self._embed(message, frame)
        async with self._database.write() as db:
            await sessions.require_session(db, user_id, message.session)
            if not await frames.add_frame(db, row):
                return FrameTaken(kept=False, reason="full", room=0)
        return FrameTaken(kept=True, reason="kept", room=room - 1)

    async def refine(self, user_id: str, note_id: str) -> Note:
        """Let the model that sees make a note more exact; undo takes it back. What is refused changes nothing."""
        async with self._database.read() as db:
            await notes.require_note(db, user_id, note_id)
        if self._model is None:
            raise Unavailable("This Lossy has no model that sees pictures.")
        note, webp = await self._ready_to_refine(user_id, note_id)
        whose = {"user_id": user_id, "session_id": note.session_id, "video_id": note.video_id}
        async with self._database.write() as db:
            if note.session_id is None or not await frames.spend_refinement(db, note.session_id, MAX_REFINEMENTS):
                raise TooMany(f"{MAX_REFINEMENTS} notes of this review were refined; it may not be more.")
            db.tell(ToolStart(**whose, turn_id=None, tool="refine", note_id=note_id))
        try:
            refined = await self._model.refine(note.text, webp)
            changes = {"text": refined.text, "category": refined.category}
            async with self._database.write() as db:
                changed = await notes.edit_note(db, user_id, note_id, changes, note.version)
                db.tell(ToolResult(**whose, turn_id=None, tool="refine", succeeded=True, note_id=note_id))
        except Exception as error:
            words = error.message if isinstance(error, LossyError) else "It could not be done. Try again."
            failed = ToolResult(**whose, turn_id=None, tool="refine", succeeded=False, note_id=note_id, message=words)
            async with self._database.write() as db:
                db.tell(failed)
            raise
        return changed

    async def aclose(self) -> None:
        """Let go of the model."""
        if self._model is not None:
            await self._model.aclose()

    async def _ready_to_refine(self, user_id: str, note_id: str) -> tuple[NoteRow, bytes]:
        async with self._database.read() as db:
            note = await notes.require_note(db, user_id, note_id)
            if note.author_id != user_id:
                raise NotAllowed("Only whoever said a note can have it refined.")
            if note.deleted_at is not None or note.status is not NoteStatus.FIRMED:
                raise Conflict("Only a note that is kept and not posted can be refined.")
            if (await users.settings_of(db, user_id)).get(CONSENT) is not True:
                raise NotAllowed("Allow it in the settings first: the picture is sent to a model.")
            last = note.end_seconds if note.end_seconds is not None else note.start_seconds
            stretch = (note.start_seconds, last)
            frame = note.session_id and await frames.nearest_frame(db, user_id, note.session_id, stretch, NEAR_SECONDS)
        if not frame:
            raise NotFound("There is no picture of the video near this note.")
        return note, frame.webp

    async def _embed(self, message: VideoFrame, frame: "Frame") -> tuple[bytes | None, str]:
        import numpy as np  # noqa: PLC0415

        from lossy.inference.clip import ClipEmbedder  # noqa: PLC0415

        if message.embedding:
            given = np.asarray(message.embedding, "<f4")
            length = float(np.linalg.norm(given))
            if not message.embedded_by or not 0 < length < np.inf:
                raise InvalidInput("An embedding is a vector of some length, with the name of its model.")
            return (given / length).astype("<f4").tobytes(), message.embedded_by
        if self._clip_model is None:
            return None, ""
        try:
            async with self._embedding:
                if self._embedder is None:
                    self._embedder = await asyncio.to_thread(ClipEmbedder, self._clip_model)
                embedding = await asyncio.to_thread(self._embedder.embed, frame.pixels)
        except LossyError as error:
            logger.warning("Pictures have no embeddings from now on: %s", error.message)
            self._clip_model = None
            return None, ""
        return embedding.astype("<f4").tobytes(), self._embedder.name
