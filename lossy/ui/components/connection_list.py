"""Where one is connected: a row for each login."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class ConnectionList(ui.element, component="connection_list.js"):
    """Emits of a login's {id} `again`, `test` and `disconnect`."""

    def __init__(self, *, on: Mapping[str, Handler]) -> None:
        super().__init__()
        self.props["rows"] = None
        listen(self, on)

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show these."""
        if self.props["rows"] != rows:
            self.props["rows"] = rows
            self.update()
