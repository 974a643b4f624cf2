"""The bench of hands-free, a few remarks and a moment of noise: the real extension in a real browser."""

from pathlib import Path

import pytest

from lossy.bench.hands_free import measure_hands_free


@pytest.mark.timeout(300)
async def test_every_remark_is_a_note_in_its_order_and_noise_is_none(chromium_path: Path) -> None:
    figures = await measure_hands_free(remarks=4, noise_minutes=0.2, chromium=chromium_path, pauses=2)
    heard = figures["remarks"]
    assert (heard["notes"], heard["in_order"], heard["extra"]) == (4, 4, 0)
    assert heard["time_error_ms"]["p100"] >= 0
    assert figures["speech_to_pause"]["paused"] >= 1
    assert figures["noise"]["notes"] == 0
