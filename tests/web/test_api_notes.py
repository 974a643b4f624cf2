from typing import Any

import pytest

from lossy.db import videos
from lossy.db.models import Role
from tests.web.rest import Person, Rest, refusal


async def test_notes_are_found_by_status_and_words_and_come_in_pages(
    rest: Rest, ann: Person, film: dict[str, Any]
) -> None:
    for number in range(5):
        await rest.add_note(ann, film["video"], f"Shot {number}", start_seconds=float(number))
    await rest.add_note(ann, film["video"], "100% too loud", status="ghost", start_seconds=9.0)

    async def texts(**asked: Any) -> list[str]:
        return [note["text"] for note in (await ann.get("/api/notes", params=asked)).json()["notes"]]

    assert await texts(search="shot 3") == ["Shot 3"]
    assert await texts(search="0% t") == ["100% too loud"]
    assert await texts(status="ghost") == ["100% too loud"]
    assert len(await texts(status=["ghost", "firmed"], video_id=film["video"])) == 6
    assert await texts(limit=2, offset=4) == ["Shot 4", "100% too loud"]
    assert (await ann.get("/api/notes?limit=2")).json()["more"] is True
    assert (await ann.get("/api/notes?limit=2&offset=4")).json()["more"] is False


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: input should be greater than or equal to 1."),
        ("color=red", "color: extra inputs are not permitted."),
        ("search=%00", "search: the character NUL can't be used."),
        ("video=https://a.b/c&video_id=12345678", "Name the video by its address or by its id, not by both."),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(ann: Person, query: str, message: str) -> None:
    assert refusal(await ann.get(f"/api/notes?{query}")) == (422, "invalid_input", message)


async def test_an_edit_is_kept_with_what_was_before(rest: Rest, ann: Person, film: dict[str, Any]) -> None:
    note = await rest.add_note(ann, film["video"], "Lower the musik")
    changes = {"text": "Lower the music", "category": "audio", "start_seconds": 3.5, "version": 1}
    edited = (await ann.patch(f"/api/notes/{note}", json=changes)).json()
    assert (edited["text"], edited["start_seconds"], edited["version"]) == ("Lower the music", 3.5, 2)
    assert (await ann.get(f"/api/notes/{note}")).json() == edited
    (change,) = (await ann.get(f"/api/notes/{note}/history")).json()["changes"]
    assert (change["change"], change["actor_id"]) == ("edited", ann.user_id)
    assert change["before"]["text"] == "Lower the musik"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"text": "x", "version": 7}, (409, "conflict")),
        ({"version": 1}, (422, "invalid_input")),
        ({"text": "  "}, (422, "invalid_input")),
        ({"text": "x" * 201}, (422, "invalid_input")),
        ({"text": "a\0b"}, (422, "invalid_input")),
        ({"category": "smell"}, (422, "invalid_input")),
        ({"status": "posted"}, (422, "invalid_input")),
        ({"start_seconds": -1}, (422, "invalid_input")),
    ],
)
async def test_an_edit_that_can_not_be_is_refused_and_changes_nothing(
    rest: Rest, ann: Person, film: dict[str, Any], body: dict[str, Any], refused: tuple[int, str]
) -> None:
    note = await rest.add_note(ann, film["video"], "Lower the music")
    before = (await ann.get(f"/api/notes/{note}")).json()
    assert refusal(await ann.patch(f"/api/notes/{note}", json=body))[:2] == refused
    assert (await ann.get(f"/api/notes/{note}")).json() == before


async def test_a_deleted_note_is_nowhere_until_it_is_brought_back(
    rest: Rest, ann: Person, film: dict[str, Any]
) -> None:
    note = await rest.add_note(ann, film["video"], "Lower the music")
    for _ in range(2):
        assert (await ann.delete(f"/api/notes/{note}")).json() == {"ok": True}
    assert refusal(await ann.get(f"/api/notes/{note}")) == (404, "not_found", "This note was deleted.")
    assert (await ann.get("/api/notes")).json()["notes"] == []
    assert refusal(await ann.patch(f"/api/notes/{note}", json={"text": "x"}))[:2] == (409, "conflict")
    assert (await ann.post(f"/api/notes/{note}/restore")).json()["text"] == "Lower the music"
    assert len((await ann.get("/api/notes")).json()["notes"]) == 1


async def test_a_viewer_reads_but_does_not_write(rest: Rest, ann: Person, film: dict[str, Any]) -> None:
    ben = await rest.person("ben@example.org")
    note = await rest.add_note(ann, film["video"], "Lower the music")
    async with rest.core.database.write() as db:
        await videos.add_member(db, ann.user_id, film["video"], ben.email, Role.VIEWER)
    assert (await ben.get(f"/api/notes/{note}")).status_code == 200
    for answer in (
        await ben.patch(f"/api/notes/{note}", json={"text": "x"}),
        await ben.delete(f"/api/notes/{note}"),
        await ben.delete(f"/api/videos/{film['video']}"),
    ):
        assert refusal(answer)[:2] == (403, "not_allowed")
