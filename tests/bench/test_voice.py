"""The voice bench against a real server: that it measures, not how fast this machine is."""

import math

from lossy.bench.voice import measure_voice
from lossy.demo import read_utterances

PERCENTILES = {
    "last_word_to_ghost_note_ms": {"p50", "p95", "goal_p50", "goal_p95"},
    "end_silence_ms": {"p50", "p95"},
    "decode_ms": {"p50", "p95"},
    "engine_alone_decode_ms": {"p50", "p95"},
    "structuring_ms": {"p50", "p95"},
    "own_share_ms": {"p50", "p95", "goal_p95"},
    "press_to_listening_ms": {"p50", "p95", "goal_p95"},
    "chunk_acknowledged_ms": {"p50", "p99"},
    "note_time_error_ms": {"p50", "p100", "goal_p50"},
}


async def test_two_remarks_give_every_figure() -> None:
    figures = await measure_voice(read_utterances().remarks[:2])
    measured = {name: set(figure) for name, figure in figures.items() if isinstance(figure, dict)}
    assert measured == PERCENTILES
    assert all(math.isfinite(value) for name in PERCENTILES for value in figures[name].values())
    assert figures["utterances"] == 2
    assert figures["category_hits"] == 2
    assert figures["word_error_percent"] == 0
