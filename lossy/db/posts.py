"""Posting: a row for each note and target, its steps as audit rows, and the note's status, always in one transaction.

The rule that all of it serves: `armed` is committed before the one click that submits, by whoever still holds the job.
From then on nobody submits again: what came of it is read, on the page or by a person.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from sqlmodel import col, func, select

from lossy.db import jobs, notes, videos
from lossy.db.engine import Db
from lossy.db.models import Job, NoteRow, PlatformLogin, Post, PostAudit, Role, Video
from lossy.db.types import utc_now
from lossy.errors import Conflict, InvalidInput, LossyError, NotAllowed, NotFound
from lossy.events import (
    ConnectionsChanged,
    JobState,
    Note,
    NoteStatus,
    PostingStepped,
    PostState,
    ToolResult,
    ToolStart,
)
from lossy.video_url import posting_address

JOB = "post.note"
QUEUE = "automation"
TOOL = "post"
RATE_WINDOW = timedelta(seconds=60)
MOST_EXPLORATIONS = 2
"""How often a model looks at the page for one post."""
_EXPLORING = "exploring"
Step = Literal["queued", "opening", "logged_in", "posting", "reading_back"]

_P = PostState
MOVES: dict[PostState, frozenset[PostState]] = {
    _P.QUEUED: frozenset({_P.PREPARING, _P.FAILED}),
    _P.PREPARING: frozenset({_P.PREPARING, _P.QUEUED, _P.ARMED, _P.FAILED}),
    _P.ARMED: frozenset({_P.POSTED, _P.UNKNOWN, _P.FAILED}),
    _P.POSTED: frozenset(),
    _P.UNKNOWN: frozenset({_P.POSTED, _P.FAILED}),
    _P.FAILED: frozenset({_P.QUEUED}),
}
"""From a state to those that may follow. From `armed` to `failed` only where the platform itself said no."""
NOTE_STATUS: dict[PostState, NoteStatus] = {
    _P.QUEUED: NoteStatus.PENDING_POST,
    _P.PREPARING: NoteStatus.POSTING,
    _P.ARMED: NoteStatus.POSTING,
    _P.POSTED: NoteStatus.POSTED,
    _P.UNKNOWN: NoteStatus.UNKNOWN,
    _P.FAILED: NoteStatus.FAILED,
}
"""What the note is meanwhile; while it waits for a login, `needs_login`."""
LIVE = (_P.QUEUED, _P.PREPARING, _P.ARMED)

Compose = Callable[[str, NoteRow], str]
"""Makes of a platform's name and a note what is to stand there."""


class Changed(Conflict):
    """The note is not what was filled in any more: nothing was submitted, and it begins anew."""

    code = "changed"


class TooSoon(LossyError):
    """The account posted often enough within a minute."""

    code = "too_soon"

    def __init__(self, seconds: float) -> None:
        super().__init__("Many comments were posted within a minute; this one waits its turn.")
        self.seconds = seconds


async def ask(db: Db, user_id: str, note_id: str) -> Note:
    """Post a note, by this person's word: a row, and the job that does it."""
    note = await notes.require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is not None:
        raise Conflict("This note was deleted. Bring it back first.")
    if note.author_id != user_id:
        raise NotAllowed("Only its author posts a note.")
    if note.status is NoteStatus.NEEDS_LOGIN:
        return await _resume(db, await _of_note(db, note), note)
    if NoteStatus.PENDING_POST not in notes.LEGAL_MOVES[note.status] or note.status is NoteStatus.UNKNOWN:
        raise Conflict(_WHY_NOT.get(note.status, f"A note that is {note.status} can't be posted."))
    video = await videos.require_video(db, user_id, note.video_id, Role.COMMENTER)
    place = _place(video)
    post = await _find(db, note.id, video.platform, video.external_id)
    if post is None:
        post = Post(
            note_id=note.id, user_id=user_id, platform=video.platform, place=place, target=video.external_id
        )  # fmt: skip
    else:
        _step_to(post, _P.QUEUED)
        post.error, post.browser, post.comment_id = None, None, None
    db.add(post)
    await db.flush()
    _audit(db, post, "queued")
    return await _queue(db, post, note)


async def ask_all(db: Db, user_id: str, video_id: str) -> list[str]:
    """Post every firmed note that is the user's own on a video; give their ids."""
    await videos.require_video(db, user_id, video_id, Role.COMMENTER)
    firmed = (
        select(NoteRow.id)
        .where(NoteRow.video_id == video_id, NoteRow.author_id == user_id, NoteRow.status == NoteStatus.FIRMED)
        .where(col(NoteRow.deleted_at).is_(None))
        .order_by(col(NoteRow.start_seconds))
    )
    asked = list((await db.exec(firmed)).all())
    for note_id in asked:
        await ask(db, user_id, note_id)
    return asked


async def take_back(db: Db, user_id: str, note_id: str) -> Note:
    """Do not post after all, while nothing was begun; the note is firmed again."""
    note = await notes.require_note(db, user_id, note_id, Role.COMMENTER)
    post = await _of_note(db, note)
    if post.state is not _P.QUEUED:
        raise Conflict("It is on its way already and can't be taken back.")
    live = await jobs.live_job(db, job_key(post))
    if live is not None:
        await jobs.discard_job(db, live.id)
    _step_to(post, _P.FAILED)
    post.error = "You took it back."
    _audit(db, post, "taken_back")
    return await notes.move_note(db, note, user_id, NoteStatus.FIRMED, error=None)


async def begin(db: Db, post_id: str, compose: Compose) -> Post | None:
    """Begin to prepare, with the words as they are now; None where there is nothing to do any more.

    Of a post that is armed nothing is changed: it is to be read back.
    """
    post = await _locked(db, post_id)
    if post is None or post.state in (_P.POSTED, _P.UNKNOWN):
        return None
    note = await db.get_one(NoteRow, post.note_id)
    if post.state is _P.ARMED:
        await _is_under_way(db, post, note)
        return post
    if post.state is _P.FAILED:  # its job was dead, and a person let it begin anew
        if NoteStatus.PENDING_POST not in notes.LEGAL_MOVES[note.status]:
            return None
        _step_to(post, _P.QUEUED)
        await notes.move_note(db, note, post.user_id, NoteStatus.PENDING_POST, error=None)
    if note.deleted_at is not None:
        await _fail(db, post, note, "The note was deleted before it was posted.")
        return None
    try:
        await videos.require_video(db, post.user_id, note.video_id, Role.COMMENTER)
        post.body = compose(post.platform, note)
    except LossyError as problem:
        await _fail(db, post, note, problem.message)
        return None
    post.at_seconds = note.start_seconds
    _step_to(post, _P.PREPARING)
    _audit(db, post, "preparing")
    await _is_under_way(db, post, note)
    _tell_step(db, post, note, "opening")
    return post


async def has_browser(db: Db, post_id: str, browser: str | None) -> None:
    """Keep which browser an attempt has, before anything is done with it."""
    post = await db.get_one(Post, post_id)
    post.browser = browser
    _touch(db, post)


async def is_logged_in(db: Db, post_id: str, account: str) -> None:
    """The platform knows whose browser it is."""
    post = await db.get_one(Post, post_id)
    post.account = account
    _audit(db, post, "logged_in", account)
    _tell_step(db, post, await db.get_one(NoteRow, post.note_id), "logged_in")
    _touch(db, post)


async def arm(db: Db, post_id: str, compose: Compose, *, seen_before: int, most_per_minute: int) -> None:
    """Allow the one click. Whoever calls this holds the job, and that is checked in this transaction.

    Raises `Changed` if the note is not what was filled in, and `TooSoon` if the account has to wait.
    """
    post = await _locked(db, post_id)
    if post is None or post.state is not _P.PREPARING:
        raise Conflict("This posting is not being prepared any more.")
    note = await db.get_one(NoteRow, post.note_id)
    await db.refresh(note, with_for_update={"key_share": True})
    if (
        note.deleted_at is not None
        or note.status is not NoteStatus.POSTING
        or compose(post.platform, note) != post.body
    ):
        raise Changed("The note was changed while it was being posted.")
    login = await login_of(db, post.user_id, post.platform, post.place)
    if login is not None:
        await db.refresh(login, with_for_update=True)  # two posts of one account stand in line
    now = utc_now()
    lately = select(func.count(), func.min(Post.armed_at)).where(
        Post.user_id == post.user_id, Post.place == post.place, col(Post.armed_at) > now - RATE_WINDOW
    )
    count, first = (await db.exec(lately)).one()
    if first is not None and count >= most_per_minute:
        raise TooSoon((first + RATE_WINDOW - now).total_seconds())
    _step_to(post, _P.ARMED)
    post.armed_at, post.seen_before, post.reads, post.last_read_at = now, seen_before, 0, None
    _audit(db, post, "armed", post.browser or "", sha256=hashlib.sha256(post.body.encode()).hexdigest())
    _tell_step(db, post, note, "posting")
    _touch(db, post)


async def is_posted(db: Db, post_id: str, comment_id: str | None, permalink: str, proof: str) -> None:
    """It stands there; `proof` says what showed it."""
    post, note = await _with_note(db, post_id)
    _step_to(post, _P.POSTED)
    post.comment_id, post.error, post.browser = comment_id, None, None
    _audit(db, post, "posted", proof)
    await notes.move_note(db, note, post.user_id, NoteStatus.POSTED, permalink=permalink, error=None)
    _tell_result(db, post, note, succeeded=True, message=None)


async def looked_in_vain(db: Db, post_id: str) -> int:
    """It was looked for on the platform and not seen; give how often by now."""
    post, _ = await _with_note(db, post_id)
    post.reads += 1
    post.last_read_at = utc_now()
    _audit(db, post, "not_seen", f"look {post.reads}")
    _touch(db, post)
    return post.reads


async def may_explore(db: Db, post_id: str) -> bool:
    """Whether a model may look at the page for this post: that is noted, and allowed `MOST_EXPLORATIONS` times."""
    post, _ = await _with_note(db, post_id)
    before = select(func.count()).where(PostAudit.post_id == post_id, PostAudit.step == _EXPLORING)
    if (await db.exec(before)).one() >= MOST_EXPLORATIONS:
        return False
    _audit(db, post, _EXPLORING)
    return True


async def explored(db: Db, post_id: str, outcome: str) -> None:
    """A model looked at the page."""
    _audit(db, await db.get_one(Post, post_id), "explored", outcome)


async def tell_reading(db: Db, post_id: str) -> None:
    """It is being looked for on the platform."""
    post, note = await _with_note(db, post_id)
    _audit(db, post, "reading_back")
    _tell_step(db, post, note, "reading_back")


async def is_unknown(db: Db, post_id: str, why: str) -> None:
    """It was submitted, and whether it stands there a person has to say."""
    post, note = await _with_note(db, post_id)
    _step_to(post, _P.UNKNOWN)
    post.error, post.browser = why, None
    _audit(db, post, "unknown", why)
    await notes.move_note(db, note, post.user_id, NoteStatus.UNKNOWN, error=why)
    _tell_result(db, post, note, succeeded=False, message=why)


async def has_failed(db: Db, post_id: str, why: str, picture: bytes | None = None) -> None:
    """It is not there and will not be; a person may ask again."""
    post, note = await _with_note(db, post_id)
    await _fail(db, post, note, why, picture)


async def stumbled(db: Db, post_id: str, why: str, picture: bytes | None = None) -> None:
    """An attempt failed before anything was submitted: the note waits for the next one."""
    post, note = await _with_note(db, post_id)
    _audit(db, post, "stumbled", why, picture=picture)
    if post.state is _P.PREPARING:
        _step_to(post, _P.QUEUED)
        post.error = why
        _touch(db, post)
        await notes.move_note(db, note, post.user_id, NoteStatus.PENDING_POST, error=None)
        _tell_step(db, post, note, "queued")


async def needs_login(db: Db, post_id: str, why: str) -> None:
    """Nobody is logged in there: the note waits until its author is, and then goes on by itself."""
    post, note = await _with_note(db, post_id)
    login = await login_of(db, post.user_id, post.platform, post.place)
    if login is not None:
        login.is_expired, login.updated_at = True, utc_now()
        db.add(login)
        db.tell(ConnectionsChanged(user_id=post.user_id, place=post.place, change="expired"))
    if post.state is _P.PREPARING:
        _step_to(post, _P.QUEUED)
    post.error, post.browser = why, None
    _audit(db, post, "needs_login", why)
    await notes.move_note(db, note, post.user_id, NoteStatus.NEEDS_LOGIN, error=why)
    _tell_result(db, post, note, succeeded=False, message=why)


async def lost_login(db: Db, post_id: str, why: str) -> None:
    """The platform said no, as nobody was logged in any more: it is not there, and begins anew after a login."""
    post, _ = await _with_note(db, post_id)
    _audit(db, post, "stumbled", "The platform did not take it, as nobody was signed in any more.")
    _step_to(post, _P.FAILED)
    _step_to(post, _P.QUEUED)
    await needs_login(db, post_id, why)


async def go_on_after_login(db: Db, user_id: str, platform: str, place: str) -> int:
    """Let every note go on that waited for this login; give how many."""
    waiting = (
        select(Post, NoteRow)
        .join(NoteRow, col(NoteRow.id) == col(Post.note_id))
        .where(Post.user_id == user_id, Post.platform == platform, Post.place == place)
        .where(col(Post.state).in_((_P.QUEUED, _P.ARMED)))
        .where(NoteRow.status == NoteStatus.NEEDS_LOGIN, col(NoteRow.deleted_at).is_(None))
        .order_by(col(NoteRow.start_seconds))
    )
    found = (await db.exec(waiting)).all()
    for post, note in found:
        await _resume(db, post, note)
    return len(found)


async def decide(db: Db, user_id: str, note_id: str, *, is_there: bool) -> Note:
    """Take a person's word for what nobody could see: it stands there, or it does not."""
    note = await notes.require_note(db, user_id, note_id, Role.COMMENTER)
    post = await _of_note(db, note)
    if post.user_id != user_id or post.state is not _P.UNKNOWN:
        raise Conflict("There is nothing to decide about this note.")
    _audit(db, post, "decided", "there" if is_there else "not there")
    if is_there:
        video = await videos.require_video(db, user_id, note.video_id)
        _step_to(post, _P.POSTED)
        _touch(db, post)
        return await notes.move_note(
            db, note, user_id, NoteStatus.POSTED, permalink=note.permalink or video.url, error=None
        )  # fmt: skip
    _step_to(post, _P.FAILED)
    post.error = "You did not find it there."
    _touch(db, post)
    return await notes.move_note(db, note, user_id, NoteStatus.FAILED, error=post.error)


async def given_up(db: Db) -> list[str]:
    """Give the posts whose job is dead or was discarded, and which still have no end."""
    live = (await db.exec(select(Post).where(col(Post.state).in_(LIVE)))).all()
    return [post.id for post in live if await _given_up(db, post) is not None]


async def settle_given_up(db: Db, post_id: str) -> None:
    """Give such a post a visible end: unknown if it was armed."""
    post = await _locked(db, post_id)
    if post is None or post.state not in LIVE or (job := await _given_up(db, post)) is None:
        return
    why = job.error or "It was given up."
    if post.state is _P.ARMED:
        await _is_under_way(db, post, await db.get_one(NoteRow, post.note_id))
        await is_unknown(db, post.id, f"It was submitted, but what came of it could not be read. ({why})")
    else:
        await has_failed(db, post.id, why)


async def post_of(db: Db, user_id: str, note_id: str) -> tuple[Post, list[PostAudit]]:
    """Give a note's posting and its steps, oldest first."""
    note = await notes.require_note(db, user_id, note_id)
    post = await _of_note(db, note)
    steps = select(PostAudit).where(PostAudit.post_id == post.id).order_by(col(PostAudit.id))
    return post, list((await db.exec(steps)).all())


async def login_of(db: Db, user_id: str, platform: str, place: str) -> PlatformLogin | None:
    """Give the user's login at a platform."""
    query = select(PlatformLogin).where(
        PlatformLogin.user_id == user_id, PlatformLogin.platform == platform, PlatformLogin.place == place
    )
    return (await db.exec(query)).first()


def job_key(post: Post) -> str:
    """Give the unique key of a post's job."""
    return f"post:{post.id}"


_WHY_NOT = {
    NoteStatus.POSTED: "This note is posted already.",
    NoteStatus.PENDING_POST: "This note waits to be posted already.",
    NoteStatus.POSTING: "This note is being posted.",
    NoteStatus.UNKNOWN: "Nobody knows yet whether this note was posted. Look there, and say so first.",
    NoteStatus.CANCELLED: "This note was scratched. Bring it back first.",
    NoteStatus.ARCHIVED: "This note was merged into another one.",
}


def is_on_a_platform(video: Video) -> bool:
    """Whether there is a page of it that comments could be posted to."""
    return video.platform not in ("sample", "local") and video.url is not None


def _place(video: Video) -> str:
    if not is_on_a_platform(video) or video.url is None:
        raise InvalidInput("This video is on no platform that comments could be posted to.")
    return posting_address(video.platform, video.external_id, video.url).place


async def _find(db: Db, note_id: str, platform: str, target: str) -> Post | None:
    this = select(Post).where(Post.note_id == note_id, Post.platform == platform, Post.target == target)
    return (await db.exec(this.with_for_update())).first()


async def _of_note(db: Db, note: NoteRow) -> Post:
    newest = select(Post).where(Post.note_id == note.id).order_by(col(Post.created_at).desc()).limit(1)
    post = (await db.exec(newest)).first()
    if post is None:
        raise NotFound("This note was never posted.")
    return post


async def _given_up(db: Db, post: Post) -> Job | None:
    job = await jobs.latest_job(db, job_key(post))
    return job if job is not None and job.state in (JobState.DEAD, JobState.DISCARDED) else None


async def _locked(db: Db, post_id: str) -> Post | None:
    this = select(Post).where(Post.id == post_id).with_for_update()
    return (await db.exec(this, execution_options={"populate_existing": True})).first()


async def _with_note(db: Db, post_id: str) -> tuple[Post, NoteRow]:
    post = await db.get_one(Post, post_id, with_for_update=True, populate_existing=True)
    return post, await db.get_one(NoteRow, post.note_id)


async def _resume(db: Db, post: Post, note: NoteRow) -> Note:
    post.error = None
    _touch(db, post)
    _audit(db, post, "goes_on")
    return await _queue(db, post, note)


async def _queue(db: Db, post: Post, note: NoteRow) -> Note:
    job = Job(queue=QUEUE, name=JOB, payload={"post": post.id}, user_id=post.user_id, unique_key=job_key(post))
    await jobs.add_job(db, job)
    queued = await notes.move_note(db, note, post.user_id, NoteStatus.PENDING_POST, error=None)
    db.tell(ToolStart(**_whose(post, note), turn_id=note.turn_id, tool=TOOL, note_id=note.id))
    _tell_step(db, post, note, "queued")
    return queued


async def _is_under_way(db: Db, post: Post, note: NoteRow) -> None:
    if note.status is not NoteStatus.POSTING:
        await notes.move_note(db, note, post.user_id, NoteStatus.POSTING, error=None)


async def _fail(db: Db, post: Post, note: NoteRow, why: str, picture: bytes | None = None) -> None:
    _step_to(post, _P.FAILED)
    post.error, post.browser = why, None
    _touch(db, post)
    _audit(db, post, "failed", why, picture=picture)
    await notes.move_note(db, note, post.user_id, NoteStatus.FAILED, error=why)
    _tell_result(db, post, note, succeeded=False, message=why)


def _step_to(post: Post, state: PostState) -> None:
    if state not in MOVES[post.state]:
        raise Conflict(f"A posting that is {post.state} can't become {state}.")
    post.state, post.updated_at = state, utc_now()


def _touch(db: Db, post: Post) -> None:
    post.updated_at = utc_now()
    db.add(post)


def _audit(
    db: Db, post: Post, step: str, detail: str = "", *, sha256: str | None = None, picture: bytes | None = None
) -> None:
    db.add(PostAudit(post_id=post.id, step=step, detail=detail, body_sha256=sha256, picture=picture))


def _whose(post: Post, note: NoteRow) -> dict[str, str | None]:
    return {"user_id": post.user_id, "session_id": note.session_id, "video_id": note.video_id}


def _tell_step(db: Db, post: Post, note: NoteRow, step: Step) -> None:
    db.tell(PostingStepped.model_validate({**_whose(post, note), "note_id": note.id, "step": step}))


def _tell_result(db: Db, post: Post, note: NoteRow, *, succeeded: bool, message: str | None) -> None:
    told = {**_whose(post, note), "turn_id": note.turn_id, "tool": TOOL, "note_id": note.id}
    db.tell(ToolResult.model_validate({**told, "succeeded": succeeded, "message": message}))
