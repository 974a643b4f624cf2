"""The bus: everybody who shares a topic hears, nobody waits, and who is too slow is told."""

import asyncio

from lossy.bus import Bus, Missed
from lossy.events import Event, RecogniserChanged, TurnFailed, VideoChanged

SECONDS = 10.0


async def test_every_subscription_of_a_topic_hears_in_order() -> None:
    bus = Bus()
    one, two, other = bus.subscribe("user:u"), bus.subscribe("user:u"), bus.subscribe("user:v")
    events = [_failed("1"), _failed("2")]
    for event in events:
        bus.publish(event)
    assert one.drain() == two.drain() == events
    assert other.drain() == []


async def test_an_event_is_heard_once_also_where_several_topics_match() -> None:
    bus = Bus()
    ear = bus.subscribe("user:u", "video:v", "session:s")
    event = VideoChanged(user_id="u", video_id="v", session_id="s")
    bus.publish(event)
    assert set(event.topics) == ear.topics
    assert ear.drain() == [event]


async def test_what_concerns_everybody_is_heard_by_who_asked_for_that() -> None:
    bus = Bus()
    everybody, one = bus.subscribe("user:*"), bus.subscribe("user:u")
    event = RecogniserChanged(model="m", phase="fetching", progress=0.5, message="Half of it is here.")
    bus.publish(event)
    assert everybody.drain() == [event]
    assert one.drain() == []


async def test_who_is_slow_loses_the_oldest_and_hears_how_many() -> None:
    bus = Bus()
    slow, quick = bus.subscribe("user:u", limit=2), bus.subscribe("user:u")
    events = [_failed(str(number)) for number in range(5)]
    for event in events:
        bus.publish(event)
    assert slow.drain() == [Missed(3), *events[3:]]
    assert quick.drain() == events
    bus.publish(events[0])
    assert slow.drain() == [events[0]]


async def test_a_gap_is_told_to_everybody() -> None:
    bus = Bus()
    ears = [bus.subscribe("user:u"), bus.subscribe("video:v", "session:s")]
    bus.tell_missed()
    assert [await asyncio.wait_for(ear.batch(), SECONDS) for ear in ears] == [[Missed(1)], [Missed(1)]]


async def test_iterating_waits_for_events_and_ends_when_closed() -> None:
    bus = Bus()
    ear = bus.subscribe("user:u")
    heard: list[Event | Missed] = []
    came = asyncio.Event()

    async def listen() -> None:
        async for item in ear:
            heard.append(item)
            came.set()

    listening = asyncio.create_task(listen())
    bus.publish(event := _failed("late"))
    await asyncio.wait_for(came.wait(), SECONDS)
    ear.close()
    await asyncio.wait_for(listening, SECONDS)
    assert heard == [event]


async def test_what_waited_at_the_close_is_still_heard() -> None:
    bus = Bus()
    with bus.subscribe("user:u") as ear:
        bus.publish(event := _failed("last"))
    bus.publish(_failed("too late"))
    assert [item async for item in ear] == [event]


async def test_swapping_topics_keeps_what_waits_and_hears_the_new_ones_only() -> None:
    bus = Bus()
    ear = bus.subscribe("user:u")
    bus.publish(before := _failed("before"))
    ear.swap(frozenset({"user:v"}))
    bus.publish(_failed("not any more"))
    bus.publish(after := _failed("after", "v"))
    assert ear.drain() == [before, after]


async def test_a_topic_that_nobody_hears_takes_no_memory() -> None:
    bus = Bus()
    ear = bus.subscribe("user:u", "video:v")
    ear.swap(frozenset({"session:s"}))
    assert bus.topics == {"session:s"}
    ear.close()
    ear.close()
    bus.publish(_failed("into the void"))
    assert bus.topics == frozenset()


async def test_a_relay_gets_a_copy_of_what_is_published_and_not_of_what_is_delivered() -> None:
    bus = Bus()
    copies: asyncio.Queue[Event] = asyncio.Queue(2)
    bus.attach_relay(copies)
    events = [_failed(str(number)) for number in range(3)]
    bus.deliver(_failed("from elsewhere"))
    for event in events:
        bus.publish(event)
    assert [copies.get_nowait() for _ in range(copies.qsize())] == events[1:]
    bus.detach_relay(copies)
    bus.publish(events[0])
    assert copies.empty()


def _failed(message: str, user_id: str = "u") -> Event:
    return TurnFailed(user_id=user_id, turn_id="t", code="unavailable", message=message)
