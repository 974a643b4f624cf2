"""Addresses that lead nowhere, and pages that broke."""

from nicegui import app, ui

from lossy.agent.core import Core
from lossy.ui.components.states import broken_state, missing_state
from lossy.ui.theme import Frame


def register(core: Core) -> None:
    """Put the page behind every address that no other page has."""

    @ui.page("/{path:path}")
    def missing_page(path: str) -> None:
        ui.context.client.status_code = 404
        with Frame(core, "", "Not found").content:
            missing_state()

    @app.on_page_exception
    def broken_page(error: Exception) -> None:
        with Frame(core, "", "Problem").content:
            broken_state()
