"""Every text colour can be read on every ground, in both themes."""

import re
from pathlib import Path

import pytest

from lossy.ui import assets

THEME = Path(assets.HERE) / "theme"
GROUNDS = ("bg", "surface", "raised")
TEXTS = (
    *("text", "muted", "faint", "signal", "primary", "ok", "warn", "bad"),
    *("pacing", "audio", "color", "graphics", "content", "other"),
)
READABLE = 4.5
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6})\w*, (#[0-9a-f]{6})\w*\)")


def tokens() -> dict[str, tuple[str, str]]:
    found = TOKEN.findall((THEME / "tokens.css").read_text(encoding="utf-8"))
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_readable(theme: str, ground: str, text: str) -> None:
    index = ["light", "dark"].index(theme)
    ratio = contrast(tokens()[text][index], tokens()[ground][index])

    assert ratio >= READABLE, f"{text} on {ground} in {theme} is {ratio:.2f} : 1"


def test_inverted_buttons_are_readable() -> None:
    assert all(
        contrast(text, ground) >= READABLE for text, ground in zip(*(tokens()[n] for n in ("text", "bg")), strict=True)
    )


def test_every_token_that_a_style_uses_is_defined() -> None:
    styles = assets.files()["lossy.css"].decode()
    set_by_components = {"level", "deadline", "from", "sure", "shape", "left"}
    defined = set(re.findall(r"--([\w-]+):", styles)) | set_by_components

    assert set(re.findall(r"var\(--([\w-]+)", styles)) <= defined


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    for name, body in assets.files().items():
        if name.endswith((".css", ".js")):
            assert not re.search(rb"""(url\(|from |import\()["']?https?:""", body), name


def test_fonts_come_with_their_licences() -> None:
    files = assets.files()
    assert {"fonts/inter-latin-wght-normal.woff2", "fonts/jetbrains-mono-latin-wght-normal.woff2"} <= set(files)
    assert b"SIL Open Font License" in files["fonts/inter-OFL.txt"]
    assert b"SIL Open Font License" in files["fonts/jetbrains-mono-OFL.txt"]


def test_no_component_renders_text_as_html() -> None:
    scripts = [*assets.HERE.glob("components/*.js"), *assets.HERE.glob("static/*.js")]
    sinks = re.compile(r"v-html|innerHTML|insertAdjacentHTML|document\.write|outerHTML")
    pages = [*assets.HERE.rglob("*.py")]

    assert not [path.name for path in scripts if sinks.search(path.read_text(encoding="utf-8"))]
    assert not [path.name for path in pages if re.search(r"ui\.(html|markdown)\(", path.read_text(encoding="utf-8"))]
