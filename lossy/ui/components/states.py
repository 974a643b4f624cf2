"""States of a whole page: what happened, what is safe, and the one next step."""

from collections.abc import Callable

from nicegui import ui

from lossy.errors import LossyError, NotAllowed, NotFound, TooMany
from lossy.ui.components.basics import Text, button, icon, link_button

_TITLES: dict[type[LossyError], str] = {
    NotFound: "There is nothing here",
    NotAllowed: "This is not yours to open",
    TooMany: "Too much at once",
}


BONES = 6


def loading_state(kind: str) -> None:
    """Show the bones of a page while it is not known whose it is."""
    with ui.element("div").classes(f"skeleton bones-{kind}").props("aria-busy=true aria-label=Loading"):
        for _ in range(BONES):
            ui.element("div").classes("bone")


def state_page(symbol: str, title: str, text: str, *, acts: Callable[[], object] | None = None) -> None:
    """Show a state in the middle of the page."""
    with ui.element("div").classes("state-page"), ui.element("div").classes("inner"):
        icon(symbol, "big")
        Text(title, "h1")
        Text(text)
        if acts is not None:
            with ui.element("div").classes("acts"):
                acts()


def problem_state(refusal: LossyError) -> None:
    """Show why a page can't be filled."""
    title = next((words for kind, words in _TITLES.items() if isinstance(refusal, kind)), "That did not work")
    state_page("warn", title, f"{refusal.message} Your notes are safe.", acts=_to_library)


def missing_state() -> None:
    """Show that an address leads nowhere."""
    text = "No page of Lossy has this address. Your videos and notes are all in the library."
    state_page("film", "This page does not exist", text, acts=_to_library)


def broken_state(again: Callable[[], object] | None = None) -> None:
    """Show that a page failed; with `again`, offer to try once more."""

    def offer() -> None:
        if again is not None:
            button("Try again", again, kind="primary", large=True).mark("again")
        link_button("Go to the library", "/", kind="" if again else "primary", large=True)

    text = "Something in Lossy broke while it made this page. Your notes are safe. Try again, or go to the library."
    state_page("warn", "This page broke", text, acts=offer)


def outside_state() -> None:
    """Show that a page of the extension was opened without it."""

    def offer() -> None:
        link_button("Open the dashboard", "/", kind="primary", large=True)
        link_button("Get the extension", "/welcome", large=True)

    text = "It shows the notes of the video in your current tab, so it works inside Lossy's browser extension only."
    state_page("mic", "This page belongs in the extension's panel", text, acts=offer)


def _to_library() -> None:
    link_button("Go to the library", "/", kind="primary", large=True)
