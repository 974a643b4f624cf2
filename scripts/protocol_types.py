"""The protocol's types for TypeScript, made of the schema: `extension/src/shared/wire.ts`, formatted as Biome wants it.

Every message and event is a type with its name in Python. What a client may leave out is optional; what the server
sends is always there. `ClientMessages` and `ServerMessages` are the exchanges by namespace and event.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 120
HEAD = """/**
 * Everything on the wire. Written by `make protocol` from `lossy/protocol.py` and `lossy/events.py`: change it there.
 * Times on the video's line are seconds; docs/protocol.md tells the rules and limits that types can't.
 */
"""
ANSWERED = """/** What an acknowledgement holds: the answer, or why nothing was done. */
export type Answered<Answer> = Answer | { error: Refusal };"""

Schema = Mapping[str, Any]


def types(schema: Schema) -> str:
    """Make the whole file."""
    parts = [f"export const PROTOCOL_VERSION = {schema['protocol']};"]
    parts += [_declaration(name, described) for name, described in schema["$defs"].items()]
    parts += [_any_event(schema), ANSWERED, _client_messages(schema), _server_messages(schema)]
    return HEAD + "\n" + "\n\n".join(parts) + "\n"


def _declaration(name: str, described: Schema) -> str:
    words = _comment(described.get("description", ""))
    if "enum" in described:
        return words + _union(name, [json.dumps(value) for value in described["enum"]])
    fields = "\n".join(_fields(described))
    return f"{words}export interface {name} {{\n{fields}\n}}"


def _fields(described: Schema) -> Iterator[str]:
    required = described.get("required", ())
    for name, field in described["properties"].items():
        words = _comment(field.get("description", ""), "  ")
        yield f"{words}  {name}{'' if name in required else '?'}: {_type(field)};"


def _any_event(schema: Schema) -> str:
    words = _comment("Told on `/user` as `event`; ignore types that you don't know.")
    return words + _union("AnyEvent", [_name(ref) for ref in schema["events"].values()])


def _client_messages(schema: Schema) -> str:
    lines = []
    for namespace, senders in schema["namespaces"].items():
        lines.append(f'  "{namespace}": {{')
        for event, parts in senders.get("client", {}).items():
            lines.append(f"    {event}: {{ message: {_name(parts['message'])}; answer: {_name(parts['answer'])} }};")
        lines.append("  };")
    return "/** What a client sends, and how it is answered. */\n" + _interface("ClientMessages", lines)


def _server_messages(schema: Schema) -> str:
    lines = []
    for namespace, senders in schema["namespaces"].items():
        lines.append(f'  "{namespace}": {{')
        lines += [f"    {event}: {_name(parts['message'])};" for event, parts in senders.get("server", {}).items()]
        lines += ["    event: AnyEvent;"] if namespace == "/user" else []
        lines.append("  };")
    return "/** What the server tells by itself. */\n" + _interface("ServerMessages", lines)


def _interface(name: str, lines: list[str]) -> str:
    return "\n".join([f"export interface {name} {{", *lines, "}"])


def _union(name: str, parts: list[str]) -> str:
    line = f"export type {name} = {' | '.join(parts)};"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"export type {name} =", *(f"  | {part}" for part in parts)]) + ";"


def _type(field: Schema) -> str:
    match field:
        case {"$ref": _}:
            written = _name(field)
        case {"oneOf": _, "discriminator": _}:
            written = "AnyEvent"
        case {"anyOf": parts}:
            written = " | ".join(dict.fromkeys(map(_type, parts)))
        case {"const": value}:
            written = json.dumps(value)
        case {"enum": values}:
            written = " | ".join(map(json.dumps, values))
        case {"type": "array", "items": items}:
            inner = _type(items)
            written = f"({inner})[]" if " " in inner else f"{inner}[]"
        case {"type": "object"}:
            written = f"Record<string, {_values(field)}>"
        case {"type": "integer" | "number"}:
            written = "number"
        case {"type": "string" | "boolean" | "null" as kind}:
            written = str(kind)
        case _:
            raise ValueError(f"no TypeScript is known for {field}")
    return written


def _values(field: Schema) -> str:
    kinds = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
    return _type(kinds[0]) if isinstance(kinds[0], dict) else "unknown"


def _comment(words: str, indent: str = "") -> str:
    return f"{indent}/** {' '.join(words.split())} */\n" if words else ""


def _name(ref: Schema) -> str:
    return str(ref["$ref"]).rpartition("/")[2]
