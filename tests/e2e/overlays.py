"""What stands on the video of a page: in a closed shadow tree, which only the browser's own tools can read."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession, Error, Page

from tests.e2e.extension import wait_for


class Overlays:
    """The overlays of a page, as a person sees and presses them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def texts(self) -> list[str]:
        """Give the words on them that are shown."""
        shown = [node["nodeValue"].strip() for node in self._nodes() if node["nodeType"] == 3]
        return [text for text in shown if text]

    def wait_for(self, *words: str) -> None:
        """Wait until these words stand there."""
        wait_for(self._page, lambda: set(words) <= set(self.texts()), f"{words} on the video")

    def wait_for_none_of(self, *words: str) -> None:
        """Wait until none of these words stand there."""
        wait_for(self._page, lambda: not set(words) & set(self.texts()), f"the end of {words} on the video")

    def click(self, label: str) -> None:
        """Press the button with this name in its middle."""
        x, y = wait_for(self._page, lambda: self._middle(label), label)
        self._page.mouse.move(x, y)
        self._page.mouse.click(x, y)

    def labels(self) -> list[str]:
        """Give the names of the buttons, those of marks included."""
        return [name for node in self._nodes() if (name := _label(node)) and node["localName"] == "button"]

    def middle_of(self, label: str) -> tuple[float, float]:
        """Give where the middle of a button is, in pixels of the page."""
        found: tuple[float, float] = wait_for(self._page, lambda: self._middle(label), label)
        return found

    def _middle(self, label: str) -> tuple[float, float] | None:
        try:
            node = next((one for one in self._nodes() if label in _label(one)), None)
            if node is None:
                return None
            box = self._session.send("DOM.getBoxModel", {"nodeId": node["nodeId"]})["model"]["border"]
        except Error:  # it was drawn anew meanwhile, or is not shown
            return None
        return (box[0] + box[4]) / 2, (box[1] + box[5]) / 2

    def _nodes(self) -> list[dict[str, Any]]:
        document = self._session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        hosts = [node for node in _walk(document) if _attributes(node).get("popover") == "manual"]
        roots = [root for host in hosts for root in host.get("shadowRoots", []) if root["shadowRootType"] == "closed"]
        return [node for root in roots for node in _walk_shown(root)]


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in ("children", "shadowRoots"):
        for child in node.get(part, []):
            yield from _walk(child)
    if "contentDocument" in node:
        yield from _walk(node["contentDocument"])


def _walk_shown(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "hidden" in _attributes(node):
        return
    yield node
    for child in node.get("children", []):
        yield from _walk_shown(child)


def _attributes(node: dict[str, Any]) -> dict[str, str]:
    flat = node.get("attributes", [])
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _label(node: dict[str, Any]) -> str:
    return _attributes(node).get("aria-label", "")
