"""Structuring by a language model behind any OpenAI-compatible chat endpoint.

The model answers one question by schema and gets no tools. Its answer is foreign text: it is read up to a limit,
validated, and refused whole if anything about it is off; the caller then has the rules' note. One deadline covers
connecting, retrying and streaming together, because a reviewer waits.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from lossy.errors import LossyError
from lossy.events import Category
from lossy.inference.notes import MAX_NOTE_CHARACTERS, OnDelta, StructuredNote
from lossy.inference.prompts import NOTE_INSTRUCTIONS, NOTE_SCHEMA, note_data
from lossy.inference.speech import Transcript

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

MAX_ANSWER_CHARACTERS = 4_000
MAX_RETRIES = 2


class StructuringFailed(LossyError):
    """The model gave no answer that can be used."""

    code: ClassVar[str] = "structuring_failed"


class _Answer(BaseModel):
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_CHARACTERS)]
    category: Category
    confidence: Annotated[float, Field(ge=0, le=1)]


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

    async def structure(self, transcript: Transcript, *, on_delta: OnDelta | None = None) -> StructuredNote:
        """Return the model's note; `on_delta` is told its JSON as it comes. Raises StructuringFailed."""
        import openai  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._ask(transcript.text, on_delta)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise StructuringFailed(f"The model {self._model} did not answer in time.") from error
        except openai.RateLimitError as error:
            raise StructuringFailed(f"The model {self._model} has too much to do or its quota is spent.") from error
        except openai.AuthenticationError as error:
            raise StructuringFailed("The model's endpoint refused the key: check OPENAI_API_KEY.") from error
        except (openai.OpenAIError, ValueError) as error:
            # The library lets a broken event's JSON error through as it is.
            raise StructuringFailed(f"The model {self._model} can't be reached or broke off.") from error
        return self._note(answer, transcript)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _ask(self, text: str, on_delta: OnDelta | None) -> str:
        stream = await self._connected().chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": NOTE_INSTRUCTIONS},
                {"role": "user", "content": note_data(text)},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "note", "strict": True, "schema": NOTE_SCHEMA},
            },
            stream=True,
        )
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

    def _note(self, answer: str, transcript: Transcript) -> StructuredNote:
        try:
            read = _Answer.model_validate_json(answer)
        except ValidationError as error:
            raise StructuringFailed(f"The model {self._model} answered with something that is no note.") from error
        text = " ".join(read.note.split())
        return StructuredNote(text, read.category, transcript.confidence * read.confidence, self._model)
