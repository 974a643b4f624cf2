"""Remarks that come whole and late become notes once, where the video stood."""

import time
from typing import Any
from uuid import uuid4

import pytest

from lossy.db.models import Recording, RecordingMode, Turn
from lossy.db.types import new_id
from lossy.events import TurnState
from tests.web.rest import Person, Rest

FILM = "https://films.example/harbour"


def a_remark(text: str = "the music is too loud", **more: Any) -> dict[str, Any]:
    return {
        "id": uuid4().hex, "video": {"url": FILM, "title": "Harbour"}, "text": text, "position": 12.5, "rate": 1.0,
        "said_at": time.time() - 60, "confidence": 0.8, "model": "demo", **more,
    }  # fmt: skip


async def send(person: Person, **remark: Any) -> dict[str, Any] | None:
    answer = await person.post("/api/remarks", json=remark)
    assert answer.status_code == 200, answer.text
    note: dict[str, Any] | None = answer.json()["note"]
    return note


async def notes_of(person: Person) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await person.get("/api/notes")).json()["notes"]
    return listed


async def test_a_remark_is_one_note_however_often_it_is_sent(rest: Rest, ann: Person) -> None:
    remark = a_remark()
    first, again = await send(ann, **remark), await send(ann, **remark)
    assert first == again
    [note] = await notes_of(ann)
    assert (note["id"], note["text"], note["status"]) == (remark["id"], "The music is too loud", "firmed")
    assert (note["category"], note["engine"]) == ("audio", "wasm/demo+rules")
    assert note["start_seconds"] == pytest.approx(11.9), "seen a reaction time before the first word"


async def test_a_video_that_stood_still_was_seen_where_it_stood(rest: Rest, ann: Person) -> None:
    note = await send(ann, **a_remark(rate=0.0))
    assert note is not None
    assert note["start_seconds"] == 12.5


async def test_what_was_typed_stands_as_it_was_typed(rest: Rest, ann: Person) -> None:
    note = await send(ann, **a_remark("hmm, the logo… is 2 px off", model="", rate=1.0))
    assert note is not None
    assert (note["text"], note["start_seconds"], note["engine"]) == ("hmm, the logo… is 2 px off", 12.5, "typed")
    answer = await ann.post("/api/remarks", json=a_remark("x" * 201, model=""))
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        422, "A note has at most 200 characters; this has 201.",
    )  # fmt: skip


async def test_scratch_that_takes_the_last_one_back_once(rest: Rest, ann: Person) -> None:
    await send(ann, **a_remark("the logo is too small", said_at=time.time() - 50))
    await send(ann, **a_remark("the music is too loud", said_at=time.time() - 40))
    scratch = a_remark("scratch that", said_at=time.time() - 30)
    assert await send(ann, **scratch) is None
    assert await send(ann, **scratch) is None
    assert [note["text"] for note in await notes_of(ann)] == ["The logo is too small"]


async def test_other_orders_are_no_notes(rest: Rest, ann: Person) -> None:
    assert await send(ann, **a_remark("go to two minutes ten")) is None
    assert await notes_of(ann) == []


async def test_an_id_of_somebody_elses_note_is_refused(rest: Rest, ann: Person) -> None:
    remark = a_remark()
    await send(ann, **remark)
    ben = await rest.person("ben@example.org")
    answer = await ben.post("/api/remarks", json=remark)
    assert answer.status_code == 409
    assert await notes_of(ben) == []


async def test_a_note_of_its_first_words_gets_the_rest(rest: Rest, ann: Person) -> None:
    opened = (await ann.post("/api/videos", json={"url": FILM})).json()
    recording, turn = new_id(), new_id()
    async with rest.core.database.write() as db:
        mode = RecordingMode.HANDS_FREE
        db.add(Recording(id=recording, session_id=opened["session"], user_id=ann.user_id, mode=mode))
        await db.flush()
        made = {"session_id": opened["session"], "recording_id": recording, "state": TurnState.IDLE}
        db.add(Turn(id=turn, start_sample=0, onset_sample=16_000, **made))
    note = await rest.add_note(ann, opened["video"], "The music", turn_id=turn, raw_transcript="the music")
    sent = await send(ann, **a_remark(recording=recording, first_sample=16_000))
    assert sent is not None
    assert (sent["id"], sent["text"], sent["raw_transcript"]) == (
        note,
        "The music is too loud",
        "the music is too loud",
    )
    assert [one["id"] for one in await notes_of(ann)] == [note]
    assert await send(ann, **a_remark(recording=recording, first_sample=16_000)) == sent
