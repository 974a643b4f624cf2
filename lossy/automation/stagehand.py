"""Stagehand: finds elements of a page by what they are for, with a model of our own endpoint.

It is let do no more than that, since a model that reads a foreign page does what the page tells it: it observes, and
what it gives are places on the page, to be checked by whoever asked. It needs a Chromium with a debugging port, and
sees of it the default context alone, and there the pages that were opened after it came.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lossy.errors import LossyError
from lossy.inference.chat_model import ChatModel, ModelFailed

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Page
    from stagehand import LLMGenerateInput, LLMGenerateOutput, LLMStructuredGenerateParams, Stagehand
    from stagehand import Page as SeenPage

SWITCHES = ("--remote-allow-origins=*", "--enable-unsafe-extension-debugging")
"""What a Chromium has to be started with beside its debugging port, and without `--disable-extensions`."""
MOST_ELEMENTS = 5
MOST_CHARACTERS = 300_000
"""Of a page's text that a model is sent."""


class Pointer:
    """Points at elements of a page. It is asked in plain words, and the model a bounded number of times."""

    def __init__(self, stagehand: "Stagehand", questions: "Questions") -> None:
        self._stagehand = stagehand
        self._questions = questions

    async def point(self, page: "Page", what: str) -> "list[ElementHandle]":
        """Give what could be meant, likeliest first, without what lies in frames. Raises ModelFailed."""
        try:
            observed = await self._stagehand.observe(what, page=await self._seen(page))
        except Exception as error:  # Stagehand tells a failed question as a failure of its own
            raise self._questions.problem or error from error
        found = [await page.query_selector(each.selector) for each in observed.data[:MOST_ELEMENTS]]
        return [element for element in found if element is not None]

    async def _seen(self, page: "Page") -> "SeenPage":
        session = await page.context.new_cdp_session(page)
        target = (await session.send("Target.getTargetInfo"))["targetInfo"]["targetId"]
        await session.detach()
        pages = await self._stagehand.browser.context.pages()
        return next(each for each in pages if each.page_id == target)


class Questions:
    """The model as Stagehand asks it: for objects alone, and not too often."""

    def __init__(self, model: ChatModel, most: int) -> None:
        self.problem: LossyError | None = None
        """What went wrong last."""
        self._model = model
        self._left = most

    async def answer(self, wanted: "LLMGenerateInput") -> "LLMGenerateOutput":
        """Answer one question. Raises ModelFailed."""
        from stagehand import LLMStructuredGenerateParams, LLMStructuredGenerateResult  # noqa: PLC0415 -- used by few

        try:
            if not isinstance(wanted, LLMStructuredGenerateParams):
                raise ModelFailed("Something else than an object was asked of the model.")
            text = await self._ask(wanted)
            answer = {"role": "assistant", "content": {"type": "text", "text": text}, "output_format": "json_schema"}
            return LLMStructuredGenerateResult.model_validate({**answer, "structured_content": _object(text)})
        except LossyError as problem:
            self.problem = problem
            raise

    async def _ask(self, wanted: "LLMStructuredGenerateParams") -> str:
        self._left -= 1
        if self._left < 0:
            raise ModelFailed("The model was asked too often about one page.")
        described = wanted.model_dump(mode="json", by_alias=True, exclude_none=True)
        form, told = described["response_format"], described.get("system_prompt", "")
        told += f"\nAnswer with one JSON object of this schema, and nothing else: {json.dumps(form['schema'])}"
        data = [_text(message["content"]) for message in described["messages"]]
        if sum(map(len, data)) > MOST_CHARACTERS:
            raise ModelFailed("The page has more text than a model is sent.")
        return await self._model.answer(told, data, form["name"], form["schema"])


@asynccontextmanager
async def pointing(address: str, model: ChatModel, most_questions: int) -> AsyncIterator[Pointer]:
    """Join the browser at a debugging address until the block ends; the browser goes on."""
    from stagehand import Stagehand, local_browser  # noqa: PLC0415

    questions = Questions(model, most_questions)
    browser = await local_browser.connect(cdp_url=address)
    stagehand = await Stagehand.create(
        browser=browser, model=questions.answer, self_heal=False, cache=False, logging={"level": "off"}
    )
    try:
        yield Pointer(stagehand, questions)
    finally:
        await stagehand.close()


def _text(content: Any) -> str:
    blocks = content if isinstance(content, list) else [content]
    return "\n".join(block.get("text", "") for block in blocks)


def _object(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text[max(0, text.find("{")) :])[0]
    except (ValueError, RecursionError) as error:
        raise ModelFailed("The model answered with something that is no object.") from error
