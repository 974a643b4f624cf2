import pytest

from lossy.agent.throttle import Limit, Throttle, Throttled
from tests.agent.people import HandClock

THREE_A_MINUTE = Limit(3, 60.0, "knock")


def test_the_try_after_the_last_one_is_refused_in_words() -> None:
    throttle = Throttle(HandClock())
    for _ in range(3):
        throttle.take({"a": THREE_A_MINUTE})
    with pytest.raises(Throttled) as refusal:
        throttle.take({"a": THREE_A_MINUTE})
    assert refusal.value.message == "Too many attempts to knock. Try again in 60 seconds."
    assert refusal.value.code == "too_many"


def test_a_long_wait_is_told_in_minutes() -> None:
    throttle = Throttle(HandClock())
    throttle.take({"a": Limit(1, 900.0, "knock")})
    with pytest.raises(Throttled, match=r"Try again in 15 minutes\."):
        throttle.take({"a": Limit(1, 900.0, "knock")})


def test_the_window_slides() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    for _ in range(3):
        throttle.take({"a": THREE_A_MINUTE})
        clock.now += 10
    clock.now += 30
    throttle.take({"a": THREE_A_MINUTE})
    with pytest.raises(Throttled) as refusal:
        throttle.take({"a": THREE_A_MINUTE})
    assert refusal.value.retry_after_seconds == 10


def test_waiting_as_long_as_told_is_enough() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    throttle.take({"a": Limit(1, 60.5, "knock")})
    with pytest.raises(Throttled) as refusal:
        throttle.take({"a": Limit(1, 60.5, "knock")})
    clock.now += refusal.value.retry_after_seconds
    throttle.take({"a": Limit(1, 60.5, "knock")})


def test_a_refused_try_counts_under_none_of_its_keys() -> None:
    throttle = Throttle(HandClock())
    throttle.take({"a": Limit(1, 60, "knock")})
    for _ in range(10):
        with pytest.raises(Throttled):
            throttle.take({"b": THREE_A_MINUTE, "a": Limit(1, 60, "knock")})
    for _ in range(3):
        throttle.take({"b": THREE_A_MINUTE})


def test_a_try_given_back_was_none() -> None:
    throttle = Throttle(HandClock())
    for _ in range(100):
        throttle.take({"a": THREE_A_MINUTE})
        throttle.give_back({"a": THREE_A_MINUTE})
    assert throttle.key_count == 0


def test_a_forgotten_key_begins_anew() -> None:
    throttle = Throttle(HandClock())
    throttle.take({"a": Limit(1, 60, "knock")})
    throttle.forget("a")
    throttle.take({"a": Limit(1, 60, "knock")})


def test_memory_is_bounded_and_the_busiest_key_stays_refused() -> None:
    throttle = Throttle(HandClock(), max_keys=100)
    for number in range(1000):
        throttle.take({f"flood {number}": THREE_A_MINUTE, "flooder": Limit(1000, 60, "flood")})
    assert throttle.key_count == 100
    with pytest.raises(Throttled):
        throttle.take({"flooder": Limit(1000, 60, "flood")})
