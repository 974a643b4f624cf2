"""`lossy jobs`: what durable work waits, runs or is dead, and a word about it."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from lossy.cli_database import with_database


@click.group()
def jobs() -> None:
    """Durable work: what waits, runs or has failed."""


@jobs.command("list")
@click.option("--state", type=click.Choice(["ready", "running", "done", "dead", "discarded"]), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def jobs_list(state: str | None, *, as_json: bool) -> None:
    """List the jobs, newest first."""
    from lossy.db.jobs import list_jobs  # noqa: PLC0415
    from lossy.events import JobState  # noqa: PLC0415

    async def read(database: Any) -> list[Any]:
        async with database.read() as db:
            return await list_jobs(db, *([JobState(state)] if state else []))

    listed = with_database(read)
    if as_json:
        columns = {"id", "queue", "name", "state", "attempt", "error", "run_at", "created_at", "updated_at"}
        click.echo(json.dumps([job.model_dump(mode="json", include=columns) for job in listed], indent=2))
        return
    for job in listed:
        age = _ago(datetime.now(UTC) - job.created_at)
        click.echo(
            f"{job.id}  {job.state:<9} {job.queue:<13} {job.name:<18} {job.attempt}x  {age:>8}  {job.error or ''}"
        )
    if not listed:
        click.echo("There are no such jobs." if state else "There are no jobs.", err=True)


@jobs.command("retry")
@click.argument("job_id")
def jobs_retry(job_id: str) -> None:
    """Let a dead or discarded job begin anew."""
    from lossy.db.jobs import retry_job  # noqa: PLC0415

    async def retry(database: Any) -> None:
        async with database.write() as db:
            await retry_job(db, job_id)

    with_database(retry)
    click.echo(f"Job {job_id} waits for its next attempt.")


@jobs.command("discard")
@click.argument("job_id")
def jobs_discard(job_id: str) -> None:
    """Give a waiting or dead job up."""
    from lossy.db.jobs import discard_job  # noqa: PLC0415

    async def discard(database: Any) -> None:
        async with database.write() as db:
            await discard_job(db, job_id)

    with_database(discard)
    click.echo(f"Job {job_id} is discarded.")


def _ago(age: Any) -> str:
    seconds = int(age.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
