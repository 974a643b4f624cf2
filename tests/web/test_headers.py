from tests.web.rest import EXTENSION, Rest

PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


async def test_a_page_says_who_may_frame_it(rest: Rest) -> None:
    page = await (await rest.visitor(origin=None)).get("/page")
    assert page.headers["content-security-policy"] == f"frame-ancestors 'self' {EXTENSION}"
    assert "x-frame-options" not in page.headers
    answer = await (await rest.visitor()).get("/api/health")
    assert "content-security-policy" not in answer.headers


async def test_every_answer_wears_the_security_headers(rest: Rest) -> None:
    ours, foreign = await rest.visitor(), await rest.visitor(origin="https://evil.example")
    answers = [
        await ours.get("/page"),
        await ours.get("/nowhere"),
        await ours.get("/api/health"),
        await ours.get("/api/nowhere"),
        await foreign.post("/api/auth/sign-in"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert [answer.headers.get("cache-control") for answer in answers] == [None, None, *["no-store"] * 3]


async def test_only_the_extension_may_read_the_api_from_another_origin(rest: Rest) -> None:
    for origin, allowed in ((EXTENSION, EXTENSION), ("https://evil.example", None), (rest.settings.origin, None)):
        page = await rest.visitor(origin=origin)
        answer = await page.get("/api/health")
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-origin" not in (await page.get("/page")).headers


async def test_the_extension_may_read_why_it_was_refused(rest: Rest) -> None:
    extension = await rest.visitor(origin=EXTENSION)
    too_large = await extension.post("/api/auth/sign-in", content=b" " * 1_000_001)
    for answer, status in ((await extension.post("/api/tickets"), 401), (too_large, 413)):
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == EXTENSION


async def test_the_extensions_preflight_is_answered(rest: Rest) -> None:
    extension = await rest.visitor(origin=EXTENSION)
    answer = await extension.options("/api/notes/x", headers=PREFLIGHT)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == EXTENSION
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_nobody_elses_preflight_is(rest: Rest) -> None:
    for origin, path in (("https://evil.example", "/api/me"), ("null", "/api/me"), ("https://evil.example", "/page")):
        answer = await (await rest.visitor(origin=origin)).options(path, headers=PREFLIGHT)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
