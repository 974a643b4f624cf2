"""Where the video stood, from the player's reports."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossy.agent.playback import PlaybackHistory, Playbacks, Report


def history(*reports: Report) -> PlaybackHistory:
    known = PlaybackHistory()
    known.extend(reports)
    return known


PLAYING = Report(at=100, position=10, rate=1, playing=True)


def test_a_playing_video_moves_on_between_reports() -> None:
    assert history(PLAYING).position_at(102.5) == 12.5


def test_a_paused_video_stands_still() -> None:
    assert history(Report(100, 10, 1, playing=False)).position_at(900) == 10


def test_a_pause_in_between_is_taken_into_account() -> None:
    known = history(PLAYING, Report(105, 15, 1, playing=False), Report(125, 15, 1, playing=True))
    assert [known.position_at(at) for at in (104, 110, 124.9, 126)] == [14, 15, 15, 16]


def test_after_a_seek_the_new_place_counts() -> None:
    known = history(PLAYING, Report(103, 300, 1, playing=True))
    assert [known.position_at(at) for at in (102.9, 103, 104)] == pytest.approx([12.9, 300, 301])


def test_at_double_speed_the_video_goes_twice_as_far() -> None:
    assert history(Report(100, 10, 2, playing=True)).position_at(103) == 16


def test_a_moment_before_the_first_report_is_reckoned_back_from_it() -> None:
    assert history(PLAYING).position_at(99) == 9
    assert history(Report(100, 10, 1, playing=False)).position_at(99) == 10


def test_no_moment_lies_before_the_video_begins() -> None:
    assert history(Report(100, 0.2, 1, playing=True)).position_at(99) == 0


def test_a_player_that_never_reported_stands_nowhere() -> None:
    assert history().position_at(100) is None


REPORTS = (PLAYING, Report(103, 300, 1, playing=True), Report(104, 301, 2, playing=True))


@pytest.mark.parametrize("order", list(itertools.permutations(REPORTS)))
def test_reports_may_come_in_any_order_and_again(order: tuple[Report, ...]) -> None:
    known = history(*order, *order)
    assert [known.position_at(at) for at in (101, 103.5, 105)] == [11, 300.5, 303]


def test_forgetting_keeps_what_holds_at_that_moment() -> None:
    known = history(*REPORTS)
    known.forget(103.5)
    assert [known.position_at(at) for at in (103.5, 105)] == [300.5, 303]


def test_each_player_keeps_its_own_story() -> None:
    known = Playbacks()
    known.extend("mine", [Report(100.0, 50.0, 1.0, True)])
    known.extend("another window", [Report(101.0, 0.0, 1.0, False), Report(102.0, 0.0, 1.0, False)])
    assert known.position_at("mine", 103.0) == 53.0
    assert known.position_at("another window", 103.0) == 0.0


def test_who_has_no_player_gets_the_one_that_reported_last() -> None:
    known = Playbacks()
    assert known.position_at("", 100.0) is None
    known.extend("one", [Report(100.0, 50.0, 1.0, True)])
    known.extend("two", [Report(100.5, 7.0, 1.0, False)])
    assert known.position_at("", 101.0) == 7.0
    known.extend("one", [Report(101.0, 51.0, 1.0, True)])
    assert known.position_at("", 101.0) == 51.0


def test_players_that_come_and_go_take_no_room_for_ever() -> None:
    known = Playbacks()
    for number in range(1000):
        known.extend(str(number), [Report(float(number), float(number), 1.0, False)])
    assert known.position_at("0", 2000.0) == 999.0


ANY_REPORTS = st.lists(
    st.builds(
        Report,
        at=st.floats(0, 1000),
        position=st.floats(0, 5000),
        rate=st.sampled_from([0.5, 1.0, 1.5, 2.0]),
        playing=st.booleans(),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda report: report.at,
)


@given(ANY_REPORTS, st.floats(-100, 1100), st.randoms())
def test_a_moment_does_not_depend_on_the_order_in_which_reports_came(
    reports: list[Report], at: float, chance: random.Random
) -> None:
    in_order, shuffled = PlaybackHistory(), PlaybackHistory()
    in_order.extend(sorted(reports))
    mixed = list(reports)
    chance.shuffle(mixed)
    shuffled.extend(mixed)
    assert in_order.position_at(at) == shuffled.position_at(at)


@given(ANY_REPORTS, st.floats(-100, 1100))
def test_a_moment_lies_in_the_video_and_near_the_report_before_it(reports: list[Report], at: float) -> None:
    history = PlaybackHistory()
    history.extend(reports)
    position = history.position_at(at)
    assert position is not None
    assert position >= 0
    before = max((each for each in reports if each.at <= at), key=lambda each: each.at, default=min(reports))
    assert abs(position - before.position) <= abs(at - before.at) * 2.0 + 1e-6


@given(ANY_REPORTS, st.floats(0, 1000))
def test_what_is_forgotten_changes_no_later_moment(reports: list[Report], before: float) -> None:
    whole, short = PlaybackHistory(), PlaybackHistory()
    whole.extend(reports)
    short.extend(reports)
    short.forget(before)
    for later in (before, before + 1, before + 500):
        assert short.position_at(later) == whole.position_at(later)
