"""Logs: a line each, as text or JSON, that says of which session and user it is. What people say is in none of them.

Errors also go to Sentry, where a DSN is set: where they happened, and nothing of anybody's data.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from lossy.errors import SetupProblem

LogFormat = Literal["text", "json"]
NOISY = ("httpx", "httpcore", "uvicorn.error", "uvicorn", "alembic", "faster_whisper", "dramatiq")
_concerned: ContextVar[tuple[str, str]] = ContextVar("concerned", default=("", ""))


def set_up(level: str, log_format: LogFormat, sentry_dsn: str | None = None) -> None:
    """Begin to log to stderr, and to tell Sentry of errors if somebody wants that.

    A level below INFO is for our own lines: what libraries tell there is full of people's words.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_concern)
    handler.setFormatter(_as_json() if log_format == "json" else _AsText())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    ours = logging.getLogger("lossy")
    ours.setLevel(level.upper())
    logging.getLogger().setLevel(max(ours.level, logging.INFO))
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if sentry_dsn:
        _tell_sentry(sentry_dsn)


@contextmanager
def about(*, user_id: str, session_id: str = "") -> Iterator[None]:
    """Let every line of this task, and of those that it starts, say whom it concerns."""
    token = _concerned.set((user_id, session_id))
    try:
        yield
    finally:
        _concerned.reset(token)


def _concern(record: logging.LogRecord) -> bool:
    record.user_id, record.session_id = _concerned.get()
    return True


class _AsText(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        concerned = [f"{name}={value}" for name in ("user_id", "session_id") if (value := getattr(record, name, ""))]
        return " ".join([super().formatMessage(record), *concerned])


def _as_json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415

    fields = "%(asctime)s %(levelname)s %(name)s %(message)s %(user_id)s %(session_id)s"
    return JsonFormatter(fields, rename_fields={"asctime": "at", "levelname": "level", "name": "logger"})


def _tell_sentry(dsn: str) -> None:
    import sentry_sdk  # noqa: PLC0415 -- a tenth of a second that most servers can do without
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415

    from lossy import __version__  # noqa: PLC0415

    try:
        sentry_sdk.init(
            dsn,
            release=f"lossy@{__version__}",
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=_scrub,
        )
    except BadDsn as error:
        raise SetupProblem(
            "LOSSY_SENTRY_DSN is no address of Sentry's: it looks like https://KEY@HOST/NUMBER."
        ) from error


def _scrub(event: Any, _hint: Any) -> Any:
    """Leave the place and the kind of an error, and drop what it was about: its words may be somebody's."""
    for words in ("request", "extra", "breadcrumbs"):
        event.pop(words, None)
    ours = str(event.get("logger", "")).startswith("lossy")
    for words in ("params", "formatted") if ours else ("params", "formatted", "message"):
        event.get("logentry", {}).pop(words, None)
    user_id, session_id = _concerned.get()
    event["tags"] = {"user_id": user_id, "session_id": session_id}
    for error in (event.get("exception") or {}).get("values", ()):
        error["value"] = ""
    return event
