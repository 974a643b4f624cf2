"""Writes the protocol's documents from the code: its JSON Schema, its page of Markdown, its types for TypeScript.

The models of `lossy.protocol` and `lossy.events` are the truth; REST comes from the routes, examples from the golden
messages. `--check` writes nothing and fails if a document is stale. The schema describes what travels: what a
client sends as it is read, what the server sends as it is written, where fields with a default are always there.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lossy import events, protocol
from lossy.agent.core import Core
from lossy.settings import Settings
from lossy.web.api import mount_api
from scripts.protocol_types import types
from scripts.protocol_words import Example, page

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "docs/protocol.schema.json"
WORDS = "docs/protocol.md"
TYPES = "extension/src/shared/wire.ts"
GOLDEN = ROOT / "tests/golden"

Mode = Literal["validation", "serialization"]


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Write the documents below `root`, or with `--check` exit with a line that names the stale ones."""
    fresh = documents()
    stale = [name for name, text in fresh.items() if _read(root / name) != text]
    if arguments != ["--check"]:
        for name in stale:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(fresh[name], encoding="utf-8")
            print(f"wrote {name}")
    elif stale:
        sys.exit(f"Not in agreement with the code: {', '.join(stale)}. Run `make protocol`.")


def documents() -> dict[str, str]:
    """Make the text of every document, by its path."""
    described = schema()
    words = page(described, rest(), examples("good"))
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    return {SCHEMA: text, WORDS: words, TYPES: types(described)}


def schema() -> dict[str, Any]:
    """Describe everything on the wire as one JSON Schema with its index by namespace."""
    roots = dict.fromkeys([*_sent_by_clients(), *_sent_by_the_server()])
    refs, whole = models_json_schema(list(roots), ref_template="#/$defs/{model}")
    _describe_fields(whole["$defs"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lossy protocol",
        "protocol": protocol.PROTOCOL_VERSION,
        "connect": refs[protocol.ConnectAuth, "validation"],
        "namespaces": _namespaces(refs),
        "events": {_type(event): refs[event, "serialization"] for event in event_models()},
        "$defs": whole["$defs"],
    }


def event_models() -> tuple[type[events.Event], ...]:
    """List the models of all events."""
    return get_args(get_args(events.AnyEvent)[0])


def request_models() -> Iterator[type[BaseModel]]:
    """List what REST takes."""
    for route in rest():
        if route["body"]:
            yield _named(route["body"])
    yield protocol.NotesAsked


def rest() -> list[dict[str, Any]]:
    """List the routes of REST with the names of their bodies and answers."""
    app = FastAPI()
    mount_api(app, Core(Settings(_env_file=None)))
    return [
        {
            "method": method.upper(),
            "path": path,
            "query": [each["name"] for each in route.get("parameters", ()) if each["in"] == "query"],
            "body": _ref(route.get("requestBody", {})),
            "answer": next((_ref(answer) for code, answer in route["responses"].items() if code[0] == "2"), ""),
            "words": route["description"],
        }
        for path, methods in app.openapi()["paths"].items()
        for method, route in methods.items()
    ]


def examples(kind: str) -> list[Example]:
    """Read the golden messages: `good` or `bad`."""
    read: list[Example] = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    return read


def _sent_by_clients() -> Iterator[tuple[type[BaseModel], Mode]]:
    yield protocol.ConnectAuth, "validation"
    for exchange in protocol.EXCHANGES:
        if exchange.sender == "client":
            yield exchange.message, "validation"
    for model in request_models():
        yield model, "validation"


def _sent_by_the_server() -> Iterator[tuple[type[BaseModel], Mode]]:
    for exchange in protocol.EXCHANGES:
        if exchange.sender == "server":
            yield exchange.message, "serialization"
        if exchange.answer is not None:
            yield exchange.answer, "serialization"
    for event in event_models():
        yield event, "serialization"
    for route in rest():
        if route["answer"]:
            yield _named(route["answer"]), "serialization"


def _namespaces(refs: Mapping[Any, Any]) -> dict[str, Any]:
    index: dict[str, Any] = {}
    for exchange in protocol.EXCHANGES:
        mode: Mode = "validation" if exchange.sender == "client" else "serialization"
        entry = {"message": refs[exchange.message, mode]}
        if exchange.answer is not None:
            entry["answer"] = refs[exchange.answer, "serialization"]
        index.setdefault(exchange.namespace, {}).setdefault(exchange.sender, {})[exchange.event] = entry
    return index


def _type(event: type[events.Event]) -> str:
    return str(event.model_fields["type"].default)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _describe_fields(models: dict[str, Any]) -> None:
    # Not by Pydantic's use_attribute_docstrings: it reads the source at every import of every process.
    for module in (protocol, events):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                for field, following in pairwise(node.body):
                    words = _docstring(following)
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and words:
                        _describe(models, node.name, field.target.id, words)
    _say_alike(models)


def _describe(models: dict[str, Any], model: str, field: str, words: str) -> None:
    for name in (event.__name__ for event in event_models()) if model == "Event" else [model]:
        if field in models.get(name, {}).get("properties", {}):
            models[name]["properties"][field]["description"] = inspect.cleandoc(words)


def _say_alike(models: dict[str, Any]) -> None:
    # A field means the same wherever it has the same name and the same limits, if it has any.
    meanings: dict[str, str] = {}
    fields = [(name, field) for model in models.values() for name, field in model.get("properties", {}).items()]
    for name, field in fields:
        if "description" in field and _alike(name, field):
            meanings.setdefault(_alike(name, field), field["description"])
    for name, field in fields:
        if _alike(name, field) in meanings and "$ref" not in field:
            field.setdefault("description", meanings[_alike(name, field)])


def _alike(name: str, field: dict[str, Any]) -> str:
    limits = {key: value for key, value in field.items() if key not in ("title", "description", "default")}
    kinds = [part for part in limits.get("anyOf", [limits]) if part != {"type": "null"}]
    return json.dumps([name, *kinds], sort_keys=True) if any(set(kind) - {"type"} for kind in kinds) else ""


def _docstring(node: ast.stmt) -> str:
    holds = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return str(node.value.value) if holds else ""  # type: ignore[attr-defined]


def _named(name: str) -> type[BaseModel]:
    model: type[BaseModel] = getattr(protocol, name, None) or getattr(events, name)
    return model


def _ref(body: dict[str, Any]) -> str:
    described = body.get("content", {}).get("application/json", {}).get("schema", {})
    return str(described.get("$ref", "")).rpartition("/")[2]


if __name__ == "__main__":
    main(sys.argv[1:])
