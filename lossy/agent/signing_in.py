"""How somebody signs in at a platform, what a page shows of it, and how often it may be tried."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lossy.agent.throttle import Limit

QUARTER_HOUR = 15 * 60.0
PASSWORD_THERE = Limit(5, QUARTER_HOUR, "sign in there")
PASSWORD_ANYWHERE = Limit(20, QUARTER_HOUR, "sign in at platforms")
WINDOWS = Limit(10, QUARTER_HOUR, "open a browser")
ALLOWING = Limit(20, QUARTER_HOUR, "connect a platform")
TESTS = Limit(20, QUARTER_HOUR, "test a login")


class Way(StrEnum):
    """How somebody signs in at a platform."""

    API = "api"
    """On the platform's own page, which then lets Lossy in over its API."""
    PASSWORD = "password"  # noqa: S105 -- a way, not one
    WINDOW = "window"
    LIVE_VIEW = "live_view"
    TERMINAL = "terminal"
    """By a command, where the person sits: this server has no browser to show."""


@dataclass(frozen=True)
class SignIn:
    """A sign-in that is under way."""

    url: str
    """Of a video there."""
    place: str
    way: Way
    name: str = ""
    """What the platform is called, where people go there or give a password."""
    stage: Literal["opening", "waiting", "keeping", "failed"] = "opening"
    address: str | None = None
    """Where the person goes to."""
    problem: str | None = None


def claims(user_id: str, way: Way) -> Mapping[Hashable, Limit]:
    """Give what beginning such a sign-in counts against."""
    if way in (Way.WINDOW, Way.LIVE_VIEW):
        return {("window", user_id): WINDOWS}
    return {("allow", user_id): ALLOWING} if way is Way.API else {}


def password_claims(user_id: str, place: str) -> Mapping[Hashable, Limit]:
    """Give what a name and a password count against."""
    return {("password", user_id, place): PASSWORD_THERE, ("password", user_id): PASSWORD_ANYWHERE}
