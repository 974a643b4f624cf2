"""Structuring by a language model behind any OpenAI-compatible chat endpoint.

The model answers one question by schema and gets no tools. Its answer is foreign text: it is read up to a limit,
validated, and refused whole if anything about it is off; the caller then has the rules' note. One deadline covers
connecting, retrying and streaming together, because a reviewer waits.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from lossy.errors import LossyError
from lossy.events import Category
from lossy.inference.checker import keeps_the_facts
from lossy.inference.notes import MAX_NOTE_CHARACTERS, NO_CONTEXT, NoteContext, OnDelta, StructuredNote
from lossy.inference.prompts import NOTE_INSTRUCTIONS, NOTE_SCHEMA, REFINE_INSTRUCTIONS, REPAIR, note_data
from lossy.inference.rules import clean
from lossy.inference.speech import Transcript

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionContentPartParam, ChatCompletionMessageParam
    from openai.types.shared_params import ResponseFormatJSONSchema

MAX_ANSWER_CHARACTERS = 4_000
MAX_RETRIES = 2


class StructuringFailed(LossyError):
    """The model gave no answer that can be used."""

    code: ClassVar[str] = "structuring_failed"


class _Answer(BaseModel):
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_CHARACTERS)]
    category: Category
    confidence: Annotated[float, Field(ge=0, le=1)]


def load_library() -> None:
    """Import what all models behind an address are asked with: seconds at first, so do it in a thread at the start."""
    import openai  # noqa: F401, PLC0415


class ChatStructurer:
    """Structures with one model of one endpoint."""

    def __init__(
        self, model: str, *, api_key: str | None = None, base_url: str | None = None, timeout_seconds: float = 30.0
    ) -> None:
        self._model = model
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._client: AsyncOpenAI | None = None
        self._knows_schemas = True

    async def structure(
        self, transcript: Transcript, context: NoteContext = NO_CONTEXT, *, on_delta: OnDelta | None = None
    ) -> StructuredNote:
        """Return the model's note; `on_delta` is told its JSON as it comes. Raises StructuringFailed.

        An answer that is no note is sent back once. One that lost or made up a number or a "not" gives way to the
        reviewer's own words.
        """
        async with self._bounded():
            answer = await self._answer(NOTE_INSTRUCTIONS, note_data(transcript.text, context), on_delta)
        text = " ".join(answer.note.split())
        if not keeps_the_facts(transcript.text, text):
            text = clean(transcript.text)
        return StructuredNote(text, answer.category, transcript.confidence * answer.confidence, self._model)

    async def refine(self, note: str, webp: bytes) -> StructuredNote:
        """Return a note made more exact by a picture of the video, with the note's own facts. Raises StructuringFailed.

        Numbers, times and negations stay what they were, else the answer is refused.
        """
        picture = f"data:image/webp;base64,{b64encode(webp).decode()}"
        shown: list[ChatCompletionContentPartParam] = [
            {"type": "text", "text": json.dumps({"note": note}, ensure_ascii=False)},
            {"type": "image_url", "image_url": {"url": picture}},
        ]
        async with self._bounded():
            answer = await self._answer(REFINE_INSTRUCTIONS, shown, None)
        text = " ".join(answer.note.split())
        if not keeps_the_facts(note, text):
            raise StructuringFailed(f"The model {self._model} changed what the note says. It stays as it was.")
        return StructuredNote(text, answer.category, answer.confidence, self._model)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Hold everything to one deadline, and say in words what went wrong with the endpoint."""
        import openai  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except (TimeoutError, openai.APITimeoutError) as error:
            raise StructuringFailed(f"The model {self._model} did not answer in time.") from error
        except openai.RateLimitError as error:
            raise StructuringFailed(f"The model {self._model} has too much to do or its quota is spent.") from error
        except openai.AuthenticationError as error:
            raise StructuringFailed("The model's endpoint refused the key: check OPENAI_API_KEY.") from error
        except (openai.OpenAIError, ValueError) as error:
            # The library lets a broken event's JSON error through as it is.
            raise StructuringFailed(f"The model {self._model} can't be reached or broke off.") from error

    async def _answer(
        self, instructions: str, data: "str | list[ChatCompletionContentPartParam]", on_delta: OnDelta | None
    ) -> _Answer:
        asked: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": data},
        ]
        answer = await self._ask(asked, on_delta)
        read = _read_note(answer)
        if read is None:
            asked += [{"role": "assistant", "content": answer}, {"role": "user", "content": REPAIR}]
            read = _read_note(await self._ask(asked, on_delta))
        if read is None:
            raise StructuringFailed(f"The model {self._model} answered with something that is no note.")
        return read

    async def _ask(self, asked: "list[ChatCompletionMessageParam]", on_delta: OnDelta | None) -> str:
        import openai  # noqa: PLC0415

        schema: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": "note", "strict": True, "schema": NOTE_SCHEMA},
        }
        try:
            stream = await self._connected().chat.completions.create(
                model=self._model,
                messages=asked,
                response_format=schema if self._knows_schemas else openai.omit,
                stream=True,
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            if not self._knows_schemas:
                raise
            self._knows_schemas = False  # some servers refuse what they do not know; the prompt says it too
            return await self._ask(asked, on_delta)
        async with stream:
            return await self._read(stream, on_delta)

    async def _read(self, stream: "AsyncStream[ChatCompletionChunk]", on_delta: OnDelta | None) -> str:
        answer, finish = "", None
        async for chunk in stream:
            for choice in chunk.choices[:1]:
                if choice.delta.refusal:
                    raise StructuringFailed(f"The model {self._model} refused to answer.")
                piece = choice.delta.content or ""
                answer += piece
                finish = choice.finish_reason or finish
                if piece and on_delta is not None:
                    on_delta(piece)
            if len(answer) > MAX_ANSWER_CHARACTERS:
                raise StructuringFailed(f"The model {self._model} answered at too great length.")
        if finish != "stop":
            raise StructuringFailed(f"The answer of the model {self._model} was cut off.")
        return answer

    def _connected(self) -> "AsyncOpenAI":
        if self._client is None:
            from openai import AsyncOpenAI  # noqa: PLC0415

            self._client = AsyncOpenAI(
                api_key=self._api_key or "none",
                base_url=self._base_url,
                timeout=self._timeout_seconds,
                max_retries=MAX_RETRIES,
            )
        return self._client


def _read_note(answer: str) -> _Answer | None:
    """Read the object in an answer, whatever stands around it."""
    try:
        found, _ = json.JSONDecoder().raw_decode(answer[max(0, answer.find("{")) :])
        return _Answer.model_validate(found)
    except (ValueError, ValidationError, RecursionError):
        return None
