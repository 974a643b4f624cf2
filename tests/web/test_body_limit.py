from collections.abc import AsyncIterator

from tests.web.rest import Rest


async def in_chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 100_000


async def test_a_large_body_is_refused_in_words_announced_or_not(rest: Rest) -> None:
    page = await rest.visitor()
    for path in ("/api/auth/sign-in", "/api/nowhere"):
        for body in (b" " * 1_000_001, in_chunks(11)):
            answer = await page.post(path, content=body)
            assert answer.status_code == 413
            assert answer.json()["error"] == {"code": "too_large", "message": "A request may hold at most 1 MB."}


async def test_reading_a_large_body_ends_at_the_limit(rest: Rest) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 100_000

    page = await rest.visitor()
    assert (await page.post("/api/auth/sign-in", content=endless())).status_code == 413
    assert taken <= 12


async def test_a_body_in_chunks_arrives_whole(rest: Rest) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"email": "ann@example.org",', b"", b' "password": "a long enough', b' password"}'):
            yield piece

    page = await rest.visitor()
    answer = await page.post("/api/auth/register", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
