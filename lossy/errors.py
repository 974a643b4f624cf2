"""The one error hierarchy.

`code` is stable: the UI and the tests read it. `message` is for people: one plain sentence that
says what happened and, where there is one, the next step.
"""

from typing import ClassVar


class LossyError(Exception):
    """An expected failure with a stable `code` and a `message` in the user's words."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(LossyError):
    """What was sent can't be used as it is."""

    code = "invalid_input"


class NotSignedIn(LossyError):
    """No token, or one that is unknown, expired or revoked."""

    code = "not_signed_in"


class NotAllowed(LossyError):
    """Signed in, but this thing is not theirs to touch."""

    code = "not_allowed"


class NotFound(LossyError):
    """No such thing, or none that the asker may see: the answer is the same for both."""

    code = "not_found"


class Conflict(LossyError):
    """The thing moved on meanwhile, or its state does not allow this."""

    code = "conflict"


class TooMany(LossyError):
    """A limit on size, rate or number was reached."""

    code = "too_many"


class Unavailable(LossyError):
    """Something that Lossy needs does not answer now; trying again later makes sense."""

    code = "unavailable"


class SetupProblem(LossyError):
    """The machine or a setting keeps Lossy from starting."""

    code = "setup_problem"
