"""Logins at platforms: sealed, one for each user, platform and host."""

from sqlmodel import col, select

from lossy.db import posts
from lossy.db.engine import Db
from lossy.db.models import PlatformLogin
from lossy.db.types import utc_now

BROWSER = "browser"
API = "api"


async def keep_login(
    db: Db, user_id: str, platform: str, place: str, *, sealed: bytes, kind: str = BROWSER, account: str = ""
) -> int:
    """Keep a login in place of the one before; give how many notes go on that waited for it."""
    login = await posts.login_of(db, user_id, platform, place)
    if login is None:
        login = PlatformLogin(user_id=user_id, platform=platform, place=place, kind=kind, sealed=sealed)
    login.sealed, login.kind, login.account = sealed, kind, account
    login.is_expired, login.updated_at = False, utc_now()
    db.add(login)
    await db.flush()
    return await posts.go_on_after_login(db, user_id, platform, place)


async def renew_login(db: Db, login_id: str, sealed: bytes) -> None:
    """Keep what took the place of a login's tokens, if it was not forgotten meanwhile."""
    login = await db.get(PlatformLogin, login_id)
    if login is not None:
        login.sealed, login.updated_at = sealed, utc_now()
        db.add(login)


async def logins_of(db: Db, user_id: str) -> list[PlatformLogin]:
    """List a user's logins by their host."""
    query = select(PlatformLogin).where(PlatformLogin.user_id == user_id).order_by(col(PlatformLogin.place))
    return list((await db.exec(query)).all())


async def forget_login(db: Db, user_id: str, place: str) -> int:
    """Forget what the user has at a host; give how many logins that were."""
    found = [login for login in await logins_of(db, user_id) if login.place == place]
    for login in found:
        await db.delete(login)
    return len(found)
