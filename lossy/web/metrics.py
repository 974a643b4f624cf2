"""`/metrics`: this process's figures for Prometheus, told to its owner, or to whoever has the token made for it."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials

from lossy import telemetry
from lossy.agent.accounts import identify_token
from lossy.agent.core import Core
from lossy.db import users
from lossy.errors import NotAllowed, NotSignedIn
from lossy.web.access import bearer
from lossy.web.answers import ApiRoute


def make_metrics(core: Core) -> APIRouter:
    """Make the router of `/metrics`."""
    router = APIRouter(route_class=ApiRoute)

    @router.get("/metrics", include_in_schema=False)
    async def metrics(asked_by: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Response:
        await _require_right(core, asked_by.credentials if asked_by is not None else None)
        telemetry.sessions_live.set(len(core.sessions.live))
        return Response(telemetry.as_text(), media_type=telemetry.CONTENT_TYPE)

    return router


async def _require_right(core: Core, token: str | None) -> None:
    if token is None:
        raise NotSignedIn("Send the owner's token, or LOSSY_METRICS_TOKEN, as: Authorization: Bearer TOKEN.")
    made_for_it = core.settings.metrics_token
    if made_for_it is not None and secrets.compare_digest(made_for_it.get_secret_value().encode(), token.encode()):
        return
    identity = await identify_token(core, token)
    async with core.database.read() as db:
        owner = await users.owner(db)
    if owner is None or owner.id != identity.user_id:
        raise NotAllowed("Only the owner of this Lossy sees its figures.")
