"""The bench of posting: that it measures, not how fast this machine is."""

from lossy.bench.posting import measure_posting


async def test_every_figure_is_there() -> None:
    figures = await measure_posting(accounts=2, notes_each=2, faults=1)
    local = figures["local_chromium"]
    assert (local["notes"], local["success_at_first_attempt"]) == (4, 1.0)
    assert 0 < local["seconds"]["p50"] <= local["seconds"]["p95"]
    assert 1 <= local["browsers_launched"] <= 2
    assert local["most_memory_of_browsers_mb"] > 10
    assert figures["killed_workers"]["most_comments_of_a_note"] <= 1
