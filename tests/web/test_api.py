"""REST itself: the shape of what is refused, and what is nobody's in particular."""

import logging
from typing import Any

import pytest
from sqlalchemy import text as sql

from tests.agent.people import PASSWORD
from tests.web.rest import Person, Rest, refusal


async def test_health_tells_what_recognises_speech(rest: Rest) -> None:
    health = (await (await rest.visitor()).get("/api/health")).json()
    assert health["status"] == "ok"
    assert health["recogniser"] == "demo"
    assert health["recogniser_is_demo"] is True


async def test_the_api_describes_itself_and_loads_no_page_for_it(rest: Rest) -> None:
    page = await rest.visitor()
    described = (await page.get("/api/openapi.json")).json()
    assert "/api/notes/{note_id}" in described["paths"]
    for path in ("/docs", "/redoc", "/api/docs", "/api/redoc"):
        assert (await page.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/", "/api/auth", "/api/notes/a/b/c"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_an_unknown_address_is_refused_like_everything_else(rest: Rest, method: str, path: str) -> None:
    status, code, message = refusal(await (await rest.visitor()).request(method, path))
    assert (status, code) == (404, "not_found")
    assert "/api/openapi.json" in message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": "x@y", "password": "short"}, "A password has at least 10 characters."),
        ({"email": "nobody", "password": PASSWORD}, "That is not an e-mail address."),
        ({"email": "x@y"}, "password: field required."),
        ({"email": "x@y", "password": PASSWORD, "admin": 1}, "admin: extra inputs are not permitted."),
        ({"email": "x\0@y", "password": PASSWORD}, "email: the character NUL can't be used."),
        (None, "The body: field required."),
    ],
)
async def test_what_is_wrong_with_a_body_is_said_in_a_sentence(rest: Rest, body: Any, message: str) -> None:
    answer = await (await rest.visitor()).post("/api/auth/register", json=body)
    assert refusal(answer) == (422, "invalid_input", message)
    assert PASSWORD not in answer.text


async def test_a_body_that_is_not_json_is_said_to_be(rest: Rest) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await (await rest.visitor()).post("/api/auth/sign-in", content=b'{"email":', headers=headers)
    assert refusal(answer) == (422, "invalid_input", "The body is not valid JSON.")


async def test_half_a_character_is_no_text(rest: Rest) -> None:
    headers = {"Content-Type": "application/json"}
    body = b'{"email": "\\ud800@example.org", "password": "a long enough password"}'
    answer = await (await rest.visitor()).post("/api/auth/register", content=body, headers=headers)
    assert refusal(answer)[:2] == (422, "invalid_input")


async def test_what_went_wrong_inside_is_logged_once_and_not_told(
    rest: Rest, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with rest.core.database.write() as db:
        await (await db.connection()).execute(sql("ALTER TABLE users RENAME TO people"))
    caplog.clear()
    answer = await ann.get("/api/me?crumb=canary-in-the-query")
    message = "Something went wrong inside Lossy. The server's log says what."
    assert refusal(answer) == (500, "internal", message)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == ["GET /api/me failed"]
    assert "canary-in-the-query" not in caplog.text
    assert ann.token not in caplog.text
    assert "[SQL parameters hidden due to hide_parameters=True]" in caplog.text


async def test_settings_are_merged_and_bounded(ann: Person) -> None:
    assert (await ann.get("/api/settings")).json() == {"values": {}}
    await ann.patch("/api/settings", json={"values": {"auto_pause": False, "reaction_lag_seconds": 0.6}})
    merged = {"auto_pause": True, "reaction_lag_seconds": 0.6}
    assert (await ann.patch("/api/settings", json={"values": {"auto_pause": True}})).json() == {"values": merged}
    refused: tuple[dict[str, Any], ...] = (
        {"Bad": 1},
        {"nested": {}},
        {"text": "x" * 201},
        {"nul": "\0"},
        {"none": None},
    )
    for values in refused:
        assert refusal(await ann.patch("/api/settings", json={"values": values}))[:2] == (422, "invalid_input")
    many = {f"choice_{chr(97 + n // 26)}{chr(97 + n % 26)}": n for n in range(63)}
    assert refusal(await ann.patch("/api/settings", json={"values": many}))[:2] == (422, "invalid_input")
    assert (await ann.get("/api/settings")).json() == {"values": merged}
