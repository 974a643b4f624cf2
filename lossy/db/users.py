"""People, what they chose, and the keys that stand for them. Keys are stored only as SHA-256."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update

from lossy.db.engine import Db
from lossy.db.models import Ticket, Token, User, UserSettings
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound, NotSignedIn
from lossy.events import SignedOut

TOKEN_LIFETIME = timedelta(days=30)
TOKEN_IDLE_LIMIT = timedelta(days=14)
TOKEN_TOUCH_EVERY = timedelta(minutes=10)
TICKET_LIFETIME = timedelta(seconds=30)
OWNER_LINK_LIFETIME = timedelta(minutes=10)
COMMAND_LINE = "command line"
"""Label of the tokens that `lossy` itself makes."""
OWNER_EMAIL = "owner@localhost"


@dataclass(frozen=True)
class Identity:
    """Who is asking, and with which token."""

    user_id: str
    token_id: str
    email: str


async def add_user(db: Db, email: str, password_hash: str | None, *, is_owner: bool = False) -> User:
    """Create a user; `Conflict` if the address is taken, in whatever case."""
    user = User(email=plain_address(email), password_hash=password_hash, is_owner=is_owner)
    db.add(user)
    try:
        await db.flush()
    except IntegrityError as error:
        raise Conflict(f"There is already an account for {email}.") from error
    return user


async def user_by_email(db: Db, email: str) -> User | None:
    """Find a user by address, as typed in any case."""
    return (await db.exec(select(User).where(User.email == plain_address(email)))).first()


async def require_user(db: Db, email: str) -> User:
    """Find a user by address, or raise `NotFound`."""
    user = await user_by_email(db, email)
    if user is None:
        raise NotFound(f"No account for {email}. Make one with: lossy user add {email}")
    return user


async def owner(db: Db) -> User | None:
    """Find the owner of this Lossy, if it was ever started."""
    return (await db.exec(select(User).where(col(User.is_owner)))).first()


async def make_owner(db: Db) -> User:
    """Give this Lossy its owner: whoever has that address already, else a new account without a password."""
    user = await user_by_email(db, OWNER_EMAIL)
    if user is None:
        return await add_user(db, OWNER_EMAIL, None, is_owner=True)
    user.is_owner = True
    db.add(user)
    return user


async def set_password(db: Db, user_id: str, password_hash: str) -> None:
    """Replace a user's password."""
    await db.exec(update(User).where(col(User.id) == user_id).values(password_hash=password_hash))


async def issue_token(db: Db, user_id: str, label: str, lifetime: timedelta = TOKEN_LIFETIME) -> str:
    """Make a bearer token that works for its lifetime; it can't be read back later."""
    token = f"lossy_{secrets.token_urlsafe(32)}"
    db.add(Token(user_id=user_id, token_hash=_hash(token), label=label, expires_at=utc_now() + lifetime))
    await db.flush()
    return token


async def identify(db: Db, token: str) -> Identity:
    """Tell whose token it is; `NotSignedIn` says in words why it does not count."""
    query = select(Token, User).where(Token.token_hash == _hash(token), Token.user_id == User.id)
    found = (await db.exec(query)).first()
    if found is None:
        raise NotSignedIn("This sign-in is not known here. Sign in again.")
    row, user = found
    now = utc_now()
    if row.revoked_at is not None:
        raise NotSignedIn("You were signed out. Sign in again.")
    if row.expires_at <= now or row.used_at + TOKEN_IDLE_LIMIT <= now:
        raise NotSignedIn("Your sign-in has expired. Sign in again.")
    return Identity(user_id=user.id, token_id=row.id, email=user.email)


async def token_is_stale(db: Db, token_id: str) -> bool:
    """Tell whether `touch_token` would change something."""
    token = await db.get(Token, token_id)
    return token is not None and token.used_at < utc_now() - TOKEN_TOUCH_EVERY


async def is_signed_in(db: Db, user_id: str) -> bool:
    """Tell whether the user is signed in anywhere but at the command line of this machine."""
    now = utc_now()
    query = select(Token.id).where(
        Token.user_id == user_id,
        Token.label != COMMAND_LINE,
        col(Token.revoked_at).is_(None),
        col(Token.expires_at) > now,
        col(Token.used_at) > now - TOKEN_IDLE_LIMIT,
    )
    return (await db.exec(query)).first() is not None


async def tokens_that_count(db: Db, token_ids: Collection[str]) -> frozenset[str]:
    """Tell which of these tokens would still be let in."""
    now = utc_now()
    query = select(Token.id).where(
        col(Token.id).in_(token_ids),
        col(Token.revoked_at).is_(None),
        col(Token.expires_at) > now,
        col(Token.used_at) > now - TOKEN_IDLE_LIMIT,
    )
    return frozenset((await db.exec(query)).all())


async def touch_token(db: Db, token_id: str) -> None:
    """Note that a token is in use, at most every ten minutes."""
    now = utc_now()
    stale = col(Token.used_at) < now - TOKEN_TOUCH_EVERY
    await db.exec(update(Token).where(col(Token.id) == token_id, stale).values(used_at=now))


async def revoke_tokens(db: Db, user_id: str, token_id: str | None = None, *, keep: str | None = None) -> int:
    """Revoke one token of a user, or all but `keep`; live connections that used them end. Give how many."""
    query = select(Token).where(Token.user_id == user_id, col(Token.revoked_at).is_(None))
    if token_id is not None:
        query = query.where(Token.id == token_id)
    if keep is not None:
        query = query.where(Token.id != keep)
    tokens: Sequence[Token] = (await db.exec(query)).all()
    for token in tokens:
        token.revoked_at = utc_now()
    if tokens:
        db.tell(SignedOut(user_id=user_id, token_ids=tuple(token.id for token in tokens)))
    return len(tokens)


async def issue_ticket(
    db: Db, user_id: str, purpose: str, *, token_id: str | None = None, lifetime: timedelta = TICKET_LIFETIME
) -> str:
    """Make a one-time key for a purpose."""
    ticket = secrets.token_urlsafe(24)
    expires_at = utc_now() + lifetime
    db.add(
        Ticket(
            ticket_hash=_hash(ticket),
            purpose=purpose,
            user_id=user_id,
            token_id=token_id,
            expires_at=expires_at,
        )
    )
    await db.flush()
    return ticket


async def spend_ticket(db: Db, ticket: str, purpose: str) -> Ticket:
    """Take a one-time key out of circulation; `NotSignedIn` if it was used, has expired or never was."""
    query = delete(Ticket).where(col(Ticket.ticket_hash) == _hash(ticket), col(Ticket.purpose) == purpose)
    spent: Ticket | None = (await db.exec(query.returning(Ticket))).scalar_one_or_none()
    await db.exec(delete(Ticket).where(col(Ticket.expires_at) < utc_now()))
    if spent is None or spent.expires_at <= utc_now():
        raise NotSignedIn("This link or ticket was used already or has expired.")
    return spent


async def settings_of(db: Db, user_id: str) -> dict[str, Any]:
    """Read what a user chose."""
    row = await db.get(UserSettings, user_id)
    return dict(row.values) if row else {}


async def change_settings(db: Db, user_id: str, changes: dict[str, Any]) -> None:
    """Merge into what a user chose."""
    await db.insert_missing(UserSettings(user_id=user_id))
    row = await db.get_one(UserSettings, user_id, with_for_update=True, populate_existing=True)
    row.values = {**row.values, **changes}
    db.add(row)


def plain_address(email: str) -> str:
    """Give an e-mail address as it is stored: without the differences that people do not mean."""
    return email.strip().lower()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
