"""The dashboard: NiceGUI pages whose state lives on the server, and Vue components that are told changes."""

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from lossy.agent.core import Core
from lossy.ui import assets, pages
from lossy.ui.gate import guard_sockets

RECONNECT_SECONDS = 30


def mount(app: FastAPI, core: Core) -> None:
    """Serve the dashboard from an application, behind everything that it serves itself."""
    guard_sockets()
    assets.serve(app)
    pages.register(core)
    # Long polling sends GETs without an Origin from our own pages, so the guard could not tell them from others.
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    ui.run_with(
        app,
        title="Lossy",
        favicon=assets.favicon(),
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
        storage_secret=None,  # so that no cookie is ever set
    )
