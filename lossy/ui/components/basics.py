"""Small elements in our own look. Text goes in as text nodes only."""

from collections.abc import Callable
from typing import Any, Literal

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

Kind = Literal["", "primary", "plain", "danger"]


class Text(TextElement):
    """A line of text in any tag."""

    def __init__(self, text: str, tag: str = "p", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


def icon(name: str, classes: str = "") -> ui.element:
    """Draw one of our icons."""
    with ui.element("svg").classes(f"icon {classes}").props("aria-hidden=true") as drawn:
        ui.element("use").props(f"href=#i-{name}")
    return drawn


def button(
    label: str, on_click: Callable[..., Any], *, kind: Kind = "", symbol: str = "", large: bool = False
) -> ui.element:
    """Make a button with words."""
    with ui.element("button").props("type=button").classes(f"btn {kind} {'large' if large else ''}") as made:
        if symbol:
            icon(symbol)
        Text(label, "span")
    made.on("click", on_click)
    return made


def link_button(label: str, address: str, *, kind: Kind = "", symbol: str = "", large: bool = False) -> ui.element:
    """Make a link that looks like a button; `address` is one of our own paths."""
    with ui.element("a").classes(f"btn {kind} {'large' if large else ''}") as made:
        made.props["href"] = address
        if symbol:
            icon(symbol)
        Text(label, "span")
    return made


class Select(ui.element):
    """One of a few, by the browser's own list; `options` are values with their labels."""

    def __init__(self, label: str, options: dict[str, str], value: str, on_change: Callable[[str], Any]) -> None:
        super().__init__("select")
        self._options = options
        self._on_change = on_change
        self.classes("input fits")
        self.props["aria-label"] = label
        with self:
            for each, words in options.items():
                option = Text(words, "option")
                option.props["value"] = each
                if each == value:
                    option.props["selected"] = True
        self.on("change", lambda event: self.choose(event.args), js_handler="(event) => emit(event.target.value)")

    def choose(self, value: str) -> Any:
        """Change to one of the options, as its list does; anything else changes nothing."""
        return self._on_change(value) if value in self._options else None


class Switch(ui.element):
    """On or off, at once."""

    def __init__(self, label: str, value: bool, on_change: Callable[[bool], Any]) -> None:
        super().__init__("button")
        self.value = value
        self._on_change = on_change
        self.classes("switch").props("type=button role=switch")
        self.props["aria-label"] = label
        self.props["aria-checked"] = str(value).lower()
        self.on("click", self.turn)

    def turn(self) -> Any:
        """Change to the other one, as a click does."""
        self.value = not self.value
        self.props["aria-checked"] = str(self.value).lower()
        self.update()
        return self._on_change(self.value)
