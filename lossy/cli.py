"""`lossy`, the command line. Errors are one clear line on stderr and a non-zero exit."""

import asyncio
import json
import logging
import sys
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from lossy import __version__
from lossy.errors import InvalidInput, LossyError, NotSignedIn, SetupProblem
from lossy.settings import Settings, get_settings

T = TypeVar("T")
_SERVER_OPTION = click.option("--server", metavar="URL", help="The Lossy server (default: the local one).")
_TOKEN_OPTION = click.option("--token", metavar="T", help="Who you are (default: the owner of the local Lossy).")
ONE_COMMAND = timedelta(hours=2)
"""How long the token works that a command makes for itself: longer than any file is spoken."""
_JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class OneLineErrors(click.Group):
    """Turns expected failures into one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; say what went wrong in words."""
        try:
            return super().invoke(ctx)
        except LossyError as error:
            raise click.ClickException(error.message) from error


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lossy")
def main() -> None:
    """Speak while you watch a video; get clear, time-coded notes."""


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default: LOSSY_PORT, 4000).")
def serve(port: int | None) -> None:
    """Serve the dashboard, the sockets and REST."""
    from lossy.inference.threads import limit_native_threads  # noqa: PLC0415

    limit_native_threads()
    from lossy.app import serve as serve_app  # noqa: PLC0415

    settings = _settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "uvicorn.error", "uvicorn", "alembic", "faster_whisper"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(serve_app(settings, click.echo))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--video", required=True, metavar="URL", help="The video's address.")
@click.option("--at", "at_seconds", required=True, type=float, help="The video's position at the first sample, in s.")
@_SERVER_OPTION
@_TOKEN_OPTION
@_JSON_OPTION
def say(file: Path, video: str, at_seconds: float, server: str | None, token: str | None, *, as_json: bool) -> None:
    """Stream a WAV file through the real audio socket at the speed of speech, and print what becomes of it."""
    from lossy.cli_say import run_say  # noqa: PLC0415

    server, token = _whom(server, token)
    sys.exit(_run(run_say(file, video, at_seconds, server, token, as_json=as_json)))


@main.command()
@click.option("--video", required=True, metavar="URL", help="The video's address.")
@_SERVER_OPTION
@_TOKEN_OPTION
@_JSON_OPTION
def notes(video: str, server: str | None, token: str | None, *, as_json: bool) -> None:
    """List your notes on a video, in the order of the video."""
    from lossy.client import api, notes_on  # noqa: PLC0415
    from lossy.events import Note  # noqa: PLC0415
    from lossy.timecode import format_timecode  # noqa: PLC0415

    whom = _whom(server, token)

    async def fetch() -> list[Note]:
        async with api(*whom) as client:
            return await notes_on(client, video)

    listed = _run(fetch())
    if as_json:
        click.echo(json.dumps([note.model_dump(mode="json") for note in listed], indent=2))
        return
    for note in listed:
        click.echo(f"{format_timecode(note.start_seconds)}  {note.category.value:<9} {note.text}")
    if not listed:
        click.echo("No notes on this video yet.", err=True)


@main.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("email")
def user_add(email: str) -> None:
    """Make an account; the password is read from standard input."""
    from lossy.agent.accounts import normal_email  # noqa: PLC0415
    from lossy.agent.passwords import Argon2  # noqa: PLC0415
    from lossy.db import users  # noqa: PLC0415

    password = click.prompt("Password", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    given = _credentials(email, password.rstrip("\r\n"))

    async def add(database: Any) -> None:
        password_hash = await Argon2().hash(given.password)
        async with database.write() as db:
            await users.add_user(db, normal_email(given.email), password_hash)

    _with_database(add)
    click.echo(f"Added {given.email}.")


@user.command("token")
@click.argument("email")
def user_token(email: str) -> None:
    """Print a new token of an account; it works for 30 days."""
    from lossy.db import users  # noqa: PLC0415

    async def issue(database: Any) -> str:
        async with database.write() as db:
            account = await users.require_user(db, email)
            return await users.issue_token(db, account.id, users.COMMAND_LINE)

    click.echo(_with_database(issue))


@main.group()
def models() -> None:
    """Speech models."""


@models.command("list")
def models_list() -> None:
    """List the speech models that are on this machine, and those that can be fetched."""
    from lossy.inference.models import REPOSITORIES, find_model  # noqa: PLC0415

    settings = _settings()
    for name in ("demo", *REPOSITORIES):
        here = find_model(name, settings.models_dir) is not None
        click.echo(f"{name:<20} {'on this machine' if here else 'can be fetched'}")


@models.command("pull")
@click.argument("name")
def models_pull(name: str) -> None:
    """Fetch a speech model."""
    from lossy.inference.models import fetch_model  # noqa: PLC0415

    settings = _settings()
    with click.progressbar(length=1000, label=name, file=sys.stderr) as bar:

        def tell(done: int, total: int) -> None:
            bar.update(int(1000 * done / max(total, 1)) - bar.pos)

        folder = _run(fetch_model(name, settings.models_dir, tell, reach_seconds=settings.model_hub_timeout_seconds))
    click.echo(folder)


@main.command()
@_JSON_OPTION
def doctor(*, as_json: bool) -> None:
    """Say what is missing on this machine, and how to get it."""
    from dataclasses import asdict  # noqa: PLC0415

    from lossy.doctor import examine  # noqa: PLC0415

    findings = _run(examine(_settings()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            sign = "ok" if finding.is_fine else "--" if finding.is_optional else "NO"
            click.echo(f"{sign}  {finding.what:<15} {finding.words}")
    sys.exit(0 if all(finding.is_fine or finding.is_optional for finding in findings) else 1)


@main.command()
@click.argument("name", type=click.Choice(["voice", "start", "all"]))
@_JSON_OPTION
def bench(name: str, *, as_json: bool) -> None:
    """Measure: NAME is voice, start or all."""
    from lossy.inference.threads import limit_native_threads  # noqa: PLC0415

    limit_native_threads()
    from lossy.bench import run_bench  # noqa: PLC0415

    figures = _run(run_bench(name))
    click.echo(json.dumps(figures, indent=2) if as_json else _table(figures))


def _credentials(email: str, password: str) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415

    from lossy.protocol import Credentials  # noqa: PLC0415

    try:
        return Credentials(email=email, password=password)
    except ValidationError as error:
        fields = {str(problem["loc"][0]) for problem in error.errors(include_url=False)}
        words = {"email": f"{email} is not an e-mail address.", "password": "A password has at least 10 characters."}
        raise InvalidInput(" ".join(words[field] for field in sorted(fields))) from error


def _settings() -> Settings:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return get_settings()
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = "LOSSY_" + ".".join(str(part) for part in problem["loc"]).upper()
        raise SetupProblem(f"The setting {name} is not right: {problem['msg']}") from error


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _with_database(work: Any) -> Any:
    from lossy.bus import Bus  # noqa: PLC0415
    from lossy.db.engine import Database  # noqa: PLC0415
    from lossy.db.migrations import migrate  # noqa: PLC0415

    async def run() -> Any:
        url = _settings().async_database_url
        await migrate(url)
        database = Database(url, Bus())
        try:
            return await work(database)
        finally:
            await database.close()

    return _run(run())


def _whom(server: str | None, token: str | None) -> tuple[str, str]:
    settings = _settings()
    given = token or (settings.token.get_secret_value() if settings.token else None)
    if given is None and server not in (None, settings.origin):
        raise NotSignedIn("Say who you are with --token (make one there with: lossy user token EMAIL).")
    return server or settings.origin, given or _with_database(_owner_token)


async def _owner_token(database: Any) -> str:
    from lossy.db import users  # noqa: PLC0415

    async with database.write() as db:
        owner = await users.owner(db)
        if owner is None:
            raise NotSignedIn("This Lossy was never started here, so it has no owner yet. Start it with: make run")
        return await users.issue_token(db, owner.id, users.COMMAND_LINE, lifetime=ONE_COMMAND)


def _table(figures: dict[str, Any], indent: str = "") -> str:
    lines = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            lines.append(f"{indent}{name:<40} {value}")
        elif any(isinstance(each, dict) for each in value.values()):
            lines += [f"{indent}{name}", _table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<40} " + "  ".join(f"{key} {each}" for key, each in value.items()))
    return "\n".join(lines)
