"""Settings: what is written in `.env.example` is what there is, and a bad value is told in words."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from lossy.errors import SetupProblem
from lossy.settings import CHECKOUT, EXTENSION_ORIGIN, Settings, built_extension

EXAMPLE = (CHECKOUT / ".env.example").read_text(encoding="utf-8")


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


def names() -> dict[str, str]:
    """Each setting's name in the environment, by its field."""
    own = {"openai_api_key": "OPENAI_API_KEY", "openai_base_url": "OPENAI_BASE_URL"}
    return {field: own.get(field, f"LOSSY_{field.upper()}") for field in Settings.model_fields}


def test_the_example_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(listed) == sorted(names().values())


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in names().values():
        monkeypatch.delenv(name, raising=False)
    shown = dict(re.findall(r"^#([A-Z_]+)=(.+)$", EXAMPLE, re.MULTILINE))
    copied = tmp_path / ".env"
    copied.write_text("\n".join(f"{name}={value}" for name, value in shown.items()), encoding="utf-8")
    assert Settings(_env_file=copied) == settings()


def test_every_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSY_PORT", "4999")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("LOSSY_EXTENSION_ORIGINS", "chrome-extension://a, chrome-extension://b")
    read = settings()
    assert (read.port, read.openai_base_url) == (4999, "http://127.0.0.1:11434/v1")
    assert read.extension_origins == ("chrome-extension://a", "chrome-extension://b")


def test_a_name_with_nothing_behind_it_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names().values():
        monkeypatch.delenv(name, raising=False)
    defaults = settings()
    for name in names().values():
        monkeypatch.setenv(name, "")
    assert settings() == defaults
    assert settings().async_database_url.startswith("sqlite+aiosqlite:///")


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql+psycopg://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql://u@h/n?a=b&sslmode=require", "postgresql+asyncpg://u@h/n?a=b&ssl=require"),
        ("sqlite:///some/where.db", "sqlite+aiosqlite:///some/where.db"),
    ],
)
def test_a_database_is_named_as_people_write_it(given: str, driver: str) -> None:
    assert settings(database_url=given).async_database_url == driver


@pytest.mark.parametrize("given", ["mysql://h/n", "lossy.db", ""])
def test_another_kind_of_database_is_refused_in_words(given: str) -> None:
    with pytest.raises(SetupProblem, match="must begin with sqlite:/// or postgresql://"):
        _ = settings(database_url=given).async_database_url


@pytest.mark.parametrize(
    ("given", "origin"), [("https://Lossy.Example:443/", "https://lossy.example"), ("http://a:8080", "http://a:8080")]
)
def test_the_public_address_is_kept_as_browsers_send_it(given: str, origin: str) -> None:
    read = settings(public_url=given)
    assert origin in read.own_origins
    assert origin.partition("://")[2] in read.own_hosts


@pytest.mark.parametrize("given", ["https://a/path", "ftp://a", "lossy.example", "https://"])
def test_a_public_address_that_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="write it as"):
        settings(public_url=given)


def test_listening_everywhere_still_answers_to_loopback_names_only() -> None:
    read = settings(host="0.0.0.0", port=4321)
    assert read.own_hosts == {"127.0.0.1:4321", "localhost:4321", "[::1]:4321"}


@pytest.mark.parametrize(
    ("host", "port", "origin"),
    [
        ("127.0.0.1", 4000, "http://127.0.0.1:4000"),
        ("127.0.0.1", 80, "http://127.0.0.1"),
        ("::1", 4000, "http://[::1]:4000"),
        ("::1", 80, "http://[::1]"),
    ],
)
def test_our_origin_is_written_as_browsers_send_it(host: str, port: int, origin: str) -> None:
    read = settings(host=host, port=port)
    assert read.origin == origin
    assert origin in read.own_origins
    assert read.own_origins == settings(port=port).own_origins
    assert origin.partition("://")[2] in read.own_hosts


def test_our_own_extension_may_connect_and_its_id_follows_from_its_key() -> None:
    manifest = json.loads((CHECKOUT / "extension/manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(base64.b64decode(manifest["key"], validate=True)).hexdigest()[:32]
    name = digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))
    assert f"chrome-extension://{name}" == EXTENSION_ORIGIN
    assert settings().extension_origins == (EXTENSION_ORIGIN,)


def test_an_extension_that_is_not_built_says_what_builds_it(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="make extension"):
        built_extension(tmp_path)
    (tmp_path / "manifest.json").touch()
    assert built_extension(tmp_path) == tmp_path


def test_a_redis_address_without_its_scheme_is_refused() -> None:
    with pytest.raises(ValidationError, match="write it as redis://"):
        settings(redis_url="localhost:6379")
    assert settings(redis_url="redis://localhost:6379").redis_url == "redis://localhost:6379"
