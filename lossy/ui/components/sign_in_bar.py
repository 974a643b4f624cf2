"""What one does to sign in at a platform, step by step."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class SignInBar(ui.element, component="sign_in_bar.js"):
    """Emits `done`, `give_up`, `again` {in_browser} and `password` {name, password}, which it does not keep."""

    def __init__(self, *, on: Mapping[str, Handler]) -> None:
        super().__init__()
        self.props["signIn"] = None
        listen(self, on)

    def show(self, sign_in: dict[str, Any] | None) -> None:
        """Show a sign-in that is under way; None shows nothing."""
        if self.props["signIn"] != sign_in:
            self.props["signIn"] = sign_in
            self.update()
