"""`lossy connect` and `lossy post`, as far as they go without a browser."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from lossy.cli import main
from lossy.settings import get_settings
from tests.automation.api_sites import NAME, PASSWORD, PeerTubeSite


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
        (["connect", "test", "films.example"], "This Lossy was never started here"),
        (["connect", "add", "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv", "--name", "ada"], "never started here"),
        (["post", "0123456789abcdef"], "This Lossy was never started here"),
    ],
)
def test_what_is_missing_is_said_in_one_line(lossy: CliRunner, command: list[str], said: str) -> None:
    result = lossy.invoke(main, command)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_name_and_a_password_connect_at_a_server_and_are_tested(lossy: CliRunner) -> None:
    ada = ["--email", "ada@example.org"]
    lossy.invoke(main, ["user", "add", "ada@example.org"], input="correct horse battery\n")
    with PeerTubeSite() as site:
        host = site.url.removeprefix("http://")
        add = ["connect", "add", site.video, "--name", NAME, *ada]
        refused = lossy.invoke(main, add, input="a-wrong-guess\n")
        assert (refused.exit_code, refused.stderr) == (
            1,
            "Error: This PeerTube does not know this name and password.\n",
        )
        added = lossy.invoke(main, add, input=f"{PASSWORD}\n")
        assert (added.exit_code, added.stdout) == (0, f"Connected to {host} as Ada.\n")
        listed = lossy.invoke(main, ["connect", "list", *ada])
        assert listed.stdout.split() == [host, "peertube", "api", "connected", "Ada"]
        [row] = json.loads(lossy.invoke(main, ["connect", "list", "--json", *ada]).stdout)
        assert (row["account"], row["kind"], "sealed" in row) == ("Ada", "api", False)
        tested = lossy.invoke(main, ["connect", "test", host, *ada])
        assert (tested.exit_code, tested.stdout) == (0, f"The login at {host} works, as Ada.\n")

        site.access.clear()
        site.mood.grants = False
        tested = lossy.invoke(main, ["connect", "test", site.video, *ada])
        assert tested.exit_code == 1
        assert "does not accept the connection any more" in tested.stderr
        assert lossy.invoke(main, ["connect", "list", *ada]).stdout.split()[3] == "expired"
    nowhere = lossy.invoke(main, ["connect", "test", "films.example", *ada])
    assert (nowhere.exit_code, nowhere.stderr) == (1, "Error: You are not connected to films.example.\n")
