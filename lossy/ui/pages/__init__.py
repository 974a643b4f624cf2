"""The pages: each an address, a view that fills it, and nothing of SQL, models or sockets."""

from lossy.agent.core import Core
from lossy.ui.pages import library, missing, review, settings, signin


def register(core: Core) -> None:
    """Put every page at its address."""
    for page in (library, review, settings, signin, missing):
        page.register(core)
