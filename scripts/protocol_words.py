"""The readable half of the protocol's documents: a page of Markdown made of the schema, the routes and the examples."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, TypedDict

from lossy import errors
from lossy.agent.machine import Refused
from lossy.agent.throttle import Throttled
from lossy.errors import LossyError
from lossy.protocol import MAX_CHUNK_BYTES, MAX_CREDIT_BYTES
from lossy.web import namespaces, socket_server
from lossy.web.body_limit import MAX_BODY_BYTES

ID_PATTERN = "^[A-Za-z0-9_-]+$"
LIMITS = (
    ("minLength", "maxLength"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minProperties", "maxProperties"),
)

Schema = dict[str, Any]


class Example(TypedDict, total=False):
    """A golden message."""

    message: str
    body: dict[str, Any]
    why: str
    field: str
    """Only of a bad one: the field that is at fault, empty where it is the whole."""


HEAD = f"""# The protocol of Lossy

Written by `make protocol` from `lossy/protocol.py`, `lossy/events.py` and the routes; `protocol.schema.json` says the
same to programs, and `tests/golden` holds good and bad messages for both test suites.

Version {{version}}. Times on the video's line are seconds. `at` and `captured_at` of messages are the client's wall
clock in seconds since 1970; `at` of events is the server's, in ISO 8601. Audio is 16 kHz mono PCM16, little endian.

## Connecting

- Socket.IO 5 over a websocket (no polling), at `/ws/socket.io`, with three namespaces on one connection: `/audio`,
  `/video`, `/user`.
- The `Origin` header is required of programs too. Allowed are the server's own origins and the extensions named in
  its settings, nothing else; the `Host` must be the server's.
- Each namespace's connect payload is a `ConnectAuth`. The token is never in an address. Without a good one the
  connect is refused with a sentence. A connection that is on no namespace after
  {socket_server.AUTHENTICATE_SECONDS:.0f} seconds is closed.
- `protocol` must be the server's version. A client that is too old or too new is told which of the two to update.
- A person has at most {socket_server.MAX_SOCKETS_PER_USER} connections. When the token is revoked they are told
  `refused` with the code `not_signed_in`, and closed.

## Sending

- Every client message has one body and is answered by an acknowledgement: the answer named below, or
  `{{{{"error": Refusal}}}}` when it was understood and can't be carried out. Nothing has changed then.
- Input that is not in the protocol (an unknown event, an unknown or missing field, a value out of range, NUL in a
  string) is answered with the code `malformed`, told as `refused`, and the connection is closed.
- Limits: {socket_server.MAX_MESSAGE_BYTES // 1024} KiB a message, with at most {socket_server.MAX_ATTACHMENTS}
  attachments; {MAX_CHUNK_BYTES // 1024} KiB an audio chunk; {namespaces.AUDIO_BYTES_PER_SECOND // 1024} KiB of audio a
  second, after a burst of {namespaces.AUDIO_BURST_BYTES // 1024 // 1024} MiB; {MAX_CREDIT_BYTES // 1024} KiB of audio
  on their way unacknowledged; {MAX_BODY_BYTES // 1_000_000} MB a REST body.
- An acknowledged audio chunk is durable. Sending one again is harmless: `(recording, seq)` counts once. After a lost
  connection open the recording again and send from `next_seq` on.
- An *id* has 8 to 64 letters, digits, `_` or `-`.
"""

EVENTS = """## Events

The server tells every event that concerns the user, or the video in front of them, on `/user` as `event`. Events with
a `seq` are stored: ask for missed ones with `ask_since`. Ignore fields and types that you don't know.

Every event carries its `type`, and:
"""

REST = """## REST

The token goes into the header `Authorization: Bearer TOKEN`. Every failure is a status and `{"error": Refusal}`.
`/api/openapi.json` on a running server has every detail.

| route | takes | answers | |
|---|---|---|---|"""

CODES = """## Codes of refusals

`message` is for people; `code` is stable, and for programs.

| code | |
|---|---|
| `malformed` | Not in the protocol; the connection ends. |
| `foreign_origin`, `foreign_host` | The request comes from a page, or names a server, that is not ours. |
| `too_large` | The body of a REST request is too large. |
| `internal` | Something broke inside Lossy; its log says what. |"""

ANSWERED: tuple[type[LossyError], ...] = (
    errors.InvalidInput,
    errors.NotSignedIn,
    errors.NotAllowed,
    errors.NotFound,
    errors.Conflict,
    Refused,
    errors.TooMany,
    Throttled,
    errors.Unavailable,
)


def page(schema: Schema, routes: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> str:
    """Make the whole page."""
    lines = [HEAD.format(version=schema["protocol"]), *_Page(schema, examples).lines(routes), *_codes()]
    return "\n".join(lines).rstrip() + "\n"


class _Page:
    """What was told once is not told again."""

    def __init__(self, schema: Schema, examples: Sequence[Example]) -> None:
        self._schema = schema
        self._models: dict[str, Schema] = schema["$defs"]
        self._examples = {each["message"]: each["body"] for each in reversed(examples)}
        self._told: set[str] = set()

    def lines(self, routes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        yield from self._message("ConnectAuth")
        for namespace, senders in self._schema["namespaces"].items():
            yield from (f"## Namespace `{namespace}`", "")
            for sender, exchanges in senders.items():
                for event, parts in exchanges.items():
                    yield from self._exchange(event, sender, parts)
        yield from self._events()
        yield from self._shared()
        yield from self._rest(routes)

    def _exchange(self, event: str, sender: str, parts: Schema) -> Iterator[str]:
        message, answer = _name(parts["message"]), _name(parts.get("answer", {}))
        yield from (f"### `{event}`, from the {sender}" + (f", answered with `{answer}`" if answer else ""), "")
        yield from self._message(message)
        if answer:
            yield from self._message(answer)

    def _message(self, name: str) -> Iterator[str]:
        if name in self._told:
            yield from (f"`{name}` is described above.", "")
            return
        self._told.add(name)
        described = self._models[name]
        yield from (f"**{name}** — {_one_line(described.get('description', ''))}", "")
        yield from self._fields(described)
        yield from self._example(name)

    def _fields(self, described: Schema, hidden: Set[str] = frozenset()) -> Iterator[str]:
        fields = {name: field for name, field in described.get("properties", {}).items() if name not in hidden}
        if not fields:
            return
        yield from ("| field | holds | meaning |", "|---|---|---|")
        for name, field in fields.items():
            may_lack = "" if name in described.get("required", ()) else _default(field)
            meaning = field.get("description") or self._models.get(_name(field), {}).get("description", "")
            yield f"| `{name}` | {_kind(field)}{may_lack} | {_one_line(meaning)} |"
        yield ""

    def _example(self, name: str) -> Iterator[str]:
        if name in self._examples:
            yield from ("```json", json.dumps(self._examples[name], ensure_ascii=False), "```", "")

    def _events(self) -> Iterator[str]:
        names = {kind: _name(ref) for kind, ref in self._schema["events"].items()}
        fields = [set(self._models[name]["properties"]) for name in names.values()]
        common = set.intersection(*fields)
        yield EVENTS
        yield from self._fields(self._models[names["video_changed"]], set.union(*fields) - common | {"type"})
        for kind, name in names.items():
            self._told.add(name)
            yield from (f"### `{kind}`", "", _one_line(self._models[name]["description"]), "")
            yield from self._fields(self._models[name], common)
            yield from self._example(name)

    def _shared(self) -> Iterator[str]:
        yield from ("## What messages are made of", "")
        for name in ("Note", "LocalFile", "Playback"):
            yield from (f'<a id="{name.lower()}"></a>', "")
            yield from self._message(name)
        for name, described in self._models.items():
            if "enum" in described:
                words = f"**{name}** — {_one_line(described['description'])} {_choices(described['enum'])}"
                yield from (f'<a id="{name.lower()}"></a>', "", words, "")

    def _rest(self, routes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        yield REST
        for route in routes:
            takes = f"`{route['body']}`" if route["body"] else ", ".join(f"`?{name}`" for name in route["query"])
            what = _one_line(route["words"])
            yield f"| `{route['method']} {route['path']}` | {takes} | `{route['answer']}` | {what} |"
        yield ""
        names = [name for route in routes for name in (route["body"], route["answer"]) if name]
        for name in dict.fromkeys([*names, "NotesAsked", "VideoView", "NoteHistoryEntry"]):
            if name not in self._told:
                yield from self._message(name)


def _codes() -> Iterator[str]:
    yield CODES
    for error in ANSWERED:
        yield f"| `{error.code}` | {_one_line(error.__doc__ or '')} |"


def _kind(field: Schema) -> str:
    match field:
        case {"anyOf": parts}:
            return ", or ".join(map(_kind, parts))
        case {"oneOf": _}:
            kind = "any [event](#events)"
        case {"$ref": _}:
            kind = f"[`{_name(field)}`](#{_name(field).lower()})"
        case {"const": value}:
            kind = f"`{json.dumps(value)}`"
        case {"enum": values}:
            kind = _choices(values)
        case {"pattern": pattern} if pattern == ID_PATTERN:
            kind = "id"
        case {"type": "array", "items": items}:
            kind = f"list of {_kind(items)}{_range(field, 'minItems', 'maxItems')}"
        case {"type": "string", "format": "date-time"}:
            kind = "string (ISO 8601)"
        case {"type": kind}:
            kind += "".join(_range(field, low, high) for low, high in LIMITS)
            kind += f", `{field['pattern']}`" if "pattern" in field else ""
        case _:
            kind = "anything"
    return kind


def _range(field: Schema, low: str, high: str) -> str:
    exclusive = low.startswith("exclusive")
    parts = []
    if low in field:
        parts.append(f"{'>' if exclusive else '≥'} {field[low]:.15g}")
    if high in field:
        parts.append(f"{'<' if exclusive else '≤'} {field[high]:.15g}")
    return f" {', '.join(parts)}" if parts else ""


def _choices(values: Sequence[str]) -> str:
    return " · ".join(f"`{value}`" for value in values)


def _default(field: Schema) -> str:
    given = field.get("default")
    return " (may be absent)" if given in (None, "", []) else f" (default `{json.dumps(given)}`)"


def _name(ref: Schema) -> str:
    return str(ref.get("$ref", "")).rpartition("/")[2]


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
