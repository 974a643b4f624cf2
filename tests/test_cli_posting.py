"""`lossy connect` and `lossy post`, as far as they go without a browser."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from lossy.cli import main
from lossy.settings import get_settings


@pytest.fixture
def lossy(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("LOSSY_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("LOSSY_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    yield CliRunner()
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["connect", "list"], "This Lossy was never started here"),
        (["connect", "list", "--email", "nobody@example.org"], "nobody@example.org"),
        (["connect", "remove", "films.example"], "This Lossy was never started here"),
        (["post", "0123456789abcdef"], "This Lossy was never started here"),
    ],
)
def test_what_is_missing_is_said_in_one_line(lossy: CliRunner, command: list[str], said: str) -> None:
    result = lossy.invoke(main, command)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
