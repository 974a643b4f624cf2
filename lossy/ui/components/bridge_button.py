"""A button that asks something of the extension around the frame."""

from typing import Any

from nicegui import ui

from lossy.ui.components.basics import Kind, Text, icon


class BridgeButton(ui.element, component="bridge_button.js"):
    """Posts `message` (bridge.ts's FromFrame) when it is pressed, in the press itself: Chrome asks only then."""

    def __init__(
        self, label: str, message: dict[str, Any], *, kind: Kind = "", symbol: str = "", large: bool = False
    ) -> None:
        super().__init__()
        self.props["message"] = message
        self.classes(f"btn {kind} {'large' if large else ''}")
        with self:
            if symbol:
                icon(symbol)
            Text(label, "span")
