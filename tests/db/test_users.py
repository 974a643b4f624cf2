"""Accounts and keys: a key is worth nothing once it expired, was revoked or was spent, and is written nowhere."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select as select_all
from sqlmodel import SQLModel, col, func, select, update

from lossy.db import users
from lossy.db.engine import Database, Db
from lossy.db.models import Ticket, Token, User
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound, NotSignedIn
from lossy.events import SignedOut
from tests.db.rows import do

SPENDERS = 20


@pytest.fixture
async def ann(database: Database) -> User:
    return await do(database, users.add_user, "Ann@Example.org", None)


async def test_an_address_is_found_in_any_case(database: Database, ann: User) -> None:
    async with database.read() as db:
        for typed in ("ann@example.org", "ANN@EXAMPLE.ORG", "  Ann@Example.org "):
            assert (await users.require_user(db, typed)).id == ann.id
        with pytest.raises(NotFound, match=r"lossy user add bob@example\.org"):
            await users.require_user(db, "bob@example.org")


@pytest.mark.usefixtures("ann")
async def test_an_address_is_taken_in_any_case(database: Database) -> None:
    with pytest.raises(Conflict, match="already an account"):
        await do(database, users.add_user, "aNN@example.ORG", None)


async def test_one_of_many_who_ask_for_an_address_at_once_gets_it(database: Database) -> None:
    asked = (do(database, users.add_user, address, None) for address in ["bob@example.org", "BOB@example.org"] * 5)
    came = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in came if not isinstance(one, User)] == [Conflict] * 9


async def test_no_key_is_anywhere_in_a_dump_of_the_database(database: Database, ann: User) -> None:
    token = await do(database, users.issue_token, ann.id, "browser")
    ticket = await do(database, users.issue_ticket, ann.id, "page")
    dump = await _dump(database)
    assert ann.id in dump
    for key in (token, token.removeprefix("lossy_"), ticket):
        assert key not in dump


async def test_a_token_tells_whose_it_is(database: Database, ann: User) -> None:
    bob = await do(database, users.add_user, "bob@example.org", None)
    tokens = [await do(database, users.issue_token, user.id, "browser") for user in (ann, bob)]
    identities = [await do(database, users.identify, token) for token in tokens]
    assert [identity.user_id for identity in identities] == [ann.id, bob.id]
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("strange", ["", "lossy_", "x" * 5000, "' OR 1=1 --", "lossy_\u0000"])
async def test_a_token_that_was_never_given_is_refused(database: Database, ann: User, strange: str) -> None:
    await do(database, users.issue_token, ann.id, "browser")
    with pytest.raises(NotSignedIn, match="not known"):
        await do(database, users.identify, strange)


async def test_a_token_ends_after_thirty_days_however_much_it_is_used(database: Database, ann: User) -> None:
    token = await do(database, users.issue_token, ann.id, "browser")
    now = utc_now()
    expires = (await _token(database)).expires_at
    assert timedelta(days=29, hours=23) < expires - now <= timedelta(days=30)
    await _age(database, expires_at=now - timedelta(seconds=1), used_at=now)
    with pytest.raises(NotSignedIn, match="expired"):
        await do(database, users.identify, token)


async def test_a_token_that_nobody_uses_ends_after_fourteen_days(database: Database, ann: User) -> None:
    token = await do(database, users.issue_token, ann.id, "browser")
    await _age(database, used_at=utc_now() - users.TOKEN_IDLE_LIMIT + timedelta(minutes=1))
    identity = await do(database, users.identify, token)
    await _age(database, used_at=utc_now() - users.TOKEN_IDLE_LIMIT - timedelta(minutes=1))
    with pytest.raises(NotSignedIn, match="expired"):
        await do(database, users.identify, token)
    await do(database, users.touch_token, identity.token_id)
    assert await do(database, users.identify, token) == identity


async def test_using_a_token_is_noted_every_ten_minutes_only(database: Database, ann: User) -> None:
    await do(database, users.issue_token, ann.id, "browser")
    row = await _token(database)
    await do(database, users.touch_token, row.id)
    assert (await _token(database)).used_at == row.used_at
    assert not await do(database, users.token_is_stale, row.id)
    await _age(database, used_at=utc_now() - timedelta(minutes=11))
    assert await do(database, users.token_is_stale, row.id)
    await do(database, users.touch_token, row.id)
    assert (await _token(database)).used_at >= row.used_at


async def test_a_revoked_token_ends_at_once_and_connections_hear_of_it(database: Database, ann: User) -> None:
    first, second = [await do(database, users.issue_token, ann.id, label) for label in ("browser", "phone")]
    identity = await do(database, users.identify, first)
    with database.bus.subscribe("signed_out:*") as heard:
        assert await do(database, users.revoke_tokens, ann.id, identity.token_id) == 1
        (told,) = heard.drain()
    assert isinstance(told, SignedOut)
    assert (told.user_id, told.token_ids) == (ann.id, (identity.token_id,))
    with pytest.raises(NotSignedIn, match="signed out"):
        await do(database, users.identify, first)
    assert (await do(database, users.identify, second)).user_id == ann.id


async def test_signing_out_again_tells_nothing(database: Database, ann: User) -> None:
    await do(database, users.issue_token, ann.id, "browser")
    assert await do(database, users.revoke_tokens, ann.id) == 1
    with database.bus.subscribe("signed_out:*") as heard:
        assert await do(database, users.revoke_tokens, ann.id) == 0
        assert heard.drain() == []


async def test_all_tokens_but_the_one_to_keep_are_revoked(database: Database, ann: User) -> None:
    tokens = [await do(database, users.issue_token, ann.id, "browser") for _ in range(3)]
    kept = await do(database, users.identify, tokens[0])
    assert await do(database, users.revoke_tokens, ann.id, keep=kept.token_id) == 2
    assert await do(database, users.identify, tokens[0]) == kept
    for token in tokens[1:]:
        with pytest.raises(NotSignedIn):
            await do(database, users.identify, token)


async def test_one_of_many_who_spend_a_ticket_at_once_wins(database: Database, ann: User) -> None:
    ticket = await do(database, users.issue_ticket, ann.id, "page")
    spent = await asyncio.gather(
        *(do(database, users.spend_ticket, ticket, "page") for _ in range(SPENDERS)), return_exceptions=True
    )
    assert [one.user_id for one in spent if isinstance(one, Ticket)] == [ann.id]
    assert [type(one) for one in spent if not isinstance(one, Ticket)] == [NotSignedIn] * (SPENDERS - 1)


async def test_a_ticket_serves_its_purpose_only_and_is_not_lost_by_a_wrong_one(database: Database, ann: User) -> None:
    ticket = await do(database, users.issue_ticket, ann.id, "page")
    with pytest.raises(NotSignedIn):
        await do(database, users.spend_ticket, ticket, "owner_link")
    assert (await do(database, users.spend_ticket, ticket, "page")).user_id == ann.id


async def test_a_ticket_that_expired_is_refused_and_swept_away(database: Database, ann: User) -> None:
    late = await do(database, users.issue_ticket, ann.id, "page", lifetime=timedelta(seconds=-1))
    with pytest.raises(NotSignedIn, match="used already or has expired"):
        await do(database, users.spend_ticket, late, "page")
    fresh = await do(database, users.issue_ticket, ann.id, "page")
    await do(database, users.spend_ticket, fresh, "page")
    async with database.read() as db:
        assert (await db.exec(select(func.count()).select_from(Ticket))).one() == 0


async def test_a_ticket_ends_with_the_sign_in_that_it_came_from(database: Database, ann: User) -> None:
    token = await do(database, users.issue_token, ann.id, "browser")
    identity = await do(database, users.identify, token)
    ticket = await do(database, users.issue_ticket, ann.id, "page", token_id=identity.token_id)
    assert (await do(database, users.spend_ticket, ticket, "page")).token_id == identity.token_id


async def test_what_a_user_chose_is_merged_and_theirs_alone(database: Database, ann: User) -> None:
    bob = await do(database, users.add_user, "bob@example.org", None)
    assert await do(database, users.settings_of, ann.id) == {}
    await do(database, users.change_settings, ann.id, {"theme": "dark", "mode": "one_note"})
    await do(database, users.change_settings, ann.id, {"theme": "light"})
    assert await do(database, users.settings_of, ann.id) == {"theme": "light", "mode": "one_note"}
    assert await do(database, users.settings_of, bob.id) == {}


async def test_choices_made_at_once_are_all_kept(database: Database, ann: User) -> None:
    await asyncio.gather(*(do(database, users.change_settings, ann.id, {f"key{n}": n}) for n in range(10)))
    assert await do(database, users.settings_of, ann.id) == {f"key{n}": n for n in range(10)}


async def _dump(database: Database) -> str:
    async with database.engine.connect() as connection:
        tables = SQLModel.metadata.sorted_tables
        return repr([(await connection.execute(select_all(table))).all() for table in tables])


async def _token(database: Database) -> Token:
    async with database.read() as db:
        return (await db.exec(select(Token).order_by(col(Token.created_at)))).one()


async def _age(database: Database, **moments: object) -> None:
    async with database.write() as db:
        await _set(db, **moments)


async def _set(db: Db, **moments: object) -> None:
    await db.exec(update(Token).values(**moments))
