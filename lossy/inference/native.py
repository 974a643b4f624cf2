"""Recognition on this machine: which model answers, and how another one comes to.

There is always one that answers. It is the demo's model until the one that was asked for is loaded, and stays the
demo's if that can't be had; `status` says so in words, and every change of it is told.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lossy.errors import LossyError
from lossy.inference.calibration import AUTO_MODEL, pick_model, remembered_choice
from lossy.inference.fetching import fetch_model
from lossy.inference.models import DEMO_DIRECTORY, DEMO_MODEL, find_model
from lossy.inference.speech import Pcm, Transcript
from lossy.inference.whisper import WhisperTranscriber


class Phase(StrEnum):
    """Where the model that was asked for stands."""

    READY = "ready"
    FETCHING = "fetching"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class RecogniserStatus:
    """Which model answers now, and what becomes of the one that was asked for."""

    model: str
    engine: str
    phase: Phase
    progress: float
    """0 to 1, of the fetch."""
    message: str
    """For people; empty if there is nothing to say."""

    @property
    def is_demo(self) -> bool:
        """Whether the demo's model answers, which does not understand people."""
        return self.model == DEMO_MODEL


OnChange = Callable[[RecogniserStatus], None]

DEMO_LIMITS = "It understands the demo's voice only."
MEANWHILE = "The demo's answers meanwhile, which understands the demo's voice only."


class NativeRecogniser:
    """Transcribes with the best model there is; the demo's to begin with."""

    def __init__(
        self,
        models_directory: Path,
        *,
        demo_directory: Path = DEMO_DIRECTORY,
        hub_endpoint: str | None = None,
        hub_reach_seconds: float = 10.0,
    ) -> None:
        self._models_directory = models_directory
        self._hub_endpoint = hub_endpoint
        self._hub_reach_seconds = hub_reach_seconds
        self._active = WhisperTranscriber(demo_directory, DEMO_MODEL)
        self._on_change: OnChange | None = None
        self._background: asyncio.Task[None] | None = None
        self._status = self._describe(Phase.READY, 1.0, "The demo's speech model answers. " + DEMO_LIMITS)

    engine = "native"

    @property
    def model(self) -> str:
        """The model that answers now."""
        return self._active.model

    @property
    def status(self) -> RecogniserStatus:
        """What is so now."""
        return self._status

    async def start(self, model_setting: str, on_change: OnChange | None = None) -> None:
        """Load the model of a name or directory; `demo` is one, `auto` means the best this machine is fast enough for.

        Returns when a model that is on this machine is loaded (a second or so, and some more to find out which); one
        that is not is fetched in the background while the demo's answers. A failure is no error here: it is in
        `status`.
        """
        self._on_change = on_change
        if model_setting == AUTO_MODEL and remembered_choice(self._models_directory) is None:
            self._change(Phase.FETCHING, 0.0, f"Finding out which speech model suits this machine. {MEANWHILE}")
        model_setting = await pick_model(model_setting, self._models_directory)
        directory = find_model(model_setting, self._models_directory)
        if directory is None:
            self._background = asyncio.create_task(self._fetch(model_setting), name="fetch speech model")
        else:
            await self._use(directory, model_setting)

    async def settled(self) -> RecogniserStatus:
        """Wait until the model that was asked for answers, or can't be had."""
        if self._background is not None:
            await asyncio.wait([self._background])
        return self._status

    async def transcribe(self, pcm: Pcm) -> Transcript:
        """Decode a whole utterance of 16 kHz mono PCM16 with the model that is active now.

        Raises RecognitionFailed if that broke, RecognitionUnavailable if the model can't be loaded.
        """
        return await self._active.transcribe(pcm)

    async def transcribe_partial(self, pcm: Pcm) -> str | None:
        """Decode the words of an utterance that goes on; None if the recogniser has better to do."""
        return await self._active.transcribe_partial(pcm)

    async def aclose(self) -> None:
        """Stop fetching and let the decodes in progress end."""
        if self._background is not None:
            self._background.cancel()
            await asyncio.gather(self._background, return_exceptions=True)
        await self._active.aclose()

    async def _fetch(self, name: str) -> None:
        self._change(Phase.FETCHING, 0.0, f"Fetching the speech model {name}. {MEANWHILE}")
        try:
            directory = await fetch_model(
                name,
                self._models_directory,
                self._tell_progress(name),
                endpoint=self._hub_endpoint,
                reach_seconds=self._hub_reach_seconds,
            )
        except LossyError as error:
            self._change(Phase.UNAVAILABLE, 0.0, f"{error.message} The demo's model answers. {DEMO_LIMITS}")
        else:
            await self._use(directory, name)

    async def _use(self, directory: Path, setting: str) -> None:
        model = setting if setting == DEMO_MODEL else directory.name
        candidate = self._active if model == DEMO_MODEL else WhisperTranscriber(directory, model)
        try:
            await candidate.warm_up()
        except LossyError as error:
            if candidate is not self._active:
                await candidate.aclose()
            self._change(Phase.UNAVAILABLE, 0.0, f"{error.message} The demo's model answers. {DEMO_LIMITS}")
            return
        replaced, self._active = self._active, candidate
        said = f"The demo's speech model answers. {DEMO_LIMITS}" if model == DEMO_MODEL else ""
        self._change(Phase.READY, 1.0, said)
        if replaced is not candidate:
            await replaced.aclose()

    def _tell_progress(self, name: str) -> Callable[[int, int], None]:
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            percent = 100 * done // total
            if percent > told:
                told = percent
                size = f"{total / 1e6:.0f} MB"
                self._change(
                    Phase.FETCHING,
                    done / total,
                    f"Fetching the speech model {name} ({size}), {percent} %. {MEANWHILE}",
                )

        return tell

    def _change(self, phase: Phase, progress: float, message: str) -> None:
        self._status = self._describe(phase, progress, message)
        if self._on_change is not None:
            self._on_change(self._status)

    def _describe(self, phase: Phase, progress: float, message: str) -> RecogniserStatus:
        return RecogniserStatus(self._active.model, self._active.engine, phase, progress, message)
