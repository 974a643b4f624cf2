"""Lossy as a child of the bench, which tells it over standard input what to put on its bus.

Each order is a line, a JSON list of events; the answer is the wall-clock second at which the first of them was
published. Standard output belongs to the answers.
"""

import asyncio
import json
import sys
import time

import click

from lossy.agent.core import Core
from lossy.app import serve
from lossy.events import EVENT
from lossy.settings import Settings


async def main() -> None:
    """Serve until told to stop, or until standard input ends."""
    core = Core(Settings())
    serving = asyncio.create_task(serve(core, lambda line: click.echo(line, err=True)))
    orders = asyncio.create_task(_take_orders(core))
    await asyncio.wait({serving, orders}, return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, orders):
        task.cancel()
    await asyncio.gather(serving, orders, return_exceptions=True)


async def _take_orders(core: Core) -> None:
    orders = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for order in orders:
        events = [EVENT.validate_python(event) for event in json.loads(order)]
        at = time.time()
        for event in events:
            core.bus.publish(event)
        click.echo(at)


if __name__ == "__main__":
    asyncio.run(main())
