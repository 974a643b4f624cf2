"""The bench of what the extension costs: figures of real pages in real browsers, for a moment each."""

from pathlib import Path

from lossy.bench.extension import PAGES, measure_extension
from lossy.bench.pictures import measure_pictures


async def test_every_figure_is_there(chromium_path: Path) -> None:
    figures = await measure_extension(0.5, chromium_path)
    assert list(figures) == [f"{name}_page_without_a_video" for name in PAGES]
    for figure in figures.values():
        assert figure["page_alone_scripting_ms_per_second"] >= 0
        assert figure["heap_mb"] > 0


async def test_pictures_of_a_large_film_are_taken(chromium_path: Path) -> None:
    figures = await measure_pictures(chromium_path, 3)
    assert figures["picture_of_1080p_standing_ms"]["p50"] > 0
    assert figures["picture_of_1080p_playing_ms"]["p50"] > 0
    assert figures["picture_kb"]["max"] > 1
