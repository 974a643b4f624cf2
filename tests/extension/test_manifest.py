"""What the extension may do, word for word, and that what is built keeps to it. Changing this list is a decision."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from lossy.settings import CHECKOUT, EXTENSION

MANIFEST: dict[str, Any] = json.loads((CHECKOUT / "extension/manifest.json").read_text(encoding="utf-8"))
HERE = {"http://127.0.0.1/*", "http://localhost/*"}
"""Films on this machine, and the server."""
NOT_ASKED_FOR = {
    "youtu.be": "only leads on to www.youtube.com",
    "docs.google.com": "people's documents are there, and Drive's films are at drive.google.com too",
    "drive.usercontent.google.com": "gives files and shows none",
}
MAX_BYTES = 30_000_000
MAX_BYTES_IN_OTHERS_PAGES = 60_000
REMOTE_CODE = re.compile(
    r"""\beval\s*\(|\bnew\s+Function\b|\bimportScripts\s*\(|\b(?:import|from)\s*\(?\s*["'`](?:https?:|data:|blob:|//)"""
    r"""|<script[^>]+src\s*=\s*["']?(?:https?:|//)|\.src\s*=\s*["'`]https?:|@import|setTimeout\s*\(\s*["'`]"""
)


def test_it_may_do_this_and_nothing_else() -> None:
    assert MANIFEST["permissions"] == ["activeTab", "contextMenus", "offscreen", "scripting", "sidePanel", "storage"]
    assert set(MANIFEST["host_permissions"]) == HERE | {
        f"https://{host}/*" for host in platform_hosts() - {*NOT_ASKED_FOR}
    }
    assert MANIFEST["optional_host_permissions"] == ["<all_urls>"]
    assert "optional_permissions" not in MANIFEST
    assert json.dumps(MANIFEST).count("<all_urls>") == 1


def test_its_script_goes_into_the_pages_of_these_sites_only() -> None:
    sites = MANIFEST["host_permissions"]
    assert [(script["matches"], script["js"]) for script in MANIFEST["content_scripts"]] == [(sites, ["content.js"])]


def test_no_page_can_reach_into_it() -> None:
    assert MANIFEST.keys() & {"web_accessible_resources", "externally_connectable", "sandbox"} == set()


def test_its_pages_run_its_own_scripts_only() -> None:
    policies = MANIFEST["content_security_policy"]
    rules = dict(rule.split(maxsplit=1) for rule in policies["extension_pages"].split("; "))
    assert set(policies) == {"extension_pages"}
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert "worker-src" not in rules or rules["worker-src"] == "'self'"
    assert "http:" not in [source for rule in rules.values() for source in rule.split()]


def test_what_is_built_has_the_manifest_and_every_file_that_it_names(built: Path) -> None:
    assert json.loads((built / "manifest.json").read_text(encoding="utf-8")) == MANIFEST
    named = [
        MANIFEST["background"]["service_worker"],
        MANIFEST["side_panel"]["default_path"],
        MANIFEST["options_page"],
        MANIFEST["action"]["default_popup"],
        *MANIFEST["icons"].values(),
        *(name for script in MANIFEST["content_scripts"] for name in script["js"]),
    ]
    assert [name for name in named if not (built / name).is_file()] == []


def test_its_pages_have_every_file_that_they_name(built: Path) -> None:
    missing = [
        f"{page.name}: {name}"
        for page in built.glob("*.html")
        for name in re.findall(r"""(?:src|href)=["']([^"'#:]+)["']""", page.read_text(encoding="utf-8"))
        if not (built / name.lstrip("/")).is_file()
    ]
    assert missing == []


def test_it_is_small(built: Path) -> None:
    assert sum(path.stat().st_size for path in built.rglob("*") if path.is_file()) <= MAX_BYTES
    assert (built / "content.js").stat().st_size <= MAX_BYTES_IN_OTHERS_PAGES
    assert list(built.rglob("*.map")) == []


def test_it_fetches_and_makes_no_code(built: Path) -> None:
    found = {f"{path.name}: {match[0]}" for path, text in _texts(built) for match in REMOTE_CODE.finditer(text)}
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        'import("https://example.org/a.js")',
        "import x from 'https://example.org/a.js'",
        "eval (text)",
        "new Function('a', 'b')",
        '<script type="module" src="https://example.org/a.js">',
    ],
)
def test_code_from_elsewhere_would_be_noticed(code: str) -> None:
    assert REMOTE_CODE.search(code)


def test_it_names_no_folder_of_the_machine_that_built_it(built: Path) -> None:
    folders = {str(CHECKOUT), str(Path.home()) + "/", "file:///"} - {"//"}
    assert {f"{path.name}: {folder}" for path, text in _texts(built) for folder in folders if folder in text} == set()
    assert list(built.rglob("*.map")) == []


def platform_hosts() -> set[str]:
    """Give the hosts of the platforms that have their own, as the one table has them; `*.` where a part is free."""
    rows = json.loads((CHECKOUT / "lossy/video_platforms.json").read_text(encoding="utf-8"))["rows"]
    parse = import_module("re._parser").parse
    patterns = {row["host"] for row in rows} - {".+"}
    return {host for pattern in patterns for host in _spelled_out(parse(pattern))}


def _spelled_out(parts: Any) -> list[str]:
    found = [""]
    for kind, what in parts:
        match str(kind):
            case "LITERAL":
                choices = [chr(what)]
            case "SUBPATTERN":
                choices = _spelled_out(what[3])
            case "BRANCH":
                choices = [each for branch in what[1] for each in _spelled_out(branch)]
            case "MAX_REPEAT" if what[1] == 1:
                choices = ["", *_spelled_out(what[2])]
            case "MAX_REPEAT":
                choices = ["*"]
            case _:
                raise ValueError(f"{kind} in the pattern of a host")
        found = [begun + choice for begun in found for choice in choices]
    return found


@pytest.fixture
def built() -> Path:
    if not (EXTENSION / "manifest.json").is_file():
        pytest.fail("The extension is not built: make extension")
    return EXTENSION


def _texts(built: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(built.rglob("*")):
        if path.suffix in (".js", ".html", ".css", ".json"):
            yield path, path.read_text(encoding="utf-8")
