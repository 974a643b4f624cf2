"""What the note list shows of what it has, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import LiveServer

SOON_MS = 15_000
RESET = """async (notes) => {
    const { review } = await import("lossy/review.js");
    review.notes.apply([["reset", notes]]);
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "data").start()
    yield live
    live.stop()


def note(number: int, status: str, category: str, created: int) -> dict[str, object]:
    return {
        "id": f"n{number}",
        "turn_id": None,
        "text": f"Remark {number}",
        "start_seconds": number,
        "end_seconds": None,
        "category": category,
        "confidence": 0.9,
        "status": status,
        "error": None,
        "created_at": f"2026-01-01T00:00:0{created}Z",
        "version": 1,
    }


NOTES = [
    note(1, "firmed", "audio", 3),
    note(2, "posted", "audio", 1),
    note(3, "needs_login", "pacing", 2),
    note(4, "firmed", "pacing", 4),
]


def test_status_category_words_and_sort_choose_what_is_listed(page: Page, server: LiveServer) -> None:
    ann = server.person("ann@example.org")
    video = ann.open_video("https://media.example.com/cut.mp4", "Harbour cut")["video"]
    page.add_init_script(f"localStorage.setItem('lossy.token', '{ann.token}')")
    page.goto(f"{server.url}/review/{video}")
    expect(page.get_by_text("No notes yet")).to_be_visible(timeout=SOON_MS)
    page.evaluate(RESET, NOTES)
    texts = page.locator("article.note p.text")
    expect(texts).to_have_text(["Remark 1", "Remark 2", "Remark 3", "Remark 4"])

    page.get_by_role("button", name="Sorted by time; sort by newest").click()
    expect(texts).to_have_text(["Remark 4", "Remark 1", "Remark 3", "Remark 2"])
    page.get_by_role("button", name="Open 2").click()
    expect(texts).to_have_text(["Remark 4", "Remark 1"])
    page.get_by_role("button", name="pacing, 2").click()
    expect(texts).to_have_text(["Remark 4"])
    page.get_by_role("button", name="Needs you 1").click()
    expect(texts).to_have_text(["Remark 3"])
    page.get_by_role("button", name="Posted 1").click()
    expect(page.get_by_text("Nothing fits this filter")).to_be_visible()
    page.get_by_role("button", name="Show all notes").click()
    expect(texts).to_have_count(4)
    page.get_by_role("searchbox").fill("mark 2")
    expect(texts).to_have_text(["Remark 2"])


def test_all_videos_can_be_asked_for_where_this_one_has_no_notes(page: Page, server: LiveServer) -> None:
    ann = server.person("ann@example.org")
    here = ann.open_video("https://media.example.com/cut.mp4", "Harbour cut")["video"]
    page.add_init_script(f"localStorage.setItem('lossy.token', '{ann.token}')")
    page.goto(f"{server.url}/review/{here}")
    page.get_by_role("button", name="Notes of all videos").click(timeout=SOON_MS)
    back = page.get_by_role("button", name="Notes of all videos; show this video only")
    expect(back).to_be_visible()
    back.click()

    expect(page.get_by_role("button", name="Notes of all videos", exact=True)).to_be_visible()
