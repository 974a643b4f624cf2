"""`lossy`, the command line. Errors are one clear line on stderr and a non-zero exit."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lossy import __version__, logs
from lossy.bench import BENCHES
from lossy.cli_database import read_password, read_settings, with_database
from lossy.cli_jobs import jobs
from lossy.cli_models import models
from lossy.cli_posting import connect, post
from lossy.errors import InvalidInput, LossyError, NotSignedIn
from lossy.settings import Settings, built_extension

if TYPE_CHECKING:
    from lossy.protocol import Encoding

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
    from lossy.agent.core import Core  # noqa: PLC0415
    from lossy.app import serve as serve_app  # noqa: PLC0415

    settings = read_settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    _log(settings)
    asyncio.run(serve_app(Core(settings), click.echo))


@main.command()
def worker() -> None:
    """Run jobs in a process of its own; for servers with Redis."""
    from lossy.inference.threads import limit_native_threads  # noqa: PLC0415

    limit_native_threads()
    from lossy.worker import work  # noqa: PLC0415

    settings = read_settings()
    _log(settings)
    _run(work(settings, click.echo))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--video", required=True, metavar="URL", help="The video's address.")
@click.option("--at", "at_seconds", required=True, type=float, help="The video's position at the first sample, in s.")
@click.option("--encoding", type=click.Choice(["pcm16", "opus"]), default="pcm16", help="How the audio travels.")
@_SERVER_OPTION
@_TOKEN_OPTION
@_JSON_OPTION
def say(
    file: Path,
    video: str,
    at_seconds: float,
    server: str | None,
    token: str | None,
    *,
    encoding: "Encoding",
    as_json: bool,
) -> None:
    """Stream a WAV file through the real audio socket at the speed of speech, and print what becomes of it."""
    from lossy.cli_say import Remark, run_say  # noqa: PLC0415

    server, token = _whom(server, token)
    remark = Remark(file, video, at_seconds, encoding)
    sys.exit(_run(run_say(remark, server, token, as_json=as_json)))


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
    from lossy.agent.passwords import Argon2  # noqa: PLC0415
    from lossy.db import users  # noqa: PLC0415

    given = _credentials(email, read_password())

    async def add(database: Any) -> None:
        password_hash = await Argon2().hash(given.password)
        async with database.write() as db:
            await users.add_user(db, given.email, password_hash)

    with_database(add)
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

    click.echo(with_database(issue))


main.add_command(models)
main.add_command(jobs)
main.add_command(connect)
main.add_command(post)


@main.group()
def extension() -> None:
    """The browser extension."""


@extension.command("path")
def extension_path() -> None:
    """Print the folder to load into Chrome."""
    click.echo(built_extension())


@extension.command("zip")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("lossy-extension.zip"))
def extension_zip(file: Path) -> None:
    """Pack the extension into FILE, as the Chrome Web Store takes it."""
    from lossy.extension_zip import pack  # noqa: PLC0415

    pack(built_extension(), file)
    click.echo(file)


@main.command()
@_JSON_OPTION
def doctor(*, as_json: bool) -> None:
    """Say what is missing on this machine, and how to get it."""
    from dataclasses import asdict  # noqa: PLC0415

    from lossy.doctor import examine  # noqa: PLC0415

    findings = _run(examine(read_settings()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            sign = "ok" if finding.is_fine else "--" if finding.is_optional else "NO"
            click.echo(f"{sign}  {finding.what:<15} {finding.words}")
    sys.exit(0 if all(finding.is_fine or finding.is_optional for finding in findings) else 1)


@main.command()
@click.argument("name", type=click.Choice([*BENCHES, "all"]))
@_JSON_OPTION
def bench(name: str, *, as_json: bool) -> None:
    """Measure one thing, or all; the figures come with their goals."""
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


def _log(settings: Settings) -> None:
    sentry_dsn = settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None
    logs.set_up(settings.log_level, settings.log_format, sentry_dsn)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _whom(server: str | None, token: str | None) -> tuple[str, str]:
    settings = read_settings()
    given = token or (settings.token.get_secret_value() if settings.token else None)
    if given is None and server not in (None, settings.origin):
        raise NotSignedIn("Say who you are with --token (make one there with: lossy user token EMAIL).")
    return server or settings.origin, given or with_database(_owner_token)


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
