"""Runs the migration scripts: on the connection that `lossy.db.migrations` brings, or on that of the settings."""

import asyncio
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlmodel.sql.sqltypes import AutoString

from lossy.db.migrations import run_alone
from lossy.db.models import METADATA
from lossy.db.types import UtcDateTime
from lossy.settings import get_settings


def run(connection: Connection) -> None:
    """Run the scripts in the transaction that is open."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=plain_type,
        transactional_ddl=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in the database, so that scripts don't change with the code."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, (sa.Enum, AutoString)):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone(get_settings().async_database_url, run))
