"""`lossy serve` whose YouTube is the stand-in at an address: the platforms' own are no setting."""

import asyncio
import sys

import click

from lossy.agent.core import Core
from lossy.app import serve
from lossy.settings import get_settings
from tests.automation.api_sites import youtube_at


async def _main(url: str) -> None:
    api = youtube_at(url)
    await serve(Core(get_settings(), {api.platform: api}), click.echo)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
