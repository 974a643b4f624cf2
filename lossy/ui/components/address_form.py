"""Where somebody wants to connect, by the address of a video there."""

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class AddressForm(ui.element, component="address_form.js"):
    """Emits `address` {url}."""

    def __init__(self, on_address: Handler) -> None:
        super().__init__()
        listen(self, {"address": on_address})
