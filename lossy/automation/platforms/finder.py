"""What looks at a page from within: `generic.js`, asked in each of its frames."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Page

SOURCE = Path(__file__).with_name("generic.js")


def within(question: str) -> str:
    """Write a question as a function of the page; what it is given is called `it`."""
    return f"it => ({_source()}).{question}"


async def ask_all(page: "Page", question: str, it: Any = None) -> list[Any]:
    """Ask in each frame; one that went away meanwhile has nothing to say."""
    from playwright.async_api import Error  # noqa: PLC0415 -- half a second, used by few

    answers = []
    for frame in page.frames:
        try:
            answers.append(await frame.evaluate(within(question), it))
        except Error:
            if frame is page.main_frame:
                raise
    return answers


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8").split("\n", 1)[1].strip()
