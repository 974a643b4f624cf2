"""Platforms that anybody can run: a person's name and password become tokens at their own server."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lossy.automation.apis.base import TIMEOUT_SECONDS
from lossy.automation.contract import NeedsLogin
from lossy.errors import Unavailable

if TYPE_CHECKING:
    import httpx


def server_client(base_url: str, headers: dict[str, str] | None = None) -> "httpx.AsyncClient":
    """Open a client of one server; it goes nowhere else."""
    import httpx  # noqa: PLC0415 -- used by few

    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT_SECONDS)


async def post_form(client: "httpx.AsyncClient", path: str, form: dict[str, str], name: str) -> dict[str, Any]:
    """Exchange a form for JSON; `NeedsLogin` if what stands in it is not accepted."""
    import httpx  # noqa: PLC0415

    try:
        answer = await client.post(path, data=form)
    except httpx.HTTPError as error:
        raise Unavailable(f"{name} can't be reached.") from error
    if answer.status_code in (400, 401, 403):
        raise NeedsLogin(f"This {name} does not know this name and password.")
    with suppress(ValueError):
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
    raise Unavailable(f"This {name} answered {answer.status_code}.")
