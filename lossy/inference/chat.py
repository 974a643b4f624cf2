"""Structuring by a language model behind any OpenAI-compatible chat endpoint.

The model answers one question by schema and gets no tools. Its answer is foreign text: it is read up to a limit,
validated, and refused whole if anything about it is off; the caller then has the rules' note.
"""

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from lossy.events import Category
from lossy.inference.chat_model import ChatModel, ModelFailed
from lossy.inference.checker import keeps_the_facts
from lossy.inference.notes import MAX_NOTE_CHARACTERS, NO_CONTEXT, NoteContext, OnDelta, StructuredNote
from lossy.inference.prompts import NOTE_INSTRUCTIONS, NOTE_SCHEMA, REFINE_INSTRUCTIONS, REPAIR, note_data
from lossy.inference.rules import clean
from lossy.inference.speech import Transcript

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam, ChatCompletionMessageParam


class _Answer(BaseModel):
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_CHARACTERS)]
    category: Category
    confidence: Annotated[float, Field(ge=0, le=1)]


class ChatStructurer:
    """Structures with one model of one endpoint."""

    def __init__(
        self, model: str, *, api_key: str | None = None, base_url: str | None = None, timeout_seconds: float = 30.0
    ) -> None:
        self._chat = ChatModel(model, api_key=api_key, base_url=base_url, timeout_seconds=timeout_seconds)
        self._model = model

    async def structure(
        self, transcript: Transcript, context: NoteContext = NO_CONTEXT, *, on_delta: OnDelta | None = None
    ) -> StructuredNote:
        """Return the model's note; `on_delta` is told its JSON as it comes. Raises ModelFailed.

        An answer that is no note is sent back once. One that lost or made up a number or a "not" gives way to the
        reviewer's own words.
        """
        async with self._chat.bounded():
            answer = await self._answer(NOTE_INSTRUCTIONS, note_data(transcript.text, context), on_delta)
        text = " ".join(answer.note.split())
        if not keeps_the_facts(transcript.text, text):
            text = clean(transcript.text)
        return StructuredNote(text, answer.category, transcript.confidence * answer.confidence, self._model)

    async def refine(self, note: str, webp: bytes) -> StructuredNote:
        """Return a note made more exact by a picture of the video, with the note's own facts. Raises ModelFailed.

        Numbers, times and negations stay what they were, else the answer is refused.
        """
        picture = f"data:image/webp;base64,{b64encode(webp).decode()}"
        shown: list[ChatCompletionContentPartParam] = [
            {"type": "text", "text": json.dumps({"note": note}, ensure_ascii=False)},
            {"type": "image_url", "image_url": {"url": picture}},
        ]
        async with self._chat.bounded():
            answer = await self._answer(REFINE_INSTRUCTIONS, shown, None)
        text = " ".join(answer.note.split())
        if not keeps_the_facts(note, text):
            raise ModelFailed(f"The model {self._model} changed what the note says. It stays as it was.")
        return StructuredNote(text, answer.category, answer.confidence, self._model)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._chat.aclose()

    async def _answer(
        self, instructions: str, data: "str | list[ChatCompletionContentPartParam]", on_delta: OnDelta | None
    ) -> _Answer:
        asked: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": data},
        ]
        answer = await self._chat.ask(asked, "note", NOTE_SCHEMA, on_delta)
        read = _read_note(answer)
        if read is None:
            asked += [{"role": "assistant", "content": answer}, {"role": "user", "content": REPAIR}]
            read = _read_note(await self._chat.ask(asked, "note", NOTE_SCHEMA, on_delta))
        if read is None:
            raise ModelFailed(f"The model {self._model} answered with something that is no note.")
        return read


def _read_note(answer: str) -> _Answer | None:
    """Read the object in an answer, whatever stands around it."""
    try:
        found, _ = json.JSONDecoder().raw_decode(answer[max(0, answer.find("{")) :])
        return _Answer.model_validate(found)
    except (ValueError, ValidationError, RecursionError):
        return None
