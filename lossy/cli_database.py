"""What commands share that need the settings or the database, and no server."""

import asyncio
import sys
from typing import Any

from lossy.errors import SetupProblem
from lossy.settings import Settings, get_settings


def read_settings() -> Settings:
    """Read the settings; `SetupProblem` names one that is not right."""
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return get_settings()
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = "LOSSY_" + ".".join(str(part) for part in problem["loc"]).upper()
        raise SetupProblem(f"The setting {name} is not right: {problem['msg']}") from error


def read_password() -> str:
    """Read a password from standard input, which shows nothing of it where a person types."""
    import click  # noqa: PLC0415

    typed = click.prompt("Password", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return str(typed).rstrip("\r\n")


def with_database(work: Any) -> Any:
    """Do something with the database of this machine, brought to its newest form first."""
    from lossy.bus import Bus  # noqa: PLC0415
    from lossy.db.engine import Database  # noqa: PLC0415
    from lossy.db.migrations import migrate  # noqa: PLC0415

    async def run() -> Any:
        url = read_settings().async_database_url
        await migrate(url)
        database = Database(url, Bus())
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
