"""Bodies of REST: small, and read whole before anything else runs, so that their size is known even in chunks."""

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 1_000_000


async def read_limited(scope: Scope, receive: Receive) -> Receive | None:
    """Read a request's body; give what hands it out again, or None if it is larger than `MAX_BODY_BYTES`."""
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdecimal() or int(announced) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    message: Message = {"type": "http.request", "more_body": True}
    while message["type"] == "http.request" and message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
    waiting = [message if message["type"] != "http.request" else {"type": "http.request", "body": bytes(body)}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
