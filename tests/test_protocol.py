"""The golden messages against the models, and the documents against the code."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lossy import events, protocol
from scripts import protocol as written
from scripts.protocol_words import Example

GOOD = written.examples("good")
BAD = written.examples("bad")


def test_every_message_has_a_good_example_and_two_bad_ones() -> None:
    models: list[type[BaseModel]] = [protocol.ConnectAuth, *written.event_models(), *written.request_models()]
    for exchange in protocol.EXCHANGES:
        models += [exchange.message, *([exchange.answer] if exchange.answer is not None else [])]
    wanted = {model.__name__ for model in models}
    good, bad = Counter(each["message"] for each in GOOD), Counter(each["message"] for each in BAD)
    assert {name for name in wanted if good[name] < 1} == set()
    assert {name for name in wanted if bad[name] < 2} == set()


@pytest.mark.parametrize("example", GOOD, ids=lambda each: f"{each['message']}: {each['why']}")
def test_a_good_message_is_read(example: Example) -> None:
    model = _model(example["message"])
    read = model.model_validate(example["body"])
    assert model.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("example", BAD, ids=lambda each: f"{each['message']}: {each['field']} {each['why']}"[:90])
def test_a_bad_message_is_refused_for_the_field_that_is_at_fault(example: Example) -> None:
    with pytest.raises(ValidationError) as refusal:
        _model(example["message"]).model_validate(example["body"])
    places = {_place(problem["loc"]) for problem in refusal.value.errors()}
    at_fault = example["field"]
    assert any(place == at_fault or (at_fault and place.startswith(f"{at_fault}.")) for place in places), places


def test_the_first_good_example_of_an_event_shows_every_field() -> None:
    for model in written.event_models():
        first = next(each["body"] for each in GOOD if each["message"] == model.__name__)
        assert set(first) == set(model.model_fields), model.__name__


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_json_does_not_have_is_no_position(number: str) -> None:
    body = json.loads(f'{{"at": 1769860800.0, "position": {number}, "playing": true}}')
    with pytest.raises(ValidationError):
        protocol.Playback.model_validate(body)


def test_golden_messages_are_json_that_every_language_reads() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for kind in ("good", "bad"):
        text = (written.GOLDEN / f"{kind}.json").read_text(encoding="utf-8")
        keys = {"message", "body", "why"} | ({"field"} if kind == "bad" else set())
        assert all(set(each) == keys for each in json.loads(text, parse_constant=refuse))


def test_the_documents_agree_with_the_code() -> None:
    written.main(["--check"])


def test_the_schema_has_a_place_for_every_message_and_event() -> None:
    schema = written.schema()
    told = {
        (namespace, sender, event)
        for namespace, senders in schema["namespaces"].items()
        for sender, exchanges in senders.items()
        for event in exchanges
    }
    assert told == {(each.namespace, each.sender, each.event) for each in protocol.EXCHANGES}
    assert set(schema["events"]) == {model.model_fields["type"].default for model in written.event_models()}
    assert set(_references(schema)) <= set(schema["$defs"])


def test_the_page_names_every_message_event_and_route() -> None:
    page = (written.ROOT / written.WORDS).read_text(encoding="utf-8")
    for exchange in protocol.EXCHANGES:
        assert f"### `{exchange.event}`, from the {exchange.sender}" in page
    for model in written.event_models():
        assert f"### `{model.model_fields['type'].default}`" in page
    for route in written.rest():
        assert f"`{route['method']} {route['path']}`" in page


def test_typescript_has_a_type_for_everything_on_the_wire() -> None:
    types = written.documents()[written.TYPES]
    for name in [*written.schema()["$defs"], "AnyEvent", "ClientMessages", "ServerMessages"]:
        assert len(re.findall(rf"^export (?:type|interface) {name} ", types, re.MULTILINE)) == 1, name
    assert f"export const PROTOCOL_VERSION = {protocol.PROTOCOL_VERSION};" in types
    for exchange in protocol.EXCHANGES:
        assert f"    {exchange.event}: " in types


def test_a_client_may_leave_out_what_has_a_default_and_the_server_leaves_out_nothing() -> None:
    types = written.documents()[written.TYPES]
    read = dict(re.findall(r"^export interface (\w+) \{\n(.*?)^\}", types, re.MULTILINE | re.DOTALL))
    assert "  mode?: " in read["OpenRecording"]
    assert "  recording: " in read["OpenRecording"]
    sent: list[type[BaseModel]] = [protocol.VideoOpened, protocol.RecordingOpened, *written.event_models()]
    assert [model.__name__ for model in sent if "?: " in read[model.__name__]] == []


def test_check_names_the_stale_document_and_writing_mends_it(tmp_path: Path) -> None:
    written.main([], tmp_path)
    written.main(["--check"], tmp_path)
    (tmp_path / written.WORDS).write_text("old", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"with the code: docs/protocol\.md\."):
        written.main(["--check"], tmp_path)
    written.main([], tmp_path)
    written.main(["--check"], tmp_path)


def _model(name: str) -> type[BaseModel]:
    model: type[BaseModel] = getattr(protocol, name, None) or getattr(events, name)
    return model


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"].rpartition("/")[2]] if "$ref" in part else []
        return own + [name for each in part.values() for name in _references(each)]
    return [name for each in part for name in _references(each)] if isinstance(part, list) else []
