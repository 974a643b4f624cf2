"""Addresses of the same video give the same identity, those of different videos different ones."""

import json
from pathlib import Path

import pytest

from lossy.errors import InvalidInput
from lossy.video_url import MAX_URL_CHARACTERS, SAMPLE_URL, identify_url, local_file_identity

GOLDEN = json.loads((Path(__file__).parent / "golden/video_urls.json").read_text(encoding="utf-8"))
YOUTUBE = [
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "http://youtube.com/watch?v=dQw4w9WgXcQ&t=42s",
    "https://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ",
    "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RD",
    "https://youtu.be/dQw4w9WgXcQ?si=abc",
    "https://www.youtube.com/shorts/dQw4w9WgXcQ",
    "https://www.youtube.com/embed/dQw4w9WgXcQ?start=3",
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
    "https://www.youtube.com/live/dQw4w9WgXcQ/",
    "  HTTPS://WWW.YouTube.com/watch?v=dQw4w9WgXcQ#comments ",
]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['platform']}: {golden['why']}")
def test_an_address_names_the_video_that_the_table_says(golden: dict[str, str]) -> None:
    identity = identify_url(golden["address"])
    assert (identity.platform, identity.external_id, identity.url) == (golden["platform"], golden["id"], golden["url"])
    again = identify_url(golden["url"])
    assert (again.platform, again.external_id, again.url) == (golden["platform"], golden["id"], golden["url"])


@pytest.mark.parametrize("address", YOUTUBE)
def test_every_way_to_name_a_youtube_video_is_the_same_video(address: str) -> None:
    identity = identify_url(address)
    assert (identity.platform, identity.external_id) == ("youtube", "dQw4w9WgXcQ")
    assert identity.url == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def test_case_matters_in_a_youtube_id() -> None:
    assert identify_url("https://youtu.be/dQw4w9WgXcQ") != identify_url("https://youtu.be/dQw4w9WgXcq")


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/feed/library",
        "https://www.youtube.com/watch?v=",
        "https://www.youtube.com/watch?v=../../evil%22onload",
        "https://youtu.be/",
        "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
    ],
)
def test_what_only_looks_like_youtube_is_a_page_of_the_web(address: str) -> None:
    assert identify_url(address).platform == "web"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/film", "HTTPS://Example.ORG:443/film"),
        ("http://example.org", "http://example.org:80/"),
        ("https://example.org/film?b=2&a=1", "https://example.org/film?a=1&b=2"),
        (
            "https://example.org/film?id=1",
            "https://example.org/film?id=1&utm_source=mail&UTM_medium=x&fbclid=y&gclid=z",
        ),
        ("https://example.org/film", "https://name:secret@example.org/film#t=3"),
    ],
)
def test_the_same_page_is_the_same_video(one: str, other: str) -> None:
    assert identify_url(one) == identify_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/film?id=1", "https://example.org/film?id=2"),
        ("https://example.org/film?site=1", "https://example.org/film?site=2"),
        ("https://example.org/film?featured=1", "https://example.org/film?featured=2"),
        ("https://example.org/film?123", "https://example.org/film?456"),
        ("https://example.org/Film", "https://example.org/film"),
        ("https://example.org:8443/film", "https://example.org/film"),
    ],
)
def test_different_pages_are_different_videos(one: str, other: str) -> None:
    assert identify_url(one) != identify_url(other)


def test_a_secret_in_an_address_is_not_kept() -> None:
    assert "secret" not in repr(identify_url("https://name:secret@example.org/film"))


def test_an_address_can_be_opened_again() -> None:
    for address in ("http://[::1]:8000/film?a=b%20c", "https://example.org/f%C3%BCr?x=%26"):
        identity = identify_url(address)
        assert identity.url is not None
        assert identify_url(identity.url) == identity
    assert identify_url("http://[::1]:8000/film").url == "http://[::1]:8000/film"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "film",
        "//example.org/film",
        "ftp://example.org/film",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://exa mple.org",
        "https://example.org:port/",
        "https://[::1/film",
        "https://example.org/" + "x" * MAX_URL_CHARACTERS,
    ],
)
def test_what_is_no_address_is_refused_in_words(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"\.$"):
        identify_url(address)


def test_the_sample_has_a_name_of_its_own() -> None:
    assert identify_url(SAMPLE_URL).platform == "sample"
    assert identify_url(SAMPLE_URL).url is None


def test_a_local_file_is_named_by_its_size_and_hash() -> None:
    identity = local_file_identity(5, "A" * 64)
    assert identity == local_file_identity(5, "a" * 64)
    assert identity != local_file_identity(6, "a" * 64)
    assert identity.url is None


@pytest.mark.parametrize(("size", "digest"), [(0, "a" * 64), (-1, "a" * 64), (5, "a" * 63), (5, "g" * 64)])
def test_a_local_file_that_is_not_named_so_is_refused(size: int, digest: str) -> None:
    with pytest.raises(InvalidInput):
        local_file_identity(size, digest)
