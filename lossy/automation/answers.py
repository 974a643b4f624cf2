"""Tells which request of a page carried our words, and what was answered to it.

"The click worked" proves nothing. A request whose body holds the comment, answered 2xx with the comment's id, does.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from playwright.async_api import Request, Response

SENDING = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Answer:
    """What a platform said to the request that carried a comment."""

    status: int
    body: Any
    """JSON, or None if it was something else."""

    @property
    def is_yes(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300

    @property
    def is_no(self) -> bool:
        """Whether the platform refused it, so that it surely does not stand there."""
        return 400 <= self.status < 500 and self.status not in (408, 409, 425, 429)


def carries(request: "Request", body: str) -> bool:
    """Whether a request brings this comment to the server."""
    if request.method not in SENDING:
        return False
    sent = request.post_data_buffer
    return sent is not None and holds(sent, body)


def holds(sent: bytes, body: str) -> bool:
    """Whether this comment is in what was sent, however it is written there."""
    return any(same_words(text, body) for text in _texts(sent))


async def read_answer(response: "Response") -> Answer:
    """Read what was answered; a body that can't be read is none."""
    try:
        return Answer(response.status, await response.json())
    except Exception:  # noqa: BLE001 -- Playwright raises what it likes for a body that is gone or no JSON
        return Answer(response.status, None)


def same_words(text: str, body: str) -> bool:
    """Whether two texts are the same, but for how forms write the ends of lines."""
    return plain_lines(body) in plain_lines(text)


def plain_lines(text: str) -> str:
    """Write the ends of lines in one way, with nothing around the text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _texts(sent: bytes) -> Iterator[str]:
    text = sent.decode("utf-8", "replace")
    yield text  # multipart and plain text hold it as it is
    for _, value in parse_qsl(text, keep_blank_values=False):
        yield value
        yield from _strings(_json(value))
    yield from _strings(_json(text))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):
            yield from _strings(_json(value))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
