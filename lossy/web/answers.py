"""How REST says no: a status and `{"error": {"code", "message"}}`, the same for every reason.

The code is for programs, the message for people. What was not foreseen is logged here, once, and told as a plain
sentence without its insides.
"""

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from lossy import errors
from lossy.agent.throttle import Throttled

logger = logging.getLogger(__name__)

STATUS: dict[type[errors.LossyError], HTTPStatus] = {
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LossyError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The nearest class of an error decides."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRoute(APIRoute):
    """A route that answers every failure in the one shape."""

    def get_route_handler(self) -> Handler:
        """Wrap what FastAPI makes of the route, its dependencies included."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except errors.LossyError as error:
                return _of_lossy(error)
            except RequestValidationError as error:
                return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", _in_a_sentence(error))
            except HTTPException as error:
                return refusal(error.status_code, "invalid_input", f"{error.detail}.")
            except Exception:
                logger.exception("%s %s failed", request.method, request.url.path)
                message = "Something went wrong inside Lossy. The server's log says what."
                return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)

        return answer


def refusal(status: int, code: str, message: str) -> JSONResponse:
    """Make the answer of a request that is not carried out."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)


def _of_lossy(error: errors.LossyError) -> JSONResponse:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    answer = refusal(status, error.code, error.message)
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Throttled):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


_WORDS = {
    ("password", "string_too_short"): "A password has at least 10 characters.",
    ("email", "string_pattern_mismatch"): "That is not an e-mail address.",
}
"""What people mistype when they make an account, in their words."""


def _in_a_sentence(error: RequestValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "The body is not valid JSON."
    place, *path = (str(part) for part in first["loc"])
    field = ".".join(path)
    if (field, first["type"]) in _WORDS:
        return _WORDS[field, first["type"]]
    named = field if path else f"The {place}"
    reason = first["msg"].removeprefix("Value error, ")
    return f"{named}: {reason[:1].lower()}{reason[1:]}."
