"""The real extension in a real Chromium: reach its hidden documents, and kill them.

Playwright shows pages in tabs only. The side panel, the popup and the offscreen document are targets of the DevTools
protocol, and so are the frames in them with pages of our server; `Target` attaches to one by a part of its address.
"""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page

EXTENSION_ID = "lkckgkjchbeaafcfnjedenieahldkfdd"
DIST = Path(__file__).parents[2] / "extension" / "dist"
WITHIN_MS = 30_000
STEP_MS = 25


class Target:
    """A document that Playwright does not show; `evaluate` runs JavaScript in it as if the user had just clicked.

    A document that went and came back, such as a frame that was loaded again, is attached to anew.
    """

    def __init__(self, session: CDPSession, page: Page, url_part: str) -> None:
        self._session = session
        self._page = page
        self._url_part = url_part
        self._ids = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        session.on("Target.receivedMessageFromTarget", self._take)
        session.on("Target.detachedFromTarget", self._lose)
        self._attached = self._attach()

    def evaluate(self, expression: str) -> Any:
        """Give the value of an expression, awaited if it is a promise."""
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True}
        result = self._send("Runtime.evaluate", asked)
        if "exceptionDetails" in result:
            raise Error(json.dumps(result["exceptionDetails"])[:1000])
        return result["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is truthy, and give its value."""

        def look() -> Any:
            try:
                return self.evaluate(expression)
            except Error:  # also while the document is loaded again
                return None

        return wait_for(self._page, look, expression)

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element, as a person would."""
        find = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{find}")
        centre = f"(r => [r.x + r.width / 2, r.y + r.height / 2])({find}.getBoundingClientRect())"
        x, y = self.evaluate(centre)
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1})

    def press(self, key: str) -> None:
        """Press a key in the document."""
        for kind in ("keyDown", "keyUp"):
            self._send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": key})

    def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        message = json.dumps({"id": number, "method": method, "params": params})
        if not self._attached:
            self._attached = self._attach()
        to = self._attached
        self._session.send("Target.sendMessageToTarget", {"sessionId": to, "message": message})

        def look() -> dict[str, Any] | None:
            lost = {"error": {"message": "the document went away"}} if self._attached != to else None
            return self._answers.pop(number, lost)

        answer: dict[str, Any] = wait_for(self._page, look, method)
        if "error" in answer:
            raise Error(answer["error"]["message"])
        result: dict[str, Any] = answer["result"]
        return result

    def _attach(self) -> str:
        found = wait_for(self._page, lambda: find_target(self._session, self._url_part), self._url_part)
        asked = {"targetId": found["targetId"], "flatten": False}
        return str(self._session.send("Target.attachToTarget", asked)["sessionId"])

    def _lose(self, event: dict[str, Any]) -> None:
        if event["sessionId"] == self._attached:
            self._attached = ""

    def _take(self, event: dict[str, Any]) -> None:
        if event["sessionId"] == self._attached:
            answer = json.loads(event["message"])
            if "id" in answer:
                self._answers[answer["id"]] = answer


class Extension:
    """The extension in one browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        browser = context.browser
        if browser is None:
            raise LookupError("a persistent context has no browser here")
        self._session = browser.new_browser_cdp_session()
        if not context.service_workers:
            context.wait_for_event("serviceworker")
        # It welcomes whoever installed it, as each new profile does.
        welcome = self.address("welcome.html")
        page = wait_for(
            context.pages[0], lambda: next((one for one in context.pages if one.url == welcome), None), welcome
        )
        page.close()

    def address(self, path: str) -> str:
        """Give the address of one of its pages."""
        return f"chrome-extension://{EXTENSION_ID}/{path}"

    def sign_in(self, server: str, token: str, email: str) -> None:
        """Hand it the sign-in that the options page would get."""
        page = self.context.new_page()
        page.goto(self.address("options.html"))
        message = {"to": "worker", "type": "signed_in", "server": server, "token": token, "email": email}
        page.evaluate("message => chrome.runtime.sendMessage(message)", message)
        page.close()

    def open_panel(self, page: Page) -> Target:
        """Open the real side panel beside a page, and give its shell."""
        options = self.context.new_page()
        options.goto(self.address("options.html"))
        window = options.evaluate("chrome.windows.getCurrent().then((one) => one.id)")
        options.evaluate(
            """(windowId) => new Promise((done) => document.addEventListener("click",
               () => chrome.sidePanel.open({ windowId }).then(done), { once: true }))
               && null""",
            window,
        )
        options.mouse.click(2, 2)
        shell = self.target("sidepanel.html")
        options.close()
        page.bring_to_front()
        return shell

    def open_popup(self, page: Page) -> Target:
        """Open the real popup over a page, and give its shell."""
        page.bring_to_front()
        [worker] = self.context.service_workers
        worker.evaluate("chrome.action.openPopup()")
        return self.target("popup.html")

    def click_its_button(self, page: Page) -> None:
        """Click its button in the toolbar, which lets it look at the page in front."""
        page.bring_to_front()
        tabs = self._session.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        [tab] = [one["targetId"] for one in tabs if one["url"] == page.url]
        self._session.send("Extensions.triggerAction", {"id": EXTENSION_ID, "targetId": tab})
        self.target("popup.html")

    def press_shortcut(self, command: str) -> None:
        """Have the worker hear of a shortcut, as it does when its keys are pressed, which Playwright can't."""
        [worker] = self.context.service_workers
        worker.evaluate(
            """async (command) => {
                const [tab] = await chrome.tabs.query({ active: true });
                chrome.commands.onCommand.dispatch(command, tab);
            }""",
            command,
        )

    def choose_note_in_menu(self) -> None:
        """Have the worker hear that "Note at this time" was chosen in the page's menu, which no test can open."""
        [worker] = self.context.service_workers
        worker.evaluate(
            """async () => {
                const [tab] = await chrome.tabs.query({ active: true });
                chrome.contextMenus.onClicked.dispatch({ menuItemId: "note" }, tab);
            }"""
        )

    def close_popup(self) -> None:
        """Close it, as a click beside it does."""
        self._close("popup.html")

    def target(self, url_part: str) -> Target:
        """Attach to the document whose address holds these words, once it is there."""
        return Target(self._session, self.context.pages[0], url_part)

    def has(self, url_part: str) -> bool:
        """Tell whether there is such a document."""
        return find_target(self._session, url_part) is not None

    def kill_worker(self) -> None:
        """End the service worker, as the browser does after 30 seconds of silence."""
        page = self.context.pages[0]
        session = self.context.new_cdp_session(page)
        session.send("ServiceWorker.enable")
        session.send("ServiceWorker.stopAllWorkers")
        session.detach()

    def close_offscreen(self) -> None:
        """End the offscreen document, as a crash would."""
        self._close("offscreen.html")

    def _close(self, url_part: str) -> None:
        found = find_target(self._session, url_part)
        if found is not None:
            self._session.send("Target.closeTarget", {"targetId": found["targetId"]})
            wait_for(
                self.context.pages[0],
                lambda: found["targetId"] not in {one["targetId"] for one in targets(self._session)},
                f"the end of {url_part}",
            )


def targets(session: CDPSession) -> list[dict[str, Any]]:
    """Give what the browser tells of every document."""
    infos: list[dict[str, Any]] = session.send("Target.getTargets")["targetInfos"]
    return infos


def find_target(session: CDPSession, url_part: str) -> dict[str, Any] | None:
    """Give what the browser tells of the document whose address holds these words."""
    return next((info for info in targets(session) if url_part in info["url"]), None)


def wait_for(page: Page, look: Callable[[], Any], what: str) -> Any:
    """Look again and again, letting the browser's events in between, until there is something."""
    for _ in range(WITHIN_MS // STEP_MS):
        if found := look():
            return found
        page.wait_for_timeout(STEP_MS)
    raise TimeoutError(f"waited in vain for {what}")
