"""The guide to the extension, with pictures."""

from nicegui import ui


class Welcome(ui.element, component="welcome.js"):
    """Words and drawings only; it asks nothing of the server."""
