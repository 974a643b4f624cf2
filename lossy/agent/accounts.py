"""Who people are: registering, signing in and out, and the link that lets the owner in at the first start.

Signing in with an unknown address takes the same work as with a known one: a password is compared with a decoy.
Tries are counted before the work, per address and client, per client, and per address from wherever; a good one is
uncounted.
"""

import asyncio
import secrets
from collections.abc import Hashable, Mapping

from lossy.agent.core import Core
from lossy.agent.passwords import Argon2, PasswordHasher
from lossy.agent.throttle import Limit, Throttle
from lossy.db import users
from lossy.db.engine import Database, Db
from lossy.db.types import utc_now
from lossy.errors import NotAllowed, NotSignedIn
from lossy.protocol import SignedIn

QUARTER_HOUR = 15 * 60.0
SIGN_IN_HERE = Limit(5, QUARTER_HOUR, "sign in")
SIGN_IN_FROM_CLIENT = Limit(30, QUARTER_HOUR, "sign in")
SIGN_IN_ANYWHERE = Limit(50, QUARTER_HOUR, "sign in")
REGISTER_FROM_CLIENT = Limit(20, 60 * 60.0, "register")
LINK_FROM_CLIENT = Limit(30, QUARTER_HOUR, "use a sign-in link")
NEW_PASSWORD = Limit(5, QUARTER_HOUR, "change the password")
PAGE_TICKET = "page"
OWNER_LINK = "owner-link"


class Accounts:
    """Accounts of one database; `client` is the address that a request came from."""

    def __init__(
        self, database: Database, *, hasher: PasswordHasher | None = None, throttle: Throttle | None = None
    ) -> None:
        self._database = database
        self._hasher = hasher if hasher is not None else Argon2()
        self._throttle = throttle if throttle is not None else Throttle()
        self._decoy: asyncio.Future[str] | None = None

    async def register(self, email: str, password: str, client: str) -> SignedIn:
        """Make an account and sign in; `Conflict` if the address is taken."""
        self._throttle.take({("register", client): REGISTER_FROM_CLIENT})
        password_hash = await self._hasher.hash(password)
        async with self._database.write() as db:
            user = await users.add_user(db, email, password_hash)
            return await _signed_in(db, user.id, user.email, "registration")

    async def sign_in(self, email: str, password: str, client: str) -> SignedIn:
        """Give a token for an address and its password; `NotSignedIn` does not tell which of them is wrong."""
        address = users.plain_address(email)
        claims = _sign_in_claims(address, client)
        self._throttle.take(claims)
        decoy = await self._decoy_hash()
        async with self._database.read() as db:
            user = await users.user_by_email(db, address)
        stored = user.password_hash if user is not None else None
        matches = await self._hasher.verify(stored or decoy, password)
        if user is None or stored is None or not matches:
            raise NotSignedIn("E-mail address and password don't belong together.")
        self._throttle.give_back(claims)
        self._throttle.forget(("sign in", address, client))
        async with self._database.write() as db:
            return await _signed_in(db, user.id, user.email, "password")

    async def follow_owner_link(self, key: str, client: str) -> SignedIn:
        """Give a token to whoever holds the unspent key that the start printed."""
        claims: Mapping[Hashable, Limit] = {("link", client): LINK_FROM_CLIENT}
        self._throttle.take(claims)
        async with self._database.write() as db:
            ticket = await users.spend_ticket(db, key, OWNER_LINK)
            signed_in = await _signed_in(db, ticket.user_id, users.OWNER_EMAIL, "owner link")
        self._throttle.give_back(claims)
        return signed_in

    async def change_password(self, identity: users.Identity, password: str, current: str | None) -> None:
        """Set a password, given the current one if there is one; every other sign-in of the user ends."""
        self._throttle.take({("password", identity.user_id): NEW_PASSWORD})
        async with self._database.read() as db:
            user = await users.require_user(db, identity.email)
        stored = user.password_hash
        if stored is not None and (current is None or not await self._hasher.verify(stored, current)):
            raise NotAllowed("The current password is not right.")
        password_hash = await self._hasher.hash(password)
        async with self._database.write() as db:
            await users.set_password(db, identity.user_id, password_hash)
            await users.revoke_tokens(db, identity.user_id, keep=identity.token_id)
        self._throttle.forget(("password", identity.user_id))

    async def sign_out(self, identity: users.Identity) -> None:
        """End this sign-in, live connections included."""
        async with self._database.write() as db:
            await users.revoke_tokens(db, identity.user_id, identity.token_id)

    async def sign_out_everywhere(self, identity: users.Identity) -> None:
        """End every sign-in of the user, this one included."""
        async with self._database.write() as db:
            await users.revoke_tokens(db, identity.user_id)

    async def issue_page_ticket(self, identity: users.Identity) -> str:
        """Make the one-time key with which a page of ours says whose it is."""
        async with self._database.write() as db:
            return await users.issue_ticket(db, identity.user_id, PAGE_TICKET, token_id=identity.token_id)

    async def _decoy_hash(self) -> str:
        # One task for all who wait: a client that goes away must not take the decoy with it.
        if self._decoy is None or (self._decoy.done() and self._decoy.exception() is not None):
            self._decoy = asyncio.ensure_future(self._hasher.hash(secrets.token_urlsafe()))
        return await asyncio.shield(self._decoy)


async def identify_token(core: Core, token: str) -> users.Identity:
    """Tell whose token it is and note its use; `NotSignedIn` says in words why it does not count."""
    async with core.database.read() as db:
        identity = await users.identify(db, token)
        stale = await users.token_is_stale(db, identity.token_id)
    if stale:
        async with core.database.write() as db:
            await users.touch_token(db, identity.token_id)
    return identity


async def ensure_owner(database: Database) -> str | None:
    """Make the owner's account if there is none, and a one-time key while nobody can sign in to it otherwise."""
    async with database.write() as db:
        owner = await users.owner(db) or await users.make_owner(db)
        if owner.password_hash is not None or await users.is_signed_in(db, owner.id):
            return None
        return await users.issue_ticket(db, owner.id, OWNER_LINK, lifetime=users.OWNER_LINK_LIFETIME)


def _sign_in_claims(address: str, client: str) -> Mapping[Hashable, Limit]:
    return {
        ("sign in", address, client): SIGN_IN_HERE,
        ("sign in from", client): SIGN_IN_FROM_CLIENT,
        ("sign in to", address): SIGN_IN_ANYWHERE,
    }


async def _signed_in(db: Db, user_id: str, email: str, label: str) -> SignedIn:
    expires_at = utc_now() + users.TOKEN_LIFETIME
    token = await users.issue_token(db, user_id, label)
    return SignedIn(token=token, email=email, expires_at=expires_at)
