from typing import Any

import pytest

from tests.web.rest import FILM, Person, Rest, refusal


async def test_opening_a_video_twice_is_one_review(ann: Person, film: dict[str, Any]) -> None:
    again = (await ann.post("/api/videos", json={"url": FILM + "?utm_source=x"})).json()
    assert (again["video"], again["session"], again["title"]) == (film["video"], film["session"], "A film")
    library = (await ann.get("/api/videos")).json()
    assert [video["id"] for video in library["videos"]] == [film["video"]]
    assert library["counts"] == {"queued": 1}


async def test_a_local_file_is_a_video_too(ann: Person) -> None:
    named = {"file": {"size_bytes": 5, "sha256": "a" * 64}, "title": "rushes.mov"}
    opened = (await ann.post("/api/videos", json=named)).json()
    assert opened["title"] == "rushes.mov"
    assert opened["notes"] == []


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, "The body: name the video by its url or by its file."),
        ({"url": "ftp://example.org/x"}, "A video's address must begin with http:// or https://."),
        ({"url": "javascript:alert(1)"}, "A video's address must begin with http:// or https://."),
    ],
)
async def test_what_names_no_video_is_refused(ann: Person, context: dict[str, Any], message: str) -> None:
    assert refusal(await ann.post("/api/videos", json=context)) == (422, "invalid_input", message)


async def test_the_notes_in_the_opened_video_are_those_of_the_list(
    rest: Rest, ann: Person, film: dict[str, Any]
) -> None:
    await rest.add_note(ann, film["video"], "Cut this shot", start_seconds=20.0)
    await rest.add_note(ann, film["video"], "Lower the music", start_seconds=3.0)
    opened = (await ann.post("/api/videos", json={"url": FILM})).json()
    listed = (await ann.get("/api/notes", params={"video": FILM})).json()
    assert [note["text"] for note in listed["notes"]] == ["Lower the music", "Cut this shot"]
    assert opened["notes"] == listed["notes"]
    assert opened["seq"] == (await ann.get("/api/events")).json()["events"][-1]["seq"]


async def test_a_deleted_video_takes_its_notes_along(rest: Rest, ann: Person, film: dict[str, Any]) -> None:
    note = await rest.add_note(ann, film["video"], "Lower the music", session_id=film["session"])
    assert (await ann.delete(f"/api/videos/{film['video']}")).json() == {"ok": True}
    assert (await ann.get("/api/videos")).json() == {"videos": [], "counts": {}}
    assert (await ann.get(f"/api/notes/{note}")).status_code == 404
    assert (await ann.get("/api/events")).json()["events"] == []


async def test_events_come_in_order_from_where_they_are_asked(rest: Rest, ann: Person, film: dict[str, Any]) -> None:
    for number in range(3):
        await rest.add_note(ann, film["video"], f"Shot {number}", session_id=film["session"])
    events = (await ann.get("/api/events")).json()["events"]
    seqs = [event["seq"] for event in events]
    assert seqs == sorted(seqs)
    later = (await ann.get(f"/api/events?since={seqs[-2]}")).json()
    assert later == {"events": events[-1:], "more": False}
    of_session = (await ann.get("/api/events", params={"session": film["session"]})).json()["events"]
    assert [event["note"]["text"] for event in of_session] == ["Shot 0", "Shot 1", "Shot 2"]


async def test_a_deleted_video_ends_what_was_open_on_it_and_says_so(
    rest: Rest, ann: Person, film: dict[str, Any]
) -> None:
    assert [session.video_id for session in rest.core.sessions.live] == [film["video"]]
    with rest.core.bus.subscribe(f"video:{film['video']}") as news:
        await ann.delete(f"/api/videos/{film['video']}")
        assert [getattr(item, "type", "") for item in news.drain()] == ["video_removed"]
    assert rest.core.sessions.live == ()
