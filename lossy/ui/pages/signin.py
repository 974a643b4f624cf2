"""The sign-in page: the only one that is nobody's."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.ui.components.sign_in import SignIn
from lossy.ui.theme import Frame


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/signin")
    def signin_page() -> None:
        with Frame(core, "signin", "Sign in").content:
            SignIn(may_register=core.settings.registration)
