"""Whose job is given up has a visible end, and only one."""

import asyncio

from lossy.db import jobs, posts
from lossy.events import NoteStatus
from tests.automation.conftest import Poster

KEEPERS = 8


async def test_several_who_keep_house_give_a_post_one_end(poster: Poster) -> None:
    note = await poster.note()
    await poster.ask(note)
    async with poster.database.write() as db:
        [job] = await jobs.list_jobs(db)
        await jobs.discard_job(db, job.id)
    async with poster.database.read() as db:
        [given_up] = await posts.given_up(db)

    async def keep() -> None:
        async with poster.database.write() as db:
            await posts.settle_given_up(db, given_up)

    await asyncio.gather(*(keep() for _ in range(KEEPERS)))
    assert (await poster.end_of(note)).status is NoteStatus.FAILED
    _, steps = await poster.posted(note)
    assert [step.step for step in steps] == ["queued", "failed"]
