"""Browsers on this machine: kept warm between attempts, and ended one attempt at a time."""

import asyncio
import signal
import sys

import pytest

from lossy.automation.browsers.local import LocalBrowsers
from lossy.errors import Unavailable


async def test_ending_an_attempt_that_is_over_leaves_the_next_one_alone() -> None:
    browsers = LocalBrowsers(at_once=1)
    async with browsers.open(None, {}) as first:
        pass
    async with browsers.open(None, {}) as second:
        page = await second.context.new_page()
        await browsers.end(first.key)
        assert await page.evaluate("1 + 1") == 2
        await browsers.end(second.key)
        assert page.is_closed()
    assert browsers.launched == 1
    await browsers.aclose()


MAKER = """
import asyncio
from lossy.automation.browsers.local import LocalBrowsers

async def main():
    async with LocalBrowsers().open(None, {}) as opened:
        print(opened.key, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_browser_of_a_killed_process_is_ended_by_its_key_and_by_the_next_start() -> None:
    browsers = LocalBrowsers()
    keys = []
    for _ in range(2):
        maker = await asyncio.create_subprocess_exec(sys.executable, "-c", MAKER, stdout=asyncio.subprocess.PIPE)
        assert maker.stdout is not None
        keys.append((await maker.stdout.readline()).decode().strip())
        maker.send_signal(signal.SIGKILL)
        await maker.wait()
    await browsers.end(keys[0])
    assert await browsers.reap() <= 1  # Chromium may have noticed itself that its driver is dead
    assert await browsers.reap() == 0


async def test_a_browser_without_a_place_for_its_profile_says_what_is_the_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browsers = LocalBrowsers()
    monkeypatch.setenv("TMPDIR", "/proc/no-room")
    with pytest.raises(Unavailable) as refused:
        async with browsers.open(None, {}):
            pass
    await browsers.aclose()
    assert refused.value.message == "No browser could be started for posting. See: lossy doctor"
