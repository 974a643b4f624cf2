"""Logins at platforms: sealed, one for each user, platform and host."""

from sqlmodel import col, select

from lossy.db import jobs, posts
from lossy.db.engine import Db
from lossy.db.models import Job, PlatformLogin, Video, VideoMember
from lossy.db.types import utc_now
from lossy.errors import InvalidInput, NotFound
from lossy.events import ConnectionsChanged
from lossy.video_url import posting_address

BROWSER = "browser"
API = "api"
TEST = "login.test"
QUEUE = "automation"
MOST_VIDEOS = 200


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
    db.tell(ConnectionsChanged(user_id=user_id, place=place, change="connected"))
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


async def require_login(db: Db, user_id: str, login_id: str) -> PlatformLogin:
    """Give a login of the user's own, or raise `NotFound`."""
    login = await db.get(PlatformLogin, login_id)
    if login is None or login.user_id != user_id:
        raise NotFound("You are not connected there.")
    return login


async def forget_login(db: Db, user_id: str, place: str) -> int:
    """Forget what the user has at a host; give how many logins that were."""
    found = [login for login in await logins_of(db, user_id) if login.place == place]
    for login in found:
        await _forget(db, login)
    return len(found)


async def disconnect(db: Db, user_id: str, login_id: str) -> str:
    """Forget one login; give its host."""
    login = await require_login(db, user_id, login_id)
    await _forget(db, login)
    return login.place


async def ask_test(db: Db, user_id: str, login_id: str) -> None:
    """Have a login tested: `ConnectionsChanged` tells what came of it."""
    login = await require_login(db, user_id, login_id)
    job = Job(queue=QUEUE, name=TEST, payload={"login": login.id}, user_id=user_id, unique_key=_test_key(login.id))
    await jobs.add_job(db, job)


async def is_tested_now(db: Db, login: PlatformLogin) -> bool:
    """Whether a test of a login waits or runs."""
    return await jobs.live_job(db, _test_key(login.id)) is not None


async def was_tested(
    db: Db, login: PlatformLogin, *, account: str = "", is_over: bool | None, message: str | None
) -> None:
    """Keep what a test found; where it could not tell, `is_over` is None."""
    kept = await db.get(PlatformLogin, login.id, populate_existing=True)
    if kept is None or kept.sealed != login.sealed:
        return  # it was forgotten, or another one took its place, which nobody tested
    if is_over is not None:
        kept.is_expired, kept.account = is_over, account or kept.account
        kept.updated_at = utc_now()
        db.add(kept)
    db.tell(ConnectionsChanged(user_id=kept.user_id, place=kept.place, change="tested", message=message))


async def video_at(db: Db, user_id: str, platform: str, place: str) -> Video | None:
    """Find the newest video that the user may see at a host, on pages of this platform."""
    mine = (
        select(Video)
        .join(VideoMember, col(VideoMember.video_id) == col(Video.id))
        .where(VideoMember.user_id == user_id, Video.platform == platform)
        .order_by(col(Video.updated_at).desc())
        .limit(MOST_VIDEOS)
    )
    return next((video for video in (await db.exec(mine)).all() if _is_at(video, place)), None)


async def _forget(db: Db, login: PlatformLogin) -> None:
    await db.delete(login)
    db.tell(ConnectionsChanged(user_id=login.user_id, place=login.place, change="disconnected"))


def _is_at(video: Video, place: str) -> bool:
    try:
        return posting_address(video.platform, video.external_id, video.url or "").place == place
    except InvalidInput:
        return False


def _test_key(login_id: str) -> str:
    return f"login:{login_id}"
