"""What Lossy measures of itself, with the goals beside the figures: `lossy bench`.

Every figure has its unit in its name. What a figure is compared with is measured in the same run, in turn, because a
machine is never as fast as it was yesterday.
"""

from collections.abc import Awaitable, Callable
from typing import Any

Measure = Callable[[], Awaitable[dict[str, Any]]]
BENCHES = ("voice", "stt", "noise", "jobs", "start", "ui", "extension", "posting", "hands-free")


async def run_bench(name: str) -> dict[str, Any]:
    """Measure one of `BENCHES`, or `all`; the figures come by the name of the bench."""
    from lossy.automation.chromium import find_chromium  # noqa: PLC0415
    from lossy.bench.extension import measure_extension  # noqa: PLC0415
    from lossy.bench.hands_free import measure_hands_free  # noqa: PLC0415
    from lossy.bench.jobs import measure_jobs  # noqa: PLC0415
    from lossy.bench.noise import measure_noise  # noqa: PLC0415
    from lossy.bench.pictures import measure_pictures  # noqa: PLC0415
    from lossy.bench.posting import measure_posting  # noqa: PLC0415
    from lossy.bench.start import measure_start  # noqa: PLC0415
    from lossy.bench.stt import measure_stt  # noqa: PLC0415
    from lossy.bench.ui import measure_ui  # noqa: PLC0415
    from lossy.bench.voice import measure_voice  # noqa: PLC0415

    async def extension() -> dict[str, Any]:
        return await measure_extension() | await measure_pictures(find_chromium())

    measures: dict[str, Measure] = {
        "voice": measure_voice,
        "stt": measure_stt,
        "noise": measure_noise,
        "jobs": measure_jobs,
        "start": measure_start,
        "ui": measure_ui,
        "hands-free": measure_hands_free,
        "extension": extension,
        "posting": measure_posting,
    }
    names = BENCHES if name == "all" else (name,)
    return {each: await measures[each]() for each in names}
