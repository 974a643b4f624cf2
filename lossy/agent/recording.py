"""A recording while it is open: the tape, where speech begins and ends on it, and the turn that listens."""

from dataclasses import dataclass, field

from lossy.agent.inputs import OnGap
from lossy.agent.tape import Tape
from lossy.agent.turn import LISTENS, MAX_TURN_SECONDS, LiveTurn
from lossy.db.models import RecordingMode
from lossy.inference.endpoint import Endpointer
from lossy.inference.speech import SAMPLE_RATE

MAX_TURN_BYTES = 5_000_000
SILENCE_LIMIT_SECONDS = 60.0
"""In one-note mode, silence this long after the press switches the microphone off."""
MAX_RECORDING_SECONDS = 4 * 60 * 60.0
"""However much is said, a microphone that nobody closes closes by itself."""


@dataclass
class LiveRecording:
    """One opening of the microphone."""

    id: str
    mode: RecordingMode
    endpointer: Endpointer = field(repr=False)
    player: str = ""
    """The player in front of the speaker."""
    tape: Tape = field(default_factory=Tape, repr=False)
    turn: LiveTurn | None = None
    """The turn that listens or is paused; at most one."""
    chunks_expected: int | None = None
    """How many there are in all, once the client stopped."""
    on_gap: OnGap | None = field(default=None, repr=False)
    gap_told: tuple[int, int] | None = None
    heard_samples: int = 0
    """How much of the tape the endpointer has had."""
    consumed_samples: int = 0
    """Up to here the audio belongs to turns that have ended, or to silence."""
    quiet_since: int = 0
    """The sample from which on nothing was said."""
    has_made_a_note: bool = False
    """Whether a note of this recording was firmed or cancelled."""
    is_closed: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything that the client recorded is here."""
        return self.chunks_expected is not None and self.tape.next_seq >= self.chunks_expected

    @property
    def is_past_limit(self) -> bool:
        """Whether the listening turn is as long as a turn may be."""
        if self.turn is None:
            return False
        samples = self.heard_samples - self.turn.start_sample
        return samples >= MAX_TURN_SECONDS * SAMPLE_RATE or samples * 2 >= MAX_TURN_BYTES

    @property
    def is_past_silence_limit(self) -> bool:
        """Whether the reviewer pressed and then said nothing."""
        silent = self.heard_samples - self.quiet_since
        return self.mode is RecordingMode.ONE_NOTE and silent >= SILENCE_LIMIT_SECONDS * SAMPLE_RATE

    @property
    def is_past_total_limit(self) -> bool:
        """Whether the recording is as long as one may be."""
        return self.heard_samples >= MAX_RECORDING_SECONDS * SAMPLE_RATE

    @property
    def unconsumed_silence(self) -> int:
        """How many samples were heard in which nobody spoke."""
        return 0 if self.endpointer.is_speaking else self.heard_samples - self.consumed_samples

    def hear_again(self) -> None:
        """Go back to where nothing is lost, when what was noticed could not be kept."""
        if self.turn is not None and self.turn.state not in LISTENS:
            self.turn = None
        first = self.consumed_samples if self.turn is None else self.turn.start_sample
        self.endpointer = Endpointer(first_sample=first)
        self.heard_samples = first

    def disregard_rest(self) -> None:
        """Take what was not heard yet for heard."""
        self.tape.skip_gaps()
        self.heard_samples = self.tape.length

    def missing(self) -> tuple[int, int] | None:
        """Give the first and last chunk that should be here and are not."""
        gap = self.tape.gap
        if gap is None and self.chunks_expected is not None and not self.is_complete:
            gap = (self.tape.next_seq, self.chunks_expected - 1)
        return gap
