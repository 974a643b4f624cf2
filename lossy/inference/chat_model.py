"""One model behind any OpenAI-compatible chat endpoint, asked for an object of a schema.

It gets no tools. Its answer is foreign text: it is read up to a limit, and refused whole if it was cut off. One
deadline covers connecting, retrying and streaming together, because somebody waits.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from lossy.errors import LossyError
from lossy.inference.notes import OnDelta

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
    from openai.types.shared_params import ResponseFormatJSONSchema

MAX_ANSWER_CHARACTERS = 4_000
MAX_RETRIES = 2


class ModelFailed(LossyError):
    """The model gave no answer that can be used."""

    code: ClassVar[str] = "model_failed"


def load_library() -> None:
    """Import what all models behind an address are asked with: seconds at first, so do it in a thread at the start."""
    import openai  # noqa: F401, PLC0415


class ChatModel:
    """One model of one endpoint."""

    def __init__(
        self, name: str, *, api_key: str | None = None, base_url: str | None = None, timeout_seconds: float = 30.0
    ) -> None:
        self.name = name
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._client: AsyncOpenAI | None = None
        self._knows_schemas = True

    async def answer(self, instructions: str, data: Sequence[str], name: str, schema: dict[str, Any]) -> str:
        """Answer one question about data, within the deadline. Raises ModelFailed."""
        asked: list[ChatCompletionMessageParam] = [{"role": "system", "content": instructions}]
        asked += [{"role": "user", "content": each} for each in data]
        async with self.bounded():
            return await self.ask(asked, name, schema)

    @asynccontextmanager
    async def bounded(self) -> AsyncIterator[None]:
        """Hold everything to one deadline, and say in words what went wrong with the endpoint. Raises ModelFailed."""
        import openai  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ModelFailed(f"The model {self.name} did not answer in time.") from error
        except openai.RateLimitError as error:
            raise ModelFailed(f"The model {self.name} has too much to do or its quota is spent.") from error
        except openai.AuthenticationError as error:
            raise ModelFailed("The model's endpoint refused the key: check OPENAI_API_KEY.") from error
        except (openai.OpenAIError, ValueError) as error:
            # The library lets a broken event's JSON error through as it is.
            raise ModelFailed(f"The model {self.name} can't be reached or broke off.") from error

    async def ask(
        self,
        asked: "list[ChatCompletionMessageParam]",
        name: str,
        schema: dict[str, Any],
        on_delta: OnDelta | None = None,
    ) -> str:
        """Give the answer's text; `on_delta` is told it as it comes. Call it within `bounded`."""
        import openai  # noqa: PLC0415

        wanted: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": name, "strict": True, "schema": schema},
        }
        try:
            stream = await self._connected().chat.completions.create(
                model=self.name,
                messages=asked,
                response_format=wanted if self._knows_schemas else openai.omit,
                stream=True,
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            if not self._knows_schemas:
                raise
            self._knows_schemas = False  # some servers refuse what they do not know; the prompt says it too
            return await self.ask(asked, name, schema, on_delta)
        async with stream:
            return await self._read(stream, on_delta)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _read(self, stream: "AsyncStream[ChatCompletionChunk]", on_delta: OnDelta | None) -> str:
        answer, finish = "", None
        async for chunk in stream:
            for choice in chunk.choices[:1]:
                if choice.delta.refusal:
                    raise ModelFailed(f"The model {self.name} refused to answer.")
                piece = choice.delta.content or ""
                answer += piece
                finish = choice.finish_reason or finish
                if piece and on_delta is not None:
                    on_delta(piece)
            if len(answer) > MAX_ANSWER_CHARACTERS:
                raise ModelFailed(f"The model {self.name} answered at too great length.")
        if finish != "stop":
            raise ModelFailed(f"The answer of the model {self.name} was cut off.")
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
