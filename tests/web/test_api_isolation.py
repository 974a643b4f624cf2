"""What is one person's is not there for another, on every route that the application has."""

import pytest

from tests.web.rest import Operation, Person, Rest

PUBLIC = {
    ("GET", "/api/health"),
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/sign-in"),
    ("POST", "/api/auth/owner-link"),
}
VIDEO = "https://example.org/anns-secret-film.mp4"
CANARIES = ("anns-secret-film", "Ann's secret note", "ann@example.org")


class Belongings:
    """What Ann has, by the names under which routes ask for it."""

    def __init__(self, video_id: str, session: str, note_id: str, deleted_note_id: str) -> None:
        self.ids = {"video_id": video_id, "session": session, "note_id": note_id, "video": VIDEO}
        self.deleted_note_id = deleted_note_id

    def cells(self, operation: Operation) -> list[dict[str, str]]:
        """Every way to name one thing of Ann's to an operation."""
        named = [{name: self.ids[name]} for name in operation.parameters if name in self.ids]
        deleted = [{"note_id": self.deleted_note_id}] if "note_id" in operation.parameters else []
        return named + deleted

    @property
    def canaries(self) -> tuple[str, ...]:
        """What nobody else may read."""
        return (*CANARIES, *(key for name, key in self.ids.items() if name != "video"), self.deleted_note_id)


async def belongings_of(ann: Person, rest: Rest) -> Belongings:
    opened = (await ann.post("/api/videos", json={"url": VIDEO, "title": "anns-secret-film"})).json()
    note = await rest.add_note(ann, opened["video"], "Ann's secret note", session_id=opened["session"])
    assert (await ann.post(f"/api/notes/{note}/post")).status_code == 200
    deleted = await rest.add_note(ann, opened["video"], "Ann's secret note, deleted")
    assert (await ann.delete(f"/api/notes/{deleted}")).status_code == 200
    return Belongings(opened["video"], opened["session"], note, deleted)


async def ask(person: Person, operation: Operation, values: dict[str, str]) -> tuple[int, str]:
    query = {name: value for name, value in values.items() if f"{{{name}}}" not in operation.path}
    answer = await person.request(operation.method, operation.url(**values), params=query, json=operation.body)
    return answer.status_code, answer.text


NOT_NOW = {
    ("POST", "/api/notes/{note_id}/refine"): 503,
    ("POST", "/api/notes/{note_id}/post"): 409,
    ("POST", "/api/notes/{note_id}/post/decision"): 409,
}
"""There is no model; it waits to be posted already; nothing is to be decided about it."""


async def test_no_route_gives_one_person_what_is_anothers(rest: Rest, ann: Person) -> None:
    ben = await rest.person("ben@example.org")
    hers = await belongings_of(ann, rest)
    before = (await ann.get("/api/notes")).text, (await ann.get("/api/videos")).text
    asked, leaks = 0, []
    for operation in rest.operations():
        for values in hers.cells(operation):
            status, text = await ask(ben, operation, values)
            asked += 1
            if status != 404 or any(canary in text for canary in hers.canaries):
                leaks.append((operation.method, operation.path, values, status, text))
    assert leaks == []
    assert asked >= 14
    assert ((await ann.get("/api/notes")).text, (await ann.get("/api/videos")).text) == before
    print(f"isolation: leaks 0 of {asked} cells")  # noqa: T201


async def test_what_is_ones_own_is_there_on_the_same_routes(rest: Rest, ann: Person) -> None:
    hers = await belongings_of(ann, rest)
    order = ["GET", "PATCH", "POST", "DELETE"]
    for operation in sorted(rest.operations(), key=lambda each: (order.index(each.method), each.path)):
        for name in set(operation.parameters) & set(hers.ids):
            status, text = await ask(ann, operation, {name: hers.ids[name]})
            wanted = NOT_NOW.get((operation.method, operation.path), 200)
            assert (operation.path, status) == (operation.path, wanted), text


async def test_lists_hold_nothing_of_anybody_else(rest: Rest, ann: Person) -> None:
    ben = await rest.person("ben@example.org")
    hers = await belongings_of(ann, rest)
    for address in ("/api/videos", "/api/videos?search=secret", "/api/notes", "/api/notes?search=secret"):
        answer = await ben.get(address)
        assert answer.status_code == 200
        assert [canary for canary in hers.canaries if canary in answer.text] == []
        assert "secret" in (await ann.get(address)).text
    assert (await ben.get("/api/events")).json() == {"events": [], "more": False}
    assert (await ann.get("/api/events")).json()["events"]


async def test_the_same_address_is_another_video_for_another_person(rest: Rest, ann: Person) -> None:
    ben = await rest.person("ben@example.org")
    hers = await belongings_of(ann, rest)
    his = (await ben.post("/api/videos", json={"url": VIDEO})).json()
    assert his["video"] != hers.ids["video_id"]
    assert his["session"] != hers.ids["session"]
    assert his["notes"] == []


async def test_only_the_routes_named_here_answer_without_a_token(rest: Rest) -> None:
    nobody = await rest.visitor()
    open_to_all = set()
    for operation in rest.operations():
        status, text = await ask(nobody, operation, {})
        if status != 401 or "Sign in first" not in text:
            open_to_all.add((operation.method, operation.path))
    assert open_to_all == PUBLIC


@pytest.mark.parametrize("where", ["token", "access_token", "authorization", "Authorization"])
async def test_a_token_in_the_address_counts_nowhere(rest: Rest, ann: Person, where: str) -> None:
    nobody = await rest.visitor()
    for operation in rest.operations():
        if (operation.method, operation.path) not in PUBLIC:
            answer = await nobody.request(
                operation.method, operation.url(), params={where: ann.token}, json=operation.body
            )
            assert (operation.path, answer.status_code) == (operation.path, 401)


async def test_no_answer_sets_a_cookie(rest: Rest, ann: Person) -> None:
    hers = await belongings_of(ann, rest)
    for operation in rest.operations():
        await ask(ann, operation, hers.ids)
    await ann.get("/page")
    assert (await ann.get("/cookie")).text == '"a cookie"'
    assert len(rest.responses) > 20
    assert [answer.url for answer in rest.responses if "set-cookie" in answer.headers] == []
