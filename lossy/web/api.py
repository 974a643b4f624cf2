"""REST, put together: everything under `/api`, with its own failures and its own word for unknown addresses."""

from fastapi import APIRouter, Depends, FastAPI

from lossy import __version__
from lossy.agent.accounts import Accounts
from lossy.agent.core import Core
from lossy.errors import NotFound
from lossy.protocol import PROTOCOL_VERSION, Health
from lossy.web import api_auth, api_models, api_notes, api_videos
from lossy.web.access import TheCore, binder
from lossy.web.answers import ApiRoute

EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

_own = APIRouter(route_class=ApiRoute)
_rest = APIRouter(route_class=ApiRoute)


def mount_api(app: FastAPI, core: Core) -> None:
    """Serve REST from an application, which describes it at its `openapi_url`."""
    app.include_router(make_api(core))


def make_api(core: Core, accounts: Accounts | None = None) -> APIRouter:
    """Make the router of `/api`; `accounts` only where a test brings its own clock."""
    bind = binder(core, accounts or Accounts(core.database))
    api = APIRouter(prefix="/api", route_class=ApiRoute, dependencies=[Depends(bind)])
    for part in (_own, api_auth.router, api_videos.router, api_notes.router, api_models.router, _rest):
        api.include_router(part)
    return api


@_own.get("/health")
async def health(core: TheCore) -> Health:
    """Tell that the server runs, and what recognises speech on it."""
    status = core.recogniser.status
    return Health(
        status="ok",
        version=__version__,
        protocol=PROTOCOL_VERSION,
        recogniser=status.model,
        recogniser_is_demo=status.is_demo,
        recogniser_message=status.message,
    )


@_rest.api_route("/{address:path}", methods=EVERY_METHOD, include_in_schema=False)
async def unknown(address: str) -> None:
    """Say that there is nothing here, in the shape of every refusal."""
    raise NotFound(f"There is no /api/{address} that answers this method. /api/openapi.json lists what there is.")
