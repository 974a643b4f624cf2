"""The hearing half of a session: recordings come in, turns begin and end on them.

All methods run inside the session's loop. In one-note mode a press begins a turn at once and the microphone closes
when its note is firmed or cancelled; in hands-free mode each onset begins a turn and only the reviewer closes it.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from lossy.agent import dictation
from lossy.agent.clock import Timer
from lossy.agent.foresight import Foresight, is_due
from lossy.agent.inputs import ChunkArrived, EndForeseen, RecordingAsked, RecordingOverdue, RecordingSteered
from lossy.agent.joining import first_part
from lossy.agent.live_words import LiveTranscript
from lossy.agent.machine import DEADLINE_SECONDS, MicrophoneInput, TurnInput
from lossy.agent.recording import LiveRecording
from lossy.agent.tape import Tape
from lossy.agent.turn import LISTENS, LiveTurn
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.db.models import AudioChunk, Recording, RecordingMode, Turn
from lossy.db.types import new_id
from lossy.events import MicrophoneState, SpeechHeard, TurnState
from lossy.inference.clauses import join_words, patience_seconds
from lossy.inference.endpoint import Endpointer, SpeechEnded, SpeechStarted
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.protocol import MAX_CREDIT_BYTES, RecordingAction, RecordingOpened

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession

logger = logging.getLogger(__name__)

GAP_PATIENCE_SECONDS = 5.0
SILENCE_KEPT_SECONDS = 30
"""Silence longer than this is not heard again after a restart…"""
PRE_ROLL_KEPT_SECONDS = 5
"""…but for its end, in which a word may have begun."""
SILENCE_REASON = "Nothing was said for a minute, so the microphone was switched off."
TOTAL_LIMIT_REASON = "The microphone was on for four hours, so it was switched off. Press it to go on."
DEVICE_LOST_REASON = "The microphone went away. What it had heard is kept."


class Listening:
    """The open recording of a session, and the tapes that turns still need."""

    def __init__(self, session: "AgentSession") -> None:
        self._session = session
        self.recording: LiveRecording | None = None
        self._tapes: dict[str, Tape] = {}
        self._gap_timer: Timer | None = None

    async def open(self, asked: RecordingAsked) -> RecordingOpened:
        """Begin a recording, or take one up again after the connection was lost."""
        live = self.recording
        if live is None or live.id != asked.recording_id:
            closed = await self._closed(asked.recording_id)
            if closed is not None:
                return closed
            if live is not None:
                await self._finish(live, TurnInput.STOP, "Another microphone took over.")
            live = await self._begin(asked)
        live.on_gap, live.gap_told = asked.on_gap, None
        return RecordingOpened(recording=live.id, next_seq=live.tape.next_seq, credit_bytes=MAX_CREDIT_BYTES)

    async def hear(self, chunk: ChunkArrived) -> None:
        """Take durable audio and see what is said in it."""
        live = self.recording
        if live is None or live.id != chunk.recording_id:
            return
        live.tape.add(chunk.seq, chunk.captured_at, chunk.pcm)
        if self._session.microphone is MicrophoneState.OPENING:
            await self._session.move_microphone(MicrophoneInput.AUDIO)
        self._ask_for_missing(live)
        await self._listen(live)

    async def steer(self, given: RecordingSteered) -> None:
        """Stop, pause, resume, cancel; for a recording that is over there is nothing to do."""
        live = self.recording
        if live is None or live.id != given.recording_id:
            return
        match given.action:
            case RecordingAction.STOP:
                live.chunks_expected = live.tape.next_seq if given.chunks is None else given.chunks
                self._ask_for_missing(live)
                await self._listen(live)
            case RecordingAction.PAUSE:
                await self._session.move_microphone(MicrophoneInput.PAUSE)
                if live.turn is not None:
                    await self._session.move(live.turn, TurnInput.PAUSE)
            case RecordingAction.RESUME:
                await self._session.move_microphone(MicrophoneInput.RESUME)
                if live.turn is not None:
                    await self._session.move(live.turn, TurnInput.RESUME)
                await self._listen(live)
            case RecordingAction.CANCEL:
                live.disregard_rest()
                if live.turn is not None:
                    await self._session.move(live.turn, TurnInput.CANCEL)
                await self._finish(live, TurnInput.STOP)
            case RecordingAction.DEVICE_LOST:
                await self._finish(live, TurnInput.DEVICE_LOST, DEVICE_LOST_REASON)

    async def overdue(self, given: RecordingOverdue) -> None:
        """Go on without chunks that were asked for and never came."""
        live = self.recording
        if live is None or live.id != given.recording_id:
            return
        logger.warning("Recording %s lacks chunks %s; going on without them.", live.id, live.missing())
        if live.tape.gap is not None:
            live.tape.skip_gap()
        elif live.chunks_expected is not None:
            live.chunks_expected = live.tape.next_seq
        live.gap_told = None
        self._ask_for_missing(live)
        await self._listen(live)

    async def stop(self, recording_id: str) -> None:
        """Switch the microphone off, if it is this recording's; what it heard goes on to be notes."""
        live = self.recording
        if live is not None and live.id == recording_id:
            await self._finish(live, TurnInput.STOP)

    async def time_over(self, turn: LiveTurn) -> None:
        """End a turn that listened, or was paused, too long: no more audio came."""
        live = self.recording
        if live is not None and live.turn is turn:
            await self._finish(live, TurnInput.TIMEOUT, "No more sound came, so the microphone was switched off.")

    async def turn_ended(self, turn: LiveTurn) -> None:
        """See what the end of a turn means for the microphone and for the audio that is kept."""
        live = self.recording
        if live is not None and live.id == turn.recording_id:
            if live.turn is turn:
                live.turn = None
                turn.drop_foresight()
                await self._consume(live, live.heard_samples)
            live.quiet_since = live.heard_samples
            if live.mode is RecordingMode.ONE_NOTE and live.has_made_a_note and not self._is_busy(live):
                await self._finish(live, TurnInput.STOP)
        else:
            await self._forget_audio(turn.recording_id)

    def note_decided(self, turn: LiveTurn) -> None:
        """Remember that a note of the open recording was firmed or cancelled."""
        if self.recording is not None and self.recording.id == turn.recording_id:
            self.recording.has_made_a_note = True

    async def audio_of(self, turn: LiveTurn) -> Pcm:
        """Give a turn's samples, from memory or else from the database."""
        if turn.recording_id not in self._tapes:
            async with self._session.faculties.database.read() as db:
                self._tapes[turn.recording_id] = Tape.of(await store.chunks_of(db, turn.recording_id))
        tape = self._tapes[turn.recording_id]
        return tape.cut(turn.start_sample, tape.length if turn.end_sample is None else turn.end_sample)

    def restore(
        self, row: Recording, chunks: Sequence[AudioChunk], turn: LiveTurn | None, *, has_made_a_note: bool
    ) -> None:
        """Take up a recording that a stop interrupted; `go_on` then hears what no turn has consumed."""
        live = LiveRecording(row.id, row.mode, Endpointer(), row.player, tape=Tape.from_stored(chunks), turn=turn)
        live.has_made_a_note = has_made_a_note
        live.consumed_samples = row.consumed_samples
        live.hear_again()
        live.quiet_since = live.heard_samples
        self.recording = live
        self._tapes[row.id] = live.tape

    async def go_on(self) -> None:
        """Put right what a stop left half done, and hear what was not heard."""
        live, microphone = self.recording, self._session.microphone
        if live is None:
            if microphone not in (MicrophoneState.OFF, MicrophoneState.BLOCKED):
                await self._session.move_microphone(MicrophoneInput.CLOSE)
            return
        if microphone is MicrophoneState.OFF:
            await self._session.move_microphone(MicrophoneInput.PRESS)
        self._ask_for_missing(live)
        if live.has_made_a_note and live.mode is RecordingMode.ONE_NOTE and not self._is_busy(live):
            await self._finish(live, TurnInput.STOP)
        else:
            await self._listen(live)

    def try_again(self, given: ChunkArrived | RecordingSteered | RecordingOverdue, seconds: float) -> None:
        """Repeat in a while what failed, lest the microphone stays open; chunks that are missing come round anyway."""
        live = self.recording
        if live is None or live.id != given.recording_id:
            return
        again, waits_for_chunks = given, live.missing() is not None
        if isinstance(given, RecordingSteered):
            if given.action in (RecordingAction.PAUSE, RecordingAction.RESUME):
                return
            again = RecordingSteered(given.recording_id, given.action, given.chunks)
            again.done.add_done_callback(_disregard)
            waits_for_chunks = waits_for_chunks and given.action is RecordingAction.STOP
        if not waits_for_chunks:
            self.close()
            self._gap_timer = self._session.faculties.clock.call_later(seconds, lambda: self._session.post(again))

    def close(self) -> None:
        """Cancel the timer."""
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None

    async def _closed(self, recording_id: str) -> RecordingOpened | None:
        async with self._session.faculties.database.read() as db:
            row = await store.find_recording(db, self._session.id, recording_id)
            if row is None or row.closed_at is None:
                return None
            done = row.mode is RecordingMode.ONE_NOTE and await store.has_decided_note(db, recording_id)
        return RecordingOpened(
            recording=recording_id, next_seq=row.received_chunks, credit_bytes=0, closed=True, done=done
        )

    async def _begin(self, asked: RecordingAsked) -> LiveRecording:
        row = Recording(
            id=asked.recording_id,
            session_id=self._session.id,
            user_id=self._session.user_id,
            mode=asked.mode,
            player=asked.player,
        )
        async with self._session.write() as db:
            row = await store.open_recording(db, row)
            await self._session.learn(db)
        live = LiveRecording(row.id, row.mode, Endpointer(), row.player)
        self.recording = live
        self._tapes[row.id] = live.tape
        if self._session.microphone not in (MicrophoneState.OFF, MicrophoneState.BLOCKED):
            await self._session.move_microphone(MicrophoneInput.CLOSE)
        await self._session.move_microphone(MicrophoneInput.PRESS)
        if not asked.brings_audio:
            await self._session.move_microphone(MicrophoneInput.AUDIO)
        if live.mode is RecordingMode.ONE_NOTE:
            live.turn = await self.begin_turn(live, 0)
        return live

    async def begin_turn(self, live: LiveRecording, start_sample: int, onset_sample: int | None = None) -> LiveTurn:
        """Begin a turn that listens."""
        turn = LiveTurn(new_id(), live.id, start_sample, onset_sample=onset_sample)
        session_id = self._session.id

        async def insert(db: Db) -> None:
            row = Turn(
                id=turn.id, session_id=session_id, recording_id=live.id, state=TurnState.IDLE, start_sample=start_sample
            )
            await store.add_turn(db, row)

        await self._session.move(turn, TurnInput.BEGIN, insert)
        return turn

    async def _listen(self, live: LiveRecording) -> None:
        if live.is_complete:
            await self._finish(live, TurnInput.STOP)
        if live.is_closed or self._session.microphone is MicrophoneState.PAUSED:
            return
        await self._hear_fresh(live, TurnInput.SPEECH_ENDED)
        self._show_words(live)
        self._foresee(live)
        if live.is_past_total_limit:
            await self._finish(live, TurnInput.STOP, TOTAL_LIMIT_REASON)
        elif live.turn is not None and live.turn.onset_sample is not None:
            if live.is_past_limit:
                await self._end_speech(live, TurnInput.LIMIT_REACHED)
        elif live.is_past_silence_limit and not self._is_busy(live):
            await self._finish(live, TurnInput.NOTHING_HEARD, SILENCE_REASON)
        elif live.turn is None and live.unconsumed_silence >= SILENCE_KEPT_SECONDS * SAMPLE_RATE:
            await self._consume(live, live.heard_samples - PRE_ROLL_KEPT_SECONDS * SAMPLE_RATE)
        turns = [turn.start_sample for turn in self._session.turns.values() if turn.recording_id == live.id]
        live.tape.forget(min([live.consumed_samples, live.heard_samples, *turns]))

    def _show_words(self, live: LiveRecording) -> None:
        turn = live.turn
        if turn is None or turn.onset_sample is None or turn.state is not TurnState.LISTENING:
            return
        if turn.live is None:
            turn.live = LiveTranscript(self._session, turn)
        turn.live.hear(live.tape.cut(turn.start_sample, live.heard_samples), turn.start_sample)

    def _foresee(self, live: LiveRecording) -> None:
        turn, silence_since = live.turn, live.endpointer.silence_since
        if turn is None or turn.state is not TurnState.LISTENING or turn.onset_sample is None:
            return
        if self._session.faculties.transcriber.order(self._session.engine_choice)[0] != "native":
            return  # what may be thrown away is not worth its price
        turn.drop_foresight(unless_ended_at=silence_since)
        if turn.foresight is None and silence_since is not None and is_due(silence_since, live.heard_samples):
            pcm = live.tape.cut(turn.start_sample, live.endpointer.end_if_over())
            foresight = Foresight(silence_since, partial(self._tell_words, live.id, silence_since))
            turn.foresight = foresight
            foreseeing = self._session.faculties.transcriber.foresee(pcm)
            foresight.work = self._session.spawn(foresight.decode(foreseeing), f"foresee {turn.id}")

    def _tell_words(self, recording_id: str, last_speech_sample: int, text: str) -> None:
        self._session.post(EndForeseen(recording_id, last_speech_sample, text))

    async def weigh_end(self, given: EndForeseen) -> None:
        """Take the words of an utterance that may be over: they say how long to wait for more."""
        live = self.recording
        if live is None or live.id != given.recording_id or live.is_closed:
            return
        if self._session.microphone is MicrophoneState.PAUSED:
            return
        if live.endpointer.silence_since != given.last_speech_sample:
            return
        try:
            for signal in live.endpointer.be_patient(patience_seconds(self._so_far(live, given.text))):
                await self._notice(live, signal, TurnInput.SPEECH_ENDED)
        except Exception:
            live.hear_again()
            raise

    def _so_far(self, live: LiveRecording, text: str) -> str:
        """Give the words of the turn that listens, after those that they go on with."""
        first = first_part(self._session, live.turn, text) if live.turn is not None else None
        return text if first is None or first.transcript is None else join_words(first.transcript.text, text)

    async def _hear_fresh(self, live: LiveRecording, given: TurnInput) -> None:
        fresh = live.tape.cut(live.heard_samples, live.tape.length)
        live.heard_samples = live.tape.length
        try:
            for signal in live.endpointer.feed(fresh):
                await self._notice(live, signal, given)
        except Exception:
            live.hear_again()
            raise

    async def _end_speech(self, live: LiveRecording, given: TurnInput) -> None:
        for signal in live.endpointer.flush():
            await self._notice(live, signal, given)
        if live.turn is None or live.turn.onset_sample is None:
            return
        if await dictation.end_early(self._session, live, live.turn) or not live.tape.length:
            return
        # Heard again after a stop, its speech may be too faint to be found a second time.
        await self._notice(live, SpeechEnded(live.heard_samples, live.heard_samples), given)

    async def _notice(self, live: LiveRecording, signal: SpeechStarted | SpeechEnded, given: TurnInput) -> None:
        if isinstance(signal, SpeechStarted):
            await self._speech_began(live, signal)
        elif live.turn is not None:
            await self._speech_ended(live, live.turn, signal, given)

    async def _speech_began(self, live: LiveRecording, signal: SpeechStarted) -> None:
        if live.turn is None:
            live.turn = await self.begin_turn(live, signal.start_sample, signal.onset_sample)
        turn = live.turn
        turn.start_sample, turn.onset_sample = signal.start_sample, signal.onset_sample
        self._see(live, turn)
        async with self._session.write() as db:
            await store.save_turn(db, turn.id, **turn.facts())
            db.tell(self.speech_heard(turn, "began", self._position(live, signal.onset_sample)))
        if turn.state is TurnState.LISTENING:
            self._session.arm(turn, DEADLINE_SECONDS[turn.state])
        await self._session.watch_clocks()

    async def _speech_ended(self, live: LiveRecording, turn: LiveTurn, signal: SpeechEnded, given: TurnInput) -> None:
        turn.end_sample = signal.end_sample
        silence_seconds = (live.heard_samples - signal.last_speech_sample) / SAMPLE_RATE
        turn.speech_ended_at = self._session.faculties.clock.monotonic() - silence_seconds
        turn.drop_foresight(unless_ended_at=signal.last_speech_sample)
        self._see(live, turn)
        told = self.speech_heard(turn, "ended", self._position(live, signal.last_speech_sample))

        async def consume(db: Db) -> None:
            await store.consume(db, live.id, signal.end_sample)
            db.tell(told)

        try:
            await self._session.move(turn, given, consume)
        finally:
            if turn.state not in LISTENS:
                live.turn = None
                live.consumed_samples = live.quiet_since = signal.end_sample

    async def _finish(self, live: LiveRecording, given: TurnInput, reason: str | None = None) -> None:
        if live.is_closed:
            return
        live.is_closed = True
        try:
            await self._wind_up(live, given)
            # In one transaction: after a stop in between nobody would learn that the microphone is off.
            await self._session.move_microphone(
                MicrophoneInput.CLOSE, reason, partial(store.close_recording, recording_id=live.id)
            )
        except Exception:
            live.is_closed = False
            raise
        self.close()
        self.recording = None
        await self._forget_audio(live.id)

    async def _wind_up(self, live: LiveRecording, given: TurnInput) -> None:
        live.tape.skip_gaps()
        await self._hear_fresh(live, given)
        await self._end_speech(live, given)
        if live.turn is not None:
            empty = TurnInput.STOP_EMPTY if given is TurnInput.STOP else TurnInput.NOTHING_HEARD
            await self._session.move(live.turn, empty)

    async def _consume(self, live: LiveRecording, samples: float) -> None:
        live.consumed_samples = int(samples)
        async with self._session.write() as db:
            await store.consume(db, live.id, live.consumed_samples)

    async def _forget_audio(self, recording_id: str) -> None:
        if any(turn.recording_id == recording_id for turn in self._session.turns.values()):
            return
        self._tapes.pop(recording_id, None)
        async with self._session.write() as db:
            await store.delete_chunks(db, recording_id)

    def _is_busy(self, live: LiveRecording) -> bool:
        waiting = live.turn if live.turn is not None and live.turn.onset_sample is None else None
        at_work = [turn for turn in self._session.turns.values() if not turn.is_put_aside]
        return any(turn is not waiting and turn.recording_id == live.id for turn in at_work)

    def _ask_for_missing(self, live: LiveRecording) -> None:
        missing = live.missing()
        if missing is None:
            self.close()
        elif missing != live.gap_told:
            live.gap_told = missing
            if live.on_gap is not None:
                live.on_gap(*missing)
            self.close()
            overdue = RecordingOverdue(live.id, "chunks are missing")
            clock = self._session.faculties.clock
            self._gap_timer = clock.call_later(GAP_PATIENCE_SECONDS, lambda: self._session.post(overdue))

    def _see(self, live: LiveRecording, turn: LiveTurn) -> None:
        captured_at = live.tape.captured_at(turn.onset_sample or turn.start_sample)
        if captured_at is not None:
            self.place(live, turn, captured_at)

    def place(self, live: LiveRecording, turn: LiveTurn, captured_at: float) -> None:
        """Place a turn whose speech began at a moment of the client's clock."""
        lag, playback = self._session.lag_seconds, self._session.playback
        turn.seen_seconds = playback.position_at(live.player, captured_at - lag)
        moved = playback.position_at(live.player, captured_at) != turn.seen_seconds
        turn.lag_seconds = lag if moved else None

    def _position(self, live: LiveRecording, sample: int) -> float | None:
        captured_at = live.tape.captured_at(sample)
        return None if captured_at is None else self._session.playback.position_at(live.player, captured_at)

    def speech_heard(
        self, turn: LiveTurn, edge: Literal["began", "ended"], position_seconds: float | None
    ) -> SpeechHeard:
        """Tell that speech began or ended, and where the video stood."""
        return SpeechHeard(**self._session.whose, turn_id=turn.id, edge=edge, position_seconds=position_seconds)


def _disregard(answer: "asyncio.Future[None]") -> None:
    """Take an answer that nobody waits for."""
    if not answer.cancelled():
        answer.exception()
