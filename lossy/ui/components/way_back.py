"""What a platform sends people back with."""

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class WayBack(ui.element, component="way_back.js"):
    """Takes it out of the address at once, and keeps it over a sign-in; emits `came` {state, code, error}."""

    def __init__(self, on_came: Handler) -> None:
        super().__init__()
        listen(self, {"came": on_came})

    def give(self) -> None:
        """Have the browser say with what it came, which it forgets then."""
        self.run_method("give")
