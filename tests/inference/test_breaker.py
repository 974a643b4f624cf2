from lossy.inference.breaker import FAILURES, REST_SECONDS, Breaker


class Hands:
    """A clock that a test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def broken(clock: Hands) -> Breaker:
    breaker = Breaker(monotonic=clock)
    for _ in range(FAILURES):
        assert breaker.lets_through()
        breaker.failed()
    return breaker


def test_an_engine_that_keeps_failing_is_left_alone_for_a_while() -> None:
    clock = Hands()
    breaker = broken(clock)
    assert not breaker.lets_through()
    clock.now += REST_SECONDS - 1
    assert not breaker.lets_through()


def test_after_the_rest_one_try_goes_through_and_decides() -> None:
    clock = Hands()
    breaker = broken(clock)
    clock.now += REST_SECONDS
    assert breaker.lets_through()
    assert not breaker.lets_through(), "one at a time"
    breaker.succeeded()
    assert breaker.lets_through()


def test_a_try_that_fails_begins_another_rest() -> None:
    clock = Hands()
    breaker = broken(clock)
    clock.now += REST_SECONDS
    assert breaker.lets_through()
    breaker.failed()
    clock.now += REST_SECONDS - 1
    assert not breaker.lets_through()


def test_a_success_in_between_is_a_new_beginning() -> None:
    breaker = Breaker(monotonic=Hands())
    for _ in range(3 * FAILURES):
        breaker.failed()
        breaker.succeeded()
    assert breaker.lets_through()
