"""The command line: help, errors in one line, and what each command does. (`say` has tests of its own.)"""

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from lossy import __version__
from lossy.bench.child import serving
from lossy.bus import Bus
from lossy.cli import main
from lossy.db import jobs, users
from lossy.db.engine import Database
from lossy.db.migrations import migrate
from lossy.db.models import Job
from lossy.settings import EXTENSION, Settings, get_settings
from tests.db.rows import noted, reviewer

VIDEO_ID = "dQw4w9WgXcQ"
VIDEO = f"https://www.youtube.com/watch?v={VIDEO_ID}"
EMAIL = "ann@example.org"
PASSWORD = "correct horse"


class CommandLine:
    """`lossy` with a data folder of its own and none of the user's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, typed: str | None = None, **settings: str) -> Result:
        get_settings.cache_clear()
        own = {f"LOSSY_{name.upper()}": None for name in Settings.model_fields}
        given = {f"LOSSY_{name.upper()}": value for name, value in settings.items()}
        environment = {**own, "LOSSY_DATA_DIR": str(self.folder), "LOSSY_STT_MODEL": "demo", **given}
        try:
            return CliRunner().invoke(main, arguments, input=typed, env=environment)
        finally:
            get_settings.cache_clear()

    def refused(self, *arguments: str, typed: str | None = None, **settings: str) -> str:
        """Run a command that fails, and give the one line that it says."""
        result = self(*arguments, typed=typed, **settings)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        said = result.stderr.splitlines()
        assert len(said) == 1, said
        return said[0].removeprefix("Error: ")


@pytest.fixture
def lossy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path / "data")


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


@pytest.mark.parametrize("command", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(lossy: CommandLine, command: tuple[str, ...]) -> None:
    for flag in ("-h", "--help"):
        result = lossy(*command, flag)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main {' '.join(command)}".rstrip())
        words = result.stdout.partition("\n\n")[2].partition("\n\n")[0]
        assert words.endswith("."), words


def test_it_knows_its_version(lossy: CommandLine) -> None:
    assert lossy("--version").stdout.split()[-1] == __version__


def test_an_added_user_signs_in_with_the_password_from_standard_input(lossy: CommandLine) -> None:
    result = lossy("user", "add", "Ann@example.org", typed=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, "Added Ann@example.org.\n")
    assert PASSWORD not in result.output
    token = lossy("user", "token", EMAIL).stdout.strip()
    assert asyncio.run(_whose(lossy.folder, token)) == EMAIL


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        (EMAIL, "short", "A password has at least 10 characters."),
        (EMAIL, "", "A password has at least 10 characters."),
        ("ann", PASSWORD, "ann is not an e-mail address."),
        ("ann", "short", "ann is not an e-mail address. A password has at least 10 characters."),
    ],
)
def test_an_account_that_can_not_be_made_is_refused_in_words(
    lossy: CommandLine, email: str, password: str, told: str
) -> None:
    assert lossy.refused("user", "add", email, typed=f"{password}\n") == told


def test_an_address_that_is_taken_is_refused(lossy: CommandLine) -> None:
    lossy("user", "add", EMAIL, typed=f"{PASSWORD}\n")
    assert "already" in lossy.refused("user", "add", EMAIL.upper(), typed=f"{PASSWORD}\n")


def test_there_is_no_token_of_a_stranger(lossy: CommandLine) -> None:
    assert EMAIL in lossy.refused("user", "token", EMAIL)


def test_models_are_listed_with_where_they_are(lossy: CommandLine) -> None:
    listed = dict(line.split(maxsplit=1) for line in lossy("models", "list").stdout.splitlines())
    assert listed["demo"] == "on this machine"
    assert listed["base.en"] == "can be fetched"


def test_a_model_that_nobody_knows_is_refused(lossy: CommandLine) -> None:
    assert "no speech model “huge”" in lossy("models", "pull", "huge").stderr


def test_a_model_of_this_machine_is_tried_on_a_sample(lossy: CommandLine) -> None:
    said, heard, took = lossy("models", "test", "demo").stdout.splitlines()
    assert said.split()[1:] == heard.lower().rstrip(".").split()[1:]
    assert "of real time" in took


def test_a_model_that_is_not_here_says_how_to_get_it(lossy: CommandLine) -> None:
    assert lossy.refused("models", "test", "small.en").endswith("Fetch it with: lossy models pull small.en")


def test_the_doctor_says_what_it_found_to_people_and_to_programs(lossy: CommandLine) -> None:
    quick = {"model_hub_timeout_seconds": "0.2"}
    told = lossy("doctor", **quick)
    found = lossy("doctor", "--json", **quick)
    assert (told.exit_code, found.exit_code) == (0, 0)
    findings = json.loads(found.stdout)
    assert [set(each) for each in findings] == [{"what", "is_fine", "is_optional", "words"}] * len(findings)
    assert all(each["what"] in told.stdout for each in findings)


def test_the_doctor_fails_where_lossy_could_not_start(lossy: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = lossy("doctor", data_dir=str(tmp_path / "file/data"), model_hub_timeout_seconds="0.2")
    assert told.exit_code == 1
    assert any(line.startswith("NO  data folder") for line in told.stdout.splitlines())


def test_a_port_in_use_is_told_in_one_line(lossy: CommandLine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = lossy.refused("serve", "--port", str(port))
    assert told == f"Port {port} on 127.0.0.1 is in use by another program. Set LOSSY_PORT to another one."


def test_a_data_folder_that_can_not_be_made_is_told_in_one_line(lossy: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file/data"
    for command in (("serve",), ("user", "token", EMAIL)):
        told = lossy.refused(*command, data_dir=str(folder))
        assert str(folder) in told
        assert "LOSSY_DATA_DIR" in told


def test_a_database_of_a_newer_version_is_left_alone(lossy: CommandLine) -> None:
    lossy.folder.mkdir()
    file = lossy.folder / "lossy.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    for command in (("serve", "--port", "4999"), ("user", "token", EMAIL)):
        assert lossy.refused(*command).startswith("This database was written by a newer Lossy.")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("port", "99999", "The setting LOSSY_PORT is not right: "),
        ("port", "four", "The setting LOSSY_PORT is not right: "),
        ("database_url", "mysql://x", "LOSSY_DATABASE_URL must begin with sqlite:/// or postgresql://."),
    ],
)
def test_a_setting_that_is_not_right_is_named(lossy: CommandLine, setting: str, value: str, told: str) -> None:
    assert lossy.refused("user", "token", EMAIL, **{setting: value}).startswith(told)


def test_a_server_that_is_not_there_is_told_with_how_to_start_it(lossy: CommandLine) -> None:
    told = lossy.refused("notes", "--video", VIDEO, "--server", "http://127.0.0.1:9", "--token", "t")
    assert told == "No Lossy server answers at http://127.0.0.1:9. Start it with: make run"


def test_another_server_wants_to_know_who_asks(lossy: CommandLine) -> None:
    assert "--token" in lossy.refused("notes", "--video", VIDEO, "--server", "https://lossy.example")


def test_without_a_first_start_there_is_no_owner_to_ask_as(lossy: CommandLine) -> None:
    assert "never started here" in lossy.refused("notes", "--video", VIDEO)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLine, list[str]]]:
    folder = tmp_path_factory.mktemp("served")
    lossy = CommandLine(folder)
    with asyncio.Runner() as runner:
        server = serving(folder)
        address = runner.run(server.__aenter__())
        try:
            runner.run(_with_notes(folder))
            token = lossy("user", "token", EMAIL).stdout.strip()
            yield lossy, ["--server", address, "--token", token]
        finally:
            runner.run(server.__aexit__(None, None, None))


def test_notes_are_listed_for_programs(served: tuple[CommandLine, list[str]]) -> None:
    lossy, whom = served
    listed = json.loads(lossy("notes", "--video", VIDEO, "--json", *whom).stdout)
    assert [(note["start_seconds"], note["text"]) for note in listed] == [(5.0, "Softer"), (130.0, "Louder")]


def test_notes_are_listed_for_people(served: tuple[CommandLine, list[str]]) -> None:
    lossy, whom = served
    assert [line.split() for line in lossy("notes", "--video", VIDEO, *whom).stdout.splitlines()] == [
        ["00:05.0", "audio", "Softer"],
        ["02:10.0", "audio", "Louder"],
    ]


def test_a_video_without_notes_lists_nothing_and_says_so(served: tuple[CommandLine, list[str]]) -> None:
    lossy, whom = served
    result = lossy("notes", "--video", "https://example.org/other", *whom)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No notes on this video yet.\n"


def test_a_token_that_is_not_known_is_told(served: tuple[CommandLine, list[str]]) -> None:
    lossy, whom = served
    told = lossy.refused("notes", "--video", VIDEO, *whom[:2], "--token", "nobody's")
    assert "ign in" in told


def test_a_second_server_on_the_same_data_is_refused(served: tuple[CommandLine, list[str]]) -> None:
    lossy, _ = served
    assert lossy.refused("serve", "--port", "4998").startswith("Another Lossy is running on the data folder")


async def _with_notes(folder: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{folder / 'lossy.db'}", Bus())
    who = await reviewer(database, EMAIL, VIDEO_ID)
    facts: dict[str, Any] = {"category": "audio"}
    await noted(database, who, text="Louder", start_seconds=130.0, **facts)
    await noted(database, who, text="Softer", start_seconds=5.0, **facts)
    await database.close()


async def _whose(folder: Path, token: str) -> str:
    database = Database(f"sqlite+aiosqlite:///{folder / 'lossy.db'}", Bus())
    async with database.write() as db:
        identity = await users.identify(db, token)
    await database.close()
    assert identity is not None
    return identity.email


def a_dead_job(folder: Path) -> str:
    """Put a job that failed into the database of a data folder; give its id."""

    async def fail() -> str:
        url = f"sqlite+aiosqlite:///{folder / 'lossy.db'}"
        await migrate(url)
        database = Database(url, Bus())
        who = await reviewer(database)
        job = Job(queue="transcription", name="transcribe", user_id=who.user_id, unique_key="turn")
        async with database.write() as db:
            await jobs.add_job(db, job)
            await jobs.begin_job(db, job.id, 60)
            await jobs.fail_job(db, job.id, 1, "No engine understood it.", None)
        await database.close()
        return job.id

    folder.mkdir()
    return asyncio.run(fail())


def test_jobs_are_listed_retried_and_discarded(lossy: CommandLine) -> None:
    job_id = a_dead_job(lossy.folder)
    assert "No engine understood it." in lossy("jobs", "list").stdout
    (listed,) = json.loads(lossy("jobs", "list", "--state", "dead", "--json").stdout)
    assert (listed["id"], listed["name"], listed["attempt"]) == (job_id, "transcribe", 1)
    assert lossy("jobs", "retry", job_id).stdout == f"Job {job_id} waits for its next attempt.\n"
    assert lossy.refused("jobs", "retry", job_id).startswith("This job is ready;")
    assert lossy("jobs", "discard", job_id).exit_code == 0
    assert json.loads(lossy("jobs", "list", "--state", "dead", "--json").stdout) == []
    assert lossy.refused("jobs", "retry", "nothing") == "There is no job nothing."


def test_without_jobs_the_list_says_so(lossy: CommandLine) -> None:
    assert lossy("jobs", "list").stderr == "There are no jobs.\n"


def test_a_worker_without_redis_is_not_needed(lossy: CommandLine) -> None:
    assert "the jobs run inside `lossy serve`" in lossy.refused("worker")


def test_the_built_extension_is_found_or_what_builds_it_is_said(lossy: CommandLine) -> None:
    if (EXTENSION / "manifest.json").exists():
        assert lossy("extension", "path").stdout == f"{EXTENSION}\n"
    else:
        assert lossy.refused("extension", "path").endswith("make extension")
