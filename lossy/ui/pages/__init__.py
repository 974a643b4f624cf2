"""The pages: each an address, a view that fills it, and nothing of SQL, models or sockets."""

from lossy.agent.core import Core
from lossy.ui.pages import connected, library, missing, panel, popup, review, settings, signin, welcome


def register(core: Core) -> None:
    """Put every page at its address."""
    for page in (library, review, panel, popup, settings, connected, signin, welcome, missing):
        page.register(core)
