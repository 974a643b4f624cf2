"""The bench of jobs against real processes: that it measures, not how fast this machine is."""

import math

from lossy.bench.jobs import measure_jobs


async def test_every_figure_is_there() -> None:
    figures = await measure_jobs(rounds=1, jobs=3, lease_seconds=1)
    assert len(figures) == 4
    for figure in figures.values():
        assert isinstance(figure, dict), "Redis is on every machine that tests"
        assert all(math.isfinite(value) and value > 0 for value in figure.values())
