"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused, so that no local time slips in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def json_type() -> TypeEngine[Any]:
    """JSON, stored as JSONB where there is one."""
    return JSON().with_variant(JSONB(), "postgresql")


def big_integer() -> TypeEngine[int]:
    """64 bits; a plain integer on SQLite, where only that one counts up by itself."""
    return BigInteger().with_variant(Integer(), "sqlite")


def enum_type(kind: type[StrEnum]) -> Enum:
    """A StrEnum as its value in a plain string column."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda k: [m.value for m in k],
    )


def new_id() -> str:
    """A new primary key: 32 hex digits."""
    return uuid4().hex


def utc_now() -> datetime:
    """Now, with its time zone."""
    return datetime.now(UTC)
