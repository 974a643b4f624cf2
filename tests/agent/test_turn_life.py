"""Whatever happens to a turn, in whatever order, and however often its process ends in between, it stays sound."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lossy.agent.machine import DEADLINE_SECONDS, TURN_TABLE, Refused, TurnInput, step
from lossy.agent.turn import LiveTurn
from lossy.db.models import Turn
from lossy.events import TurnState
from lossy.inference.speech import Transcript, Word

WORDS = Transcript("the music is loud", (Word("the", 0.1, 0.2, 0.9),), 0.9, 0.0, "en", "native", "demo", 0.1)


class TurnLife(RuleBasedStateMachine):
    """A turn, moved by the table, and brought back from its row."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = LiveTurn("turn", "recording", 0)

    @rule(given=st.sampled_from(TurnInput))
    def something_happens(self, given: TurnInput) -> None:
        """Take it if the table has it; else nothing changes."""
        before = self.turn.facts()
        try:
            state, _ = step(self.turn.state, given, self.turn.origin)
        except Refused:
            assert self.turn.facts() == before
            assert (self.turn.state, given) not in TURN_TABLE or self.turn.origin is None
            return
        if state is TurnState.RETRYING:
            self.turn.origin, self.turn.attempts = self.turn.state, self.turn.attempts + 1
        if given is TurnInput.TRANSCRIPT:
            self.turn.transcript = WORDS
        self.turn.state = state

    @rule()
    def the_process_ends(self) -> None:
        """Bring it back from its row, with nothing lost."""
        row = Turn(id=self.turn.id, session_id="session", recording_id=self.turn.recording_id, **self.turn.facts())
        restored = LiveTurn.from_row(row)
        assert restored == self.turn
        self.turn = restored

    @invariant()
    def it_can_go_on(self) -> None:
        """Every state leads somewhere, and does so by itself unless it waits for a person or for speech."""
        leaving = [given for (state, given) in TURN_TABLE if state is self.turn.state]
        assert leaving
        waits_for_somebody = self.turn.state in (TurnState.IDLE, TurnState.ERROR)
        assert (DEADLINE_SECONDS[self.turn.state] is None) == waits_for_somebody
        assert waits_for_somebody or TurnInput.TIMEOUT in leaving

    @invariant()
    def a_retry_knows_its_way_back(self) -> None:
        """What retries has somewhere to go on."""
        assert self.turn.state is not TurnState.RETRYING or self.turn.origin is not None


TurnLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
TestTurnLife = TurnLife.TestCase
