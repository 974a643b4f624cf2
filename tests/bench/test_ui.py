"""The bench of pages against real servers and a real browser: that it measures, not how fast this machine is."""

import math
from pathlib import Path

from lossy.bench.ui import measure_ui

FIGURES = ("event_to_panel_ms", "event_to_bare_label_ms", "ratio")


async def test_every_figure_is_there(chromium_path: Path) -> None:
    figures = await measure_ui(2, (2, 1), chromium_path)
    for pages in ("one_page", "2_pages_and_50_clients"):
        for name in FIGURES:
            assert all(math.isfinite(value) and value > 0 for value in figures[pages][name].values())
    assert figures["javascript_heap_of_a_panel_mb"] > 0
    assert set(figures["server_memory_per_idle_page_mb"]) == {"panel", "bare_label"}
