"""REST for people: who gets a token, and when it stops counting."""

import logging
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from lossy.agent.accounts import ensure_owner
from lossy.db import users
from lossy.db.models import Token
from lossy.db.types import utc_now
from lossy.errors import NotSignedIn
from tests.agent.people import PASSWORD
from tests.web.rest import Person, Rest, refusal

BEN = {"email": "ben@example.org", "password": PASSWORD}


async def change_token(rest: Rest, person: Person, **values: object) -> None:
    async with rest.core.database.write() as db:
        await db.exec(update(Token).where(col(Token.user_id) == person.user_id).values(**values))


async def test_registering_gives_a_token_that_works(rest: Rest) -> None:
    visitor = await rest.visitor()
    answer = await visitor.post("/api/auth/register", json=BEN)
    assert answer.status_code == 201
    visitor.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    me = (await visitor.get("/api/me")).json()
    assert (me["email"], me["is_owner"], me["has_password"]) == ("ben@example.org", False, True)


async def test_registration_can_be_switched_off(rest: Rest) -> None:
    rest.core.settings.registration = False
    status, code, message = refusal(await (await rest.visitor()).post("/api/auth/register", json=BEN))
    assert (status, code) == (403, "not_allowed")
    assert message == "New accounts are switched off here. Ask the owner of this server for one."


async def test_a_short_wrong_password_is_wrong_and_not_malformed(rest: Rest) -> None:
    answer = await (await rest.visitor()).post("/api/auth/sign-in", json={"email": "ben@example.org", "password": "x"})
    assert refusal(answer) == (401, "not_signed_in", "E-mail address and password don't belong together.")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_too_many_guesses_are_told_when_to_come_back(rest: Rest) -> None:
    visitor, elsewhere = await rest.visitor(), await rest.visitor(address="198.51.100.7")
    wrong = BEN | {"password": "not the password"}
    assert [(await visitor.post("/api/auth/sign-in", json=wrong)).status_code for _ in range(5)] == [401] * 5
    refused = await visitor.post("/api/auth/sign-in", json=wrong)
    assert refusal(refused) == (429, "too_many", "Too many attempts to sign in. Try again in 15 minutes.")
    assert refused.headers["retry-after"] == "900"
    assert (await elsewhere.post("/api/auth/sign-in", json=wrong)).status_code == 401
    rest.clock.now += 900
    assert (await visitor.post("/api/auth/sign-in", json=wrong)).status_code == 401


async def test_the_owners_link_signs_in_once(rest: Rest) -> None:
    key = await ensure_owner(rest.core.database)
    visitor = await rest.visitor()
    first = await visitor.post("/api/auth/owner-link", json={"link": key})
    second = await visitor.post("/api/auth/owner-link", json={"link": key})
    assert first.json()["email"] == "owner@localhost"
    assert refusal(second)[:2] == (401, "not_signed_in")
    visitor.headers["Authorization"] = f"Bearer {first.json()['token']}"
    me = (await visitor.get("/api/me")).json()
    assert (me["is_owner"], me["has_password"]) == (True, False)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "lossy_token", "Token x"])
async def test_what_is_no_bearer_token_is_asked_to_sign_in(rest: Rest, header: str) -> None:
    visitor = await rest.visitor()
    answer = await visitor.get("/api/me", headers={"Authorization": header})
    assert refusal(answer)[:2] == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_unknown_token_is_told_so(rest: Rest) -> None:
    answer = await (await rest.visitor()).get("/api/me", headers={"Authorization": "Bearer lossy_guess"})
    assert refusal(answer) == (401, "not_signed_in", "This sign-in is not known here. Sign in again.")


@pytest.mark.parametrize(
    ("field", "ago", "message"),
    [
        ("revoked_at", timedelta(0), "You were signed out. Sign in again."),
        ("expires_at", timedelta(0), "Your sign-in has expired. Sign in again."),
        ("used_at", users.TOKEN_IDLE_LIMIT, "Your sign-in has expired. Sign in again."),
    ],
)
async def test_a_token_that_no_longer_counts_is_told_why(
    rest: Rest, ann: Person, field: str, ago: timedelta, message: str
) -> None:
    await change_token(rest, ann, **{field: utc_now() - ago})
    assert refusal(await ann.get("/api/me")) == (401, "not_signed_in", message)


async def test_signing_out_ends_this_token(rest: Rest, ann: Person) -> None:
    other = (await rest.accounts.sign_in(ann.email, PASSWORD, "192.0.2.1")).token
    assert (await ann.post("/api/auth/sign-out")).json() == {"ok": True}
    assert (await ann.get("/api/me")).status_code == 401
    ann.headers["Authorization"] = f"Bearer {other}"
    assert (await ann.post("/api/auth/sign-out-everywhere")).json() == {"ok": True}
    assert (await ann.get("/api/me")).status_code == 401


async def test_use_is_noted_at_most_every_ten_minutes(rest: Rest, ann: Person) -> None:

    async def used_at() -> object:
        async with rest.core.database.read() as db:
            return (await db.exec(select(Token.used_at).where(Token.user_id == ann.user_id))).one()

    fresh = utc_now() - users.TOKEN_TOUCH_EVERY + timedelta(minutes=1)
    await change_token(rest, ann, used_at=fresh)
    await ann.get("/api/me")
    assert await used_at() == fresh
    stale = utc_now() - users.TOKEN_TOUCH_EVERY - timedelta(minutes=1)
    await change_token(rest, ann, used_at=stale)
    before = utc_now()
    await ann.get("/api/me")
    noted = await used_at()
    assert isinstance(noted, type(before))
    assert noted >= before


async def test_changing_the_password_needs_the_current_one(rest: Rest, ann: Person) -> None:
    body = {"password": "another long password"}
    assert refusal(await ann.post("/api/auth/password", json=body)) == (
        403,
        "not_allowed",
        "The current password is not right.",
    )
    assert (await ann.post("/api/auth/password", json=body | {"current": PASSWORD})).json() == {"ok": True}
    assert (await ann.get("/api/me")).status_code == 200


async def test_a_ticket_binds_a_page_once(rest: Rest, ann: Person) -> None:
    ticket = (await ann.post("/api/tickets")).json()["ticket"]
    async with rest.core.database.write() as db:
        assert (await users.spend_ticket(db, ticket, "page")).user_id == ann.user_id
    async with rest.core.database.write() as db:
        with pytest.raises(NotSignedIn):
            await users.spend_ticket(db, ticket, "page")


async def test_no_secret_is_logged(rest: Rest, ann: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    visitor = await rest.visitor()
    key = await ensure_owner(rest.core.database)
    ticket = (await ann.post("/api/tickets")).json()["ticket"]
    for body in (BEN, BEN | {"password": "canary password"}):
        await visitor.post("/api/auth/sign-in", json=body)
    await visitor.post("/api/auth/owner-link", json={"link": key})
    await ann.post("/api/auth/password", json={"password": "canary password"})
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("lossy", "sqlalchemy"))
    )
    assert [secret for secret in (ann.token, key, ticket, PASSWORD, "canary") if str(secret) in ours] == []
