"""`lossy connect` and `lossy post`: logins at platforms, and the posting of one note, step by step."""

import asyncio
import json
from typing import Any

import click

from lossy.cli_database import read_password, read_settings, with_database
from lossy.errors import InvalidInput, NotFound, Unavailable

_EMAIL = click.option("--email", help="Whose account of Lossy (default: the owner's).")
LOOK_SECONDS = 0.5
ENDS = ("posted", "failed", "needs_login", "unknown")


@click.group(invoke_without_command=True)
@click.pass_context
def connect(context: click.Context) -> None:
    """Sign in at a platform, so that notes can be posted there as you."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@connect.command("add")
@click.argument("url")
@click.option("--name", help="Your name at a PeerTube or MediaCMS; the password is read from standard input.")
@_EMAIL
def connect_add(url: str, name: str | None, email: str | None) -> None:
    """Open a window at URL, a video's page; sign in there, then close the window."""
    password = None if name is None else read_password()

    async def work(database: Any) -> Any:
        user_id = await _user(database, email)
        if name is not None:
            return await _authorizing(database).sign_in(user_id, url, name, password or "")
        from lossy.automation.connecting import connect as sign_in  # noqa: PLC0415
        from lossy.automation.sealing import seal_of  # noqa: PLC0415

        click.echo("A window opens. Sign in there as you always do, then close it.", err=True)
        return await sign_in(database, seal_of(read_settings()), user_id, url)

    connected = with_database(work)
    whose = f" as {connected.account}" if connected.account else ""
    more = f" {connected.going_on} notes that waited for it go on." if connected.going_on else ""
    click.echo(f"Connected to {connected.place}{whose}.{more}")


@connect.command("list")
@_EMAIL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def connect_list(email: str | None, *, as_json: bool) -> None:
    """List where you are connected."""
    from lossy.db.logins import logins_of  # noqa: PLC0415

    async def work(database: Any) -> list[Any]:
        user_id = await _user(database, email)
        async with database.read() as db:
            return await logins_of(db, user_id)

    found = with_database(work)
    columns = {"platform", "place", "kind", "account", "is_expired", "created_at", "updated_at"}
    if as_json:
        click.echo(json.dumps([login.model_dump(mode="json", include=columns) for login in found], indent=2))
        return
    for login in found:
        state = "expired" if login.is_expired else "connected"
        click.echo(f"{login.place:<32} {login.platform:<12} {login.kind:<8} {state:<10} {login.account}".rstrip())
    if not found:
        click.echo("You are connected to nothing. Begin with: lossy connect add URL", err=True)


@connect.command("test")
@click.argument("place")
@_EMAIL
def connect_test(place: str, email: str | None) -> None:
    """Ask whether the login at PLACE, a host or a video's address, still counts."""
    from lossy.automation.apis import make_apis  # noqa: PLC0415
    from lossy.automation.connecting import place_of  # noqa: PLC0415
    from lossy.automation.posters import make_posters  # noqa: PLC0415
    from lossy.db.logins import logins_of  # noqa: PLC0415

    host = place_of(place)

    async def work(database: Any) -> list[Any]:
        user_id = await _user(database, email)
        async with database.read() as db:
            found = [login for login in await logins_of(db, user_id) if login.place == host]
        settings = read_settings()
        posters = make_posters(settings, database, make_apis(settings))
        try:
            return [await posters.login_tests.test(login) for login in found]
        finally:
            await posters.aclose()

    tested = with_database(work)
    if not tested:
        raise NotFound(f"You are not connected to {host}.")
    for one in tested:
        if one.message is not None:
            raise Unavailable(one.message)
        click.echo(f"The login at {host} works" + (f", as {one.account}." if one.account else "."))


@connect.command("remove")
@click.argument("place")
@_EMAIL
def connect_remove(place: str, email: str | None) -> None:
    """Forget the login at PLACE, a host or a video's address."""
    from lossy.automation.connecting import place_of  # noqa: PLC0415
    from lossy.db.logins import forget_login  # noqa: PLC0415

    host = place_of(place)

    async def work(database: Any) -> int:
        user_id = await _user(database, email)
        async with database.write() as db:
            return await forget_login(db, user_id, host)

    if not with_database(work):
        raise NotFound(f"You are not connected to {host}.")
    click.echo(f"The login at {host} is forgotten.")


@click.command()
@click.argument("note_id")
@_EMAIL
@click.option("--json", "as_json", is_flag=True, help="Print each step as a line of JSON, and the note last.")
def post(note_id: str, email: str | None, *, as_json: bool) -> None:
    """Post a note of yours, and tell each step; a running `lossy serve` or `lossy worker` does it."""
    from lossy.db import notes, posts  # noqa: PLC0415
    from lossy.events import Note  # noqa: PLC0415

    async def work(database: Any) -> Any:
        user_id = await _user(database, email)
        async with database.write() as db:
            await posts.ask(db, user_id, note_id)
        told = 0
        while True:
            async with database.read() as db:
                _, steps = await posts.post_of(db, user_id, note_id)
                note = Note.model_validate(await notes.require_note(db, user_id, note_id))
            for step in steps[told:]:
                line = {"type": "step", "step": step.step, "detail": step.detail, "at": step.at.isoformat()}
                click.echo(
                    json.dumps(line) if as_json else f"{step.at:%H:%M:%S}  {step.step:<14} {step.detail}".rstrip()
                )
            told = len(steps)
            if note.status in ENDS:
                return note
            await asyncio.sleep(LOOK_SECONDS)  # what another process writes is heard of nowhere here

    note = with_database(work)
    if as_json:
        click.echo(json.dumps({"type": "note", "note": note.model_dump(mode="json")}))
    if note.status != "posted":
        raise InvalidInput(note.error or f"The note is {note.status}.")
    if not as_json:
        click.echo(note.permalink)


async def _user(database: Any, email: str | None) -> str:
    from lossy.db import users  # noqa: PLC0415

    async with database.read() as db:
        user = await users.require_user(db, email) if email else await users.owner(db)
    if user is None:
        raise NotFound("This Lossy was never started here, so it has no owner yet. Start it with: make run")
    return str(user.id)


def _authorizing(database: Any) -> Any:
    from lossy.automation.apis import make_apis  # noqa: PLC0415
    from lossy.automation.authorizing import Authorizing  # noqa: PLC0415
    from lossy.automation.sealing import seal_of  # noqa: PLC0415

    settings = read_settings()
    return Authorizing(database, seal_of(settings), make_apis(settings))
