"""What the documents say is so: diagrams are today's, links lead somewhere, commands are understood."""

import re
from pathlib import Path

import click
import pytest

from lossy.agent.machine import TURN_TABLE
from lossy.automation.apis import make_apis
from lossy.automation.platforms import KNOWN
from lossy.cli import main
from lossy.settings import Settings
from scripts.readme import README, with_states

ROOT = README.parent
REGISTERED = ("youtube", "vimeo", "frameio")
TEXT = README.read_text(encoding="utf-8")


def test_the_readme_shows_todays_state_table() -> None:
    assert with_states(TEXT) == TEXT


def test_a_stale_state_diagram_is_noticed() -> None:
    stale = TEXT.replace("idle --> listening: begin", "idle --> posting: begin")
    assert stale != TEXT
    assert with_states(stale) == TEXT


def test_the_diagram_has_an_arrow_for_every_rule() -> None:
    for (state, given), rule in TURN_TABLE.items():
        target = rule.to.value if rule.to else "its_origin"
        assert re.search(rf"^    {state.value} --> {target}: (.*, )?{given.value}(,|$)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/decisions.md"])
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert missing == []


def test_every_folder_on_the_map_exists() -> None:
    house = TEXT.partition("## The house")[2].split("```")[1]
    names = re.findall(r"(?<=\s)([a-z_]+(?:/|\.py))(?=\s)", house)
    assert len(names) > 10
    assert [name for name in names if not ((ROOT / name).exists() or (ROOT / "lossy" / name).exists())] == []


def test_commands_of_the_readme_are_understood() -> None:
    commands = re.findall(r"`lossy ([^`]+)`", TEXT)
    assert len(commands) >= 6
    for words in commands:
        _parse(words.split())
    targets = re.findall(r"^make (\w+)", TEXT, re.MULTILINE) + re.findall(r"`make (\w+)`", TEXT)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_every_platform_that_is_posted_to_is_listed_with_what_is_known_of_it() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (?:in front|its own field) \| ([^|]+) \|.*\| ([^|]+) \|$", TEXT, re.MULTILINE)
    named = {name.lower().replace(".", ""): api for name, api, _ in rows}
    assert set(named) == {*KNOWN, "any page with a comment form"}
    settings = Settings.model_validate(
        {f"{name}_client_id": "x" for name in REGISTERED} | {f"{name}_client_secret": "x" for name in REGISTERED}
    )
    assert {name for name, api in named.items() if api != "no"} == set(make_apis(settings))
    assert {live for name, _, live in rows if name.lower().replace(".", "") in KNOWN} == {"unverified"}


def _parse(words: list[str]) -> None:
    command: click.Command = main
    # As the program does it: a command keeps the help options of the first context that it is given.
    context = click.Context(command, **main.context_settings)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    command.make_context(command.name, [word for word in words if not Path(word).is_absolute()], parent=context)
