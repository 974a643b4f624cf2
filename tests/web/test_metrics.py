"""Who may see this server's figures."""

from pydantic import SecretStr

from lossy.agent.accounts import ensure_owner
from lossy.db import users
from tests.figures import figure
from tests.web.rest import Person, Rest, refusal


async def test_a_visitor_and_a_reviewer_see_nothing(rest: Rest, ann: Person) -> None:
    assert refusal(await (await rest.visitor()).get("/metrics"))[:2] == (401, "not_signed_in")
    assert refusal(await ann.get("/metrics"))[:2] == (403, "not_allowed")


async def test_the_owner_sees_the_figures(rest: Rest, ann: Person) -> None:
    await ensure_owner(rest.core.database)
    async with rest.core.database.write() as db:
        owner = await users.owner(db)
        assert owner is not None
        token = await users.issue_token(db, owner.id, "prometheus")
    await ann.post("/api/videos", json={"url": "https://example.org/film.mp4"})
    visitor = await rest.visitor(origin=None)
    answer = await visitor.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert figure(answer.text, "lossy_sessions_live") == 1
    assert ann.email not in answer.text
    assert ann.user_id not in answer.text


async def test_a_token_made_for_it_is_enough_and_any_other_is_not(rest: Rest) -> None:
    rest.core.settings.metrics_token = SecretStr("scrape-me-if-you-can")
    visitor = await rest.visitor(origin=None)
    for token, status in (("scrape-me-if-you-can", 200), ("scrape-me-if-you-cän", 401), ("", 401)):
        answer = await visitor.get("/metrics", headers=[(b"Authorization", f"Bearer {token}".encode())])
        assert answer.status_code == status, token
