"""The state tables, over every pair of state and input."""

import pytest

from lossy.agent.machine import (
    DEADLINE_SECONDS,
    Effect,
    MicrophoneInput,
    Refused,
    TurnInput,
    mermaid,
    step,
    step_microphone,
)
from lossy.events import MicrophoneState, TurnState

ALLOWED = """
idle            begin → listening
listening       pause → paused
listening       speech_ended stop limit_reached device_lost timeout → transcribing: transcribe
listening       stop_empty nothing_heard → idle: let_go
paused          resume → listening
paused          stop device_lost timeout → transcribing: transcribe
paused          stop_empty nothing_heard → idle: let_go
transcribing    transcript → structuring: structure
transcribing    no_words → idle: let_go
transcribing    joined → idle: let_go
structuring     goes_on → structuring: structure
confirming      goes_on → structuring: structure
retrying        joined → idle: let_go
transcribing    command → executing_tool: run_tool
structuring     note → confirming: offer_note
structuring     timeout → structuring: structure_by_rules
confirming      confirm timeout → idle: firm_note let_go
confirming      post → executing_tool: firm_note run_tool
executing_tool  tool_done → idle: let_go
cancelling      cancelled → idle: let_go
cancelling      timeout → error: report_failure
retrying        backoff_over timeout → origin: resume_origin
retrying        transcript → structuring: structure
retrying        no_words → idle: let_go
retrying        command → executing_tool: run_tool
retrying        attempts_spent → error: report_failure
error           acknowledge → idle: let_go
error           retry → transcribing: transcribe
transcribing    failed timeout → retrying: back_off
structuring     failed → retrying: back_off
executing_tool  failed timeout → retrying: back_off
listening       cancel → cancelling: withdraw
paused          cancel → cancelling: withdraw
transcribing    cancel → cancelling: withdraw
structuring     cancel → cancelling: withdraw
confirming      cancel → cancelling: withdraw
retrying        cancel → cancelling: withdraw
listening       fatal → error: report_failure
paused          fatal → error: report_failure
transcribing    fatal → error: report_failure
structuring     fatal → error: report_failure
confirming      fatal → error: report_failure
executing_tool  fatal → error: report_failure
cancelling      fatal → error: report_failure
retrying        fatal → error: report_failure
"""
MICROPHONE_ALLOWED = """
off      press → opening
off      block → blocked
opening  audio → open
opening  pause → paused
opening  close → off
opening  block → blocked
open     pause → paused
open     close → off
open     block → blocked
paused   resume → open
paused   close → off
paused   block → blocked
blocked  press → opening
blocked  close → off
"""
DEADLINES = {
    "listening": 75,
    "paused": 900,
    "transcribing": 30,
    "structuring": 30,
    "confirming": 3,
    "executing_tool": 10,
    "cancelling": 5,
    "retrying": 60,
}


def read(table: str) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Read lines of `state inputs → state: effects`."""
    rules: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    for line in table.strip().splitlines():
        left, _, right = line.partition("→")
        state, *inputs = left.split()
        to, _, effects = right.partition(":")
        for given in inputs:
            assert (state, given) not in rules
            rules[state, given] = (to.strip(), tuple(effects.split()))
    return rules


@pytest.mark.parametrize("state", TurnState)
@pytest.mark.parametrize("given", TurnInput)
def test_a_turn_moves_as_designed_or_refuses(state: TurnState, given: TurnInput) -> None:
    expected = read(ALLOWED).get((state.value, given.value))
    if expected is None:
        with pytest.raises(Refused) as refusal:
            step(state, given, TurnState.TRANSCRIBING)
        assert refusal.value.code == "not_now"
    else:
        to, effects = expected
        for origin in (TurnState.TRANSCRIBING, TurnState.STRUCTURING, TurnState.EXECUTING_TOOL):
            target = origin.value if to == "origin" else to
            assert step(state, given, origin) == (TurnState(target), tuple(map(Effect, effects)))


@pytest.mark.parametrize("state", MicrophoneState)
@pytest.mark.parametrize("given", MicrophoneInput)
def test_a_microphone_moves_as_designed_or_refuses(state: MicrophoneState, given: MicrophoneInput) -> None:
    expected = read(MICROPHONE_ALLOWED).get((state.value, given.value))
    if expected is None:
        with pytest.raises(Refused):
            step_microphone(state, given)
    else:
        assert step_microphone(state, given) is MicrophoneState(expected[0])


def test_a_turn_that_retries_must_know_where_it_came_from() -> None:
    with pytest.raises(Refused):
        step(TurnState.RETRYING, TurnInput.BACKOFF_OVER)


@pytest.mark.parametrize("state", TurnState)
def test_every_state_that_is_not_final_has_a_deadline_that_leads_out_of_it(state: TurnState) -> None:
    seconds = DEADLINE_SECONDS[state]
    assert seconds == DEADLINES.get(state.value)
    if seconds is not None:
        after, effects = step(state, TurnInput.TIMEOUT, TurnState.TRANSCRIBING)
        assert after is not state or effects == (Effect.STRUCTURE_BY_RULES,)


def test_every_state_can_be_reached_and_left() -> None:
    rules = read(ALLOWED)
    assert {to for to, _ in rules.values()} - {"origin"} == {state.value for state in TurnState}
    assert {state for state, _ in rules} == {state.value for state in TurnState}


def test_the_diagram_shows_every_arrow() -> None:
    first, *lines = mermaid().splitlines()
    drawn: set[tuple[str, str, str]] = set()
    for line in lines:
        if "-->" in line and "[*]" not in line:
            source, _, rest = line.strip().partition(" --> ")
            target, _, inputs = rest.partition(": ")
            drawn |= {(source, given, target.replace("its_origin", "origin")) for given in inputs.split(", ")}
    assert first == "stateDiagram-v2"
    assert drawn == {(state, given, to) for (state, given), (to, _) in read(ALLOWED).items()}
