"""Accounts on a real database, with real argon2id made cheap."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select, update

from lossy.agent.accounts import OWNER_LINK, PAGE_TICKET, Accounts, ensure_owner
from lossy.agent.passwords import Argon2
from lossy.agent.throttle import Throttle, Throttled
from lossy.db import users
from lossy.db.engine import Database
from lossy.db.models import Ticket, Token, User
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotAllowed, NotSignedIn
from lossy.events import SignedOut
from lossy.protocol import SignedIn
from tests.agent.people import PASSWORD, HandClock, RecordingHasher

HERE = "192.0.2.1"
ELSEWHERE = "192.0.2.2"
ANN = "ann@example.org"


@pytest.fixture
def hasher() -> RecordingHasher:
    return RecordingHasher()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def accounts(database: Database, hasher: RecordingHasher, clock: HandClock) -> Accounts:
    return Accounts(database, hasher=hasher, throttle=Throttle(clock))


async def identity_of(database: Database, signed_in: SignedIn) -> users.Identity:
    async with database.read() as db:
        return await users.identify(db, signed_in.token)


async def wrong_sign_in(accounts: Accounts, email: str = ANN, client: str = HERE) -> type[Exception] | None:
    try:
        await accounts.sign_in(email, "not the password", client)
    except (NotSignedIn, Throttled) as refusal:
        return type(refusal)
    return None


async def test_who_registers_is_signed_in_and_may_sign_in_again(accounts: Accounts, database: Database) -> None:
    registered = await accounts.register(" Ann@Example.org ", PASSWORD, HERE)
    again = await accounts.sign_in("ANN@example.ORG", PASSWORD, HERE)
    assert registered.email == again.email == ANN
    assert (await identity_of(database, registered)).user_id == (await identity_of(database, again)).user_id


async def test_an_address_is_taken_in_any_case(accounts: Accounts) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    with pytest.raises(Conflict, match="already an account"):
        await accounts.register("ANN@EXAMPLE.ORG", PASSWORD, HERE)


async def test_one_of_many_who_register_an_address_at_once_gets_it(accounts: Accounts) -> None:
    tries = (accounts.register(ANN, PASSWORD, HERE) for _ in range(6))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 5 + ["SignedIn"]


async def test_neither_password_nor_token_nor_ticket_is_in_the_database(accounts: Accounts, database: Database) -> None:
    signed_in = await accounts.register(ANN, PASSWORD, HERE)
    ticket = await accounts.issue_page_ticket(await identity_of(database, signed_in))
    async with database.read() as db:
        rows = [*(await db.exec(select(User))), *(await db.exec(select(Token))), *(await db.exec(select(Ticket)))]
    everything = repr([row.model_dump() for row in rows])
    assert "argon2id" in everything
    assert not [secret for secret in (PASSWORD, signed_in.token, ticket) if secret in everything]


async def test_an_unknown_address_costs_one_comparison_like_a_known_one(
    accounts: Accounts, hasher: RecordingHasher
) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    assert await wrong_sign_in(accounts) is NotSignedIn
    assert await wrong_sign_in(accounts, "nobody@example.org") is NotSignedIn
    known, unknown = hasher.compared_with
    assert known != unknown
    assert known.split("$")[1:4] == unknown.split("$")[1:4] == ["argon2id", "v=19", "m=8,t=1,p=1"]


async def test_an_account_without_a_password_costs_one_comparison_too(
    accounts: Accounts, database: Database, hasher: RecordingHasher
) -> None:
    await ensure_owner(database)
    assert await wrong_sign_in(accounts, users.OWNER_EMAIL) is NotSignedIn
    assert len(hasher.compared_with) == 1


async def test_the_refusal_does_not_tell_whether_the_address_is_known(accounts: Accounts) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    said = []
    for address in (ANN, "nobody@example.org"):
        with pytest.raises(NotSignedIn) as refusal:
            await accounts.sign_in(address, "not the password", HERE)
        said.append(refusal.value.message)
    assert said[0] == said[1]


async def test_guesses_are_refused_after_five_even_the_right_one(accounts: Accounts, clock: HandClock) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    assert [await wrong_sign_in(accounts) for _ in range(7)] == [NotSignedIn] * 5 + [Throttled] * 2
    with pytest.raises(Throttled, match=r"Too many attempts to sign in\. Try again in 15 minutes\."):
        await accounts.sign_in(ANN, PASSWORD, HERE)
    clock.now += 15 * 60
    assert (await accounts.sign_in(ANN, PASSWORD, HERE)).email == ANN


async def test_guesses_at_the_same_moment_are_counted_before_they_are_compared(
    accounts: Accounts, hasher: RecordingHasher
) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    await asyncio.gather(*(wrong_sign_in(accounts) for _ in range(20)))
    assert len(hasher.compared_with) == 5


async def test_whose_account_is_guessed_at_may_sign_in_from_elsewhere(accounts: Accounts) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    for _ in range(7):
        await wrong_sign_in(accounts)
    assert (await accounts.sign_in(ANN, PASSWORD, ELSEWHERE)).email == ANN


async def test_one_client_has_thirty_guesses_for_all_addresses(accounts: Accounts) -> None:
    outcomes = [await wrong_sign_in(accounts, f"user{n}@example.org") for n in range(32)]
    assert outcomes == [NotSignedIn] * 30 + [Throttled] * 2


async def test_many_clients_together_have_fifty_guesses_for_an_address(accounts: Accounts) -> None:
    outcomes = [await wrong_sign_in(accounts, ANN, f"192.0.2.{n}") for n in range(52)]
    assert outcomes == [NotSignedIn] * 50 + [Throttled] * 2


async def test_signing_in_rightly_is_never_throttled(accounts: Accounts) -> None:
    await accounts.register(ANN, PASSWORD, HERE)
    for _ in range(60):
        await accounts.sign_in(ANN, PASSWORD, HERE)


async def test_one_client_makes_twenty_accounts_an_hour(accounts: Accounts) -> None:
    for number in range(20):
        await accounts.register(f"user{number}@example.org", PASSWORD, HERE)
    with pytest.raises(Throttled, match=r"Too many attempts to register\. Try again in 60 minutes\."):
        await accounts.register("more@example.org", PASSWORD, HERE)


async def test_signing_out_ends_this_sign_in_only_and_says_which(accounts: Accounts, database: Database) -> None:
    first = await accounts.register(ANN, PASSWORD, HERE)
    second = await accounts.sign_in(ANN, PASSWORD, HERE)
    identity = await identity_of(database, first)
    with database.bus.subscribe(f"user:{identity.user_id}") as heard:
        await accounts.sign_out(identity)
        (event,) = heard.drain()
    assert isinstance(event, SignedOut)
    assert event.token_ids == (identity.token_id,)
    with pytest.raises(NotSignedIn, match="You were signed out"):
        await identity_of(database, first)
    assert (await identity_of(database, second)).email == ANN


async def test_signing_out_everywhere_ends_every_sign_in_of_this_user(accounts: Accounts, database: Database) -> None:
    mine = [await accounts.register(ANN, PASSWORD, HERE), await accounts.sign_in(ANN, PASSWORD, HERE)]
    other = await accounts.register("ben@example.org", PASSWORD, HERE)
    await accounts.sign_out_everywhere(await identity_of(database, mine[0]))
    for signed_in in mine:
        with pytest.raises(NotSignedIn):
            await identity_of(database, signed_in)
    assert (await identity_of(database, other)).email == "ben@example.org"


async def test_a_new_password_replaces_the_old_and_ends_the_other_sign_ins(
    accounts: Accounts, database: Database
) -> None:
    here = await accounts.register(ANN, PASSWORD, HERE)
    there = await accounts.sign_in(ANN, PASSWORD, ELSEWHERE)
    await accounts.change_password(await identity_of(database, here), "another long password", PASSWORD)
    assert (await identity_of(database, here)).email == ANN
    with pytest.raises(NotSignedIn):
        await identity_of(database, there)
    with pytest.raises(NotSignedIn):
        await accounts.sign_in(ANN, PASSWORD, HERE)
    assert (await accounts.sign_in(ANN, "another long password", HERE)).email == ANN


@pytest.mark.parametrize("current", [None, "not the password"])
async def test_a_stolen_token_does_not_change_the_password(
    accounts: Accounts, database: Database, current: str | None
) -> None:
    identity = await identity_of(database, await accounts.register(ANN, PASSWORD, HERE))
    for _ in range(5):
        with pytest.raises(NotAllowed, match="current password"):
            await accounts.change_password(identity, "another long password", current)
    with pytest.raises(Throttled):
        await accounts.change_password(identity, "another long password", current)
    assert (await accounts.sign_in(ANN, PASSWORD, HERE)).email == ANN


async def test_the_first_start_makes_the_owner_and_a_link_that_works_once(
    accounts: Accounts, database: Database
) -> None:
    key = await ensure_owner(database)
    assert key is not None
    signed_in = await accounts.follow_owner_link(key, HERE)
    assert signed_in.email == users.OWNER_EMAIL
    assert (await identity_of(database, signed_in)).email == users.OWNER_EMAIL
    with pytest.raises(NotSignedIn, match="used already or has expired"):
        await accounts.follow_owner_link(key, HERE)


async def test_one_of_many_who_follow_the_link_at_once_gets_in(accounts: Accounts, database: Database) -> None:
    key = await ensure_owner(database)
    assert key is not None
    outcomes = await asyncio.gather(*(accounts.follow_owner_link(key, HERE) for _ in range(8)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotSignedIn"] * 7 + ["SignedIn"]


async def test_later_starts_give_a_link_only_while_the_owner_has_no_way_in(
    accounts: Accounts, database: Database
) -> None:
    assert await ensure_owner(database) is not None
    key = await ensure_owner(database)
    assert key is not None
    signed_in = await accounts.follow_owner_link(key, HERE)
    assert await ensure_owner(database) is None
    identity = await identity_of(database, signed_in)
    await accounts.sign_out(identity)
    key = await ensure_owner(database)
    assert key is not None
    identity = await identity_of(database, await accounts.follow_owner_link(key, HERE))
    await accounts.change_password(identity, PASSWORD, None)
    await accounts.sign_out(identity)
    assert await ensure_owner(database) is None
    assert (await accounts.sign_in(users.OWNER_EMAIL, PASSWORD, HERE)).email == users.OWNER_EMAIL
    async with database.read() as db:
        assert len((await db.exec(select(User))).all()) == 1


async def test_the_owners_link_expires_after_ten_minutes(accounts: Accounts, database: Database) -> None:
    key = await ensure_owner(database)
    assert key is not None
    async with database.write() as db:
        (ticket,) = (await db.exec(select(Ticket))).all()
        assert timedelta(minutes=9) < ticket.expires_at - utc_now() <= timedelta(minutes=10)
        await db.exec(update(Ticket).values(expires_at=utc_now()))
    with pytest.raises(NotSignedIn):
        await accounts.follow_owner_link(key, HERE)


async def test_a_key_of_one_purpose_does_not_serve_another(accounts: Accounts, database: Database) -> None:
    key = await ensure_owner(database)
    identity = await identity_of(database, await accounts.register(ANN, PASSWORD, HERE))
    ticket = await accounts.issue_page_ticket(identity)
    assert key is not None
    with pytest.raises(NotSignedIn):
        await accounts.follow_owner_link(ticket, HERE)
    async with database.write() as db:
        with pytest.raises(NotSignedIn):
            await users.spend_ticket(db, key, PAGE_TICKET)
    async with database.write() as db:
        spent = await users.spend_ticket(db, ticket, PAGE_TICKET)
        assert (spent.user_id, spent.token_id) == (identity.user_id, identity.token_id)
        assert (await users.spend_ticket(db, key, OWNER_LINK)).token_id is None


async def test_nobody_registers_as_the_owner(accounts: Accounts, database: Database) -> None:
    await ensure_owner(database)
    with pytest.raises(Conflict):
        await accounts.register("Owner@LocalHost", PASSWORD, HERE)


async def test_hashing_leaves_the_event_loop_free() -> None:
    hasher = Argon2()
    hashing = asyncio.ensure_future(hasher.hash(PASSWORD))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not hashing.done()
    password_hash = await hashing
    assert password_hash.startswith("$argon2id$")
    assert await hasher.verify(password_hash, PASSWORD)
    assert not await hasher.verify(password_hash, PASSWORD + " ")


async def test_an_account_that_has_the_owners_address_already_becomes_the_owner(database: Database) -> None:
    async with database.write() as db:
        known = await users.add_user(db, users.OWNER_EMAIL, None)
    assert await ensure_owner(database)
    async with database.read() as db:
        owner = await users.owner(db)
    assert owner is not None
    assert owner.id == known.id
