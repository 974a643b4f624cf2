"""REST for people: registering, signing in and out, keys for pages, and what they chose."""

from fastapi import APIRouter

from lossy import protocol as wire
from lossy.db import users
from lossy.errors import InvalidInput, NotAllowed
from lossy.web.access import Asker, ClientAddress, TheAccounts, TheCore
from lossy.web.answers import ApiRoute

router = APIRouter(route_class=ApiRoute)


@router.post("/auth/register", status_code=201)
async def register(
    body: wire.Credentials, core: TheCore, accounts: TheAccounts, client: ClientAddress
) -> wire.SignedIn:
    """Make an account and sign in to it."""
    if not core.settings.registration:
        raise NotAllowed("New accounts are switched off here. Ask the owner of this server for one.")
    return await accounts.register(body.email, body.password, client)


@router.post("/auth/sign-in")
async def sign_in(body: wire.SignIn, accounts: TheAccounts, client: ClientAddress) -> wire.SignedIn:
    """Get a token for an address and its password."""
    return await accounts.sign_in(body.email, body.password, client)


@router.post("/auth/owner-link")
async def follow_owner_link(body: wire.OwnerLink, accounts: TheAccounts, client: ClientAddress) -> wire.SignedIn:
    """Get a token for the one-time key of the link that the start printed."""
    return await accounts.follow_owner_link(body.link, client)


@router.post("/auth/sign-out")
async def sign_out(asker: Asker, accounts: TheAccounts) -> wire.Done:
    """End this sign-in; live connections that use it end too."""
    await accounts.sign_out(asker)
    return wire.Done()


@router.post("/auth/sign-out-everywhere")
async def sign_out_everywhere(asker: Asker, accounts: TheAccounts) -> wire.Done:
    """End every sign-in of this account."""
    await accounts.sign_out_everywhere(asker)
    return wire.Done()


@router.post("/auth/password")
async def change_password(body: wire.NewPassword, asker: Asker, accounts: TheAccounts) -> wire.Done:
    """Set the password; the account's other sign-ins end."""
    await accounts.change_password(asker, body.password, body.current)
    return wire.Done()


@router.get("/me")
async def me(asker: Asker, core: TheCore) -> wire.Me:
    """Tell who is asking."""
    async with core.database.read() as db:
        user = await users.require_user(db, asker.email)
    return wire.Me(id=user.id, email=user.email, is_owner=user.is_owner, has_password=user.password_hash is not None)


@router.post("/tickets", status_code=201)
async def issue_ticket(asker: Asker, accounts: TheAccounts) -> wire.TicketIssued:
    """Get the one-time key with which a page of ours says whose it is."""
    return wire.TicketIssued(ticket=await accounts.issue_page_ticket(asker))


@router.get("/settings")
async def settings(asker: Asker, core: TheCore) -> wire.UserChoices:
    """Read what this account chose."""
    async with core.database.read() as db:
        return wire.UserChoices(values=await users.settings_of(db, asker.user_id))


@router.patch("/settings")
async def change_settings(body: wire.UserChoices, asker: Asker, core: TheCore) -> wire.UserChoices:
    """Change some of it; the rest stays."""
    async with core.database.write() as db:
        await users.change_settings(db, asker.user_id, dict(body.values))
        chosen = await users.settings_of(db, asker.user_id)
        if len(chosen) > wire.MAX_CHOICES:
            raise InvalidInput(f"An account has at most {wire.MAX_CHOICES} settings.")
    return wire.UserChoices(values=chosen)
