"""Signing in, registering, and following the owner's one-time link; all of it in the browser, over REST."""

from nicegui import ui


class SignIn(ui.element, component="sign_in.js"):
    """Keeps the token in the browser's storage and goes where one wanted to go."""

    def __init__(self, *, may_register: bool) -> None:
        super().__init__()
        self.props["may-register"] = may_register


class AccountForm(ui.element, component="account_form.js"):
    """Sets the password and signs out everywhere."""


class ThemeChoice(ui.element, component="theme_choice.js"):
    """System, light or dark; kept in this browser."""
