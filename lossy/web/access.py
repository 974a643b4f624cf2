"""What a route asks FastAPI for: the running Lossy, its accounts, and who is asking.

The token is read from the `Authorization` header and from nowhere else: addresses end up in logs and histories.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from lossy.agent.accounts import Accounts, identify_token
from lossy.agent.core import Core
from lossy.db.users import Identity
from lossy.errors import NotSignedIn

bearer = HTTPBearer(auto_error=False, description="The token that signing in gives.")


def binder(core: Core, accounts: Accounts) -> Callable[[Request], Awaitable[None]]:
    """Make the dependency that hands `core` and `accounts` to every route of a router."""

    async def bind(request: Request) -> None:
        request.state.core = core
        request.state.accounts = accounts

    return bind


def _core_of(request: Request) -> Core:
    core: Core = request.state.core
    return core


def _accounts_of(request: Request) -> Accounts:
    accounts: Accounts = request.state.accounts
    return accounts


def _client_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


async def require_identity(
    core: Annotated[Core, Depends(_core_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Identity:
    """Tell who is asking, or refuse with `NotSignedIn`."""
    if credentials is None:
        raise NotSignedIn("Sign in first, then send the token in the Authorization header as: Bearer TOKEN.")
    return await identify_token(core, credentials.credentials)


TheCore = Annotated[Core, Depends(_core_of)]
TheAccounts = Annotated[Accounts, Depends(_accounts_of)]
Asker = Annotated[Identity, Depends(require_identity)]
ClientAddress = Annotated[str, Depends(_client_of)]
