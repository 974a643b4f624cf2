"""The settings page: account, recognition, microphone, review, look."""

from functools import partial

from nicegui import ui

from lossy.agent.core import Core
from lossy.agent.reaction import CORRECTIONS, learnt_lag
from lossy.bus import Missed
from lossy.db import notes, users
from lossy.db.models import RecordingMode
from lossy.events import Event, RecogniserChanged
from lossy.inference.cloud import CloudTranscriber
from lossy.inference.native import RecogniserStatus
from lossy.inference.speech import EngineChoice
from lossy.ui.choices import Choices
from lossy.ui.components.basics import Select, Switch, Text
from lossy.ui.components.sign_in import AccountForm, ThemeChoice
from lossy.ui.page import Page

_SWITCHES = {
    "auto_pause": ("Pause the video while I speak", "It goes on when the microphone is off, if Lossy paused it."),
    "keep_frames": (
        "Keep pictures of the moments I speak about",
        "The extension takes one as you begin to speak. They are kept on this server, and nobody else sees them.",
    ),
}
_HEALTH = {
    "report_health": (
        "Tell this server how the extension fares",
        "Lost connections, dropped pictures and how long recognition takes: counts and times, no words.",
    ),
}
_POSTING = {
    "auto_post": (
        "Post my notes by themselves",
        "A spoken note is posted under its video when its three seconds are over, unless you scratch it before.",
    ),
}
_SURENESS = {"0.7": "Lossy is sure (over 70 %)", "0.8": "Surer (over 80 %)", "0.9": "Very sure (over 90 %)"}
_MICROPHONE = {
    "echo_cancellation": ("Echo cancellation", "Switch on if the video plays on loudspeakers."),
    "noise_suppression": ("Noise suppression", "Switch on in a loud room. It can cost the first sounds of a word."),
    "auto_gain_control": ("Automatic level", "Switch on for a quiet microphone."),
}
_VISION = {
    "vision_consent": (
        "Refine notes with the picture",
        "A note then has a button for it. Only when you press it, one picture of the video and the note go to a model.",
    ),
}
_ENGINES = {
    EngineChoice.AUTO.value: "This server, else the cloud",
    EngineChoice.SERVER.value: "This server only",
    EngineChoice.CLOUD.value: "The cloud, else this server",
    EngineChoice.BROWSER.value: "The browser, with the extension",
}
_ENGINES_WITHOUT_CLOUD = {
    EngineChoice.AUTO.value: "This server",
    EngineChoice.BROWSER.value: "The browser, with the extension",
}
_FALLBACK = {
    "audio_fallback": (
        "Let the audio come here when the browser can't recognise it",
        "Otherwise what the browser can't recognise stays with it until it can.",
    ),
}


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/settings")
    def settings_page() -> None:
        Page(core, "settings", "Settings", SettingsView)


class SettingsView:
    """What can be chosen, and what is so."""

    async def build(self, page: Page) -> None:
        """Build the sections."""
        self._page = page
        async with page.core.database.read() as db:
            choices = Choices.read(await users.settings_of(db, page.identity.user_id))
            corrections = await notes.asked_lags(db, page.identity.user_id, CORRECTIONS)
        page.pump.listen(self._hear)
        with ui.element("div").classes("settings"):
            Text("Settings", "h1")
            with _section("Review"):
                self._switches(_SWITCHES, choices)
                self._hands_free(choices)
                _reaction(corrections)
            with _section("Recognition", "recognition"):
                self._engine = ui.element("div").classes("stack")
                self._show_engine(page.core.recogniser.status)
                self._engines(page.core.recogniser.cloud, choices)
                self._switches(_FALLBACK, choices)
                if page.core.frames.can_refine:
                    self._switches(_VISION, choices)
            with _section("Microphone"):
                Text("Recognition works best with the bare signal, so these are off.", "p", "muted")
                self._switches(_MICROPHONE, choices)
                self._switches(_HEALTH, choices)
            with _section("Posting", "posting"):
                self._switches(_POSTING, choices)
                self._sureness(choices)
            with _section("Look"), _choice("Theme", "Follows your system unless you choose. Kept in this browser."):
                ThemeChoice()
            with _section("Account"):
                Text(page.identity.email, "p", "muted")
                AccountForm()

    def close(self, page: Page) -> None:
        """Stop following."""
        page.pump.forget(self._hear)

    def _switches(self, rows: dict[str, tuple[str, str]], choices: Choices) -> None:
        for name, (label, text) in rows.items():
            with _choice(label, text):
                Switch(label, bool(getattr(choices, name)), partial(self._choose, name))

    def _hands_free(self, choices: Choices) -> None:
        text = "The microphone stays open until you switch it off, and several notes may come from it."
        with _choice("Hands-free", text):
            is_on = choices.mode == RecordingMode.HANDS_FREE.value
            modes = {True: RecordingMode.HANDS_FREE.value, False: RecordingMode.ONE_NOTE.value}
            Switch("Hands-free", is_on, lambda on: self._choose("mode", modes[on]))

    def _engines(self, cloud: CloudTranscriber | None, choices: Choices) -> None:
        text = "Where the browser does it, your voice does not leave it; these pages have no recognition of their own."
        if cloud is not None:
            text = f"The cloud is “{cloud.model}”. What you say goes there only when it is asked. {text}"
        engines = _ENGINES_WITHOUT_CLOUD if cloud is None else _ENGINES
        chosen = choices.engine if choices.engine in engines else EngineChoice.AUTO.value
        with _choice("Who recognises speech", text):
            change = partial(self._choose, "engine")
            Select("Who recognises speech", engines, chosen, change)

    def _sureness(self, choices: Choices) -> None:
        chosen = str(choices.auto_post_above)
        with _choice("How sure of a note", "Others wait for your word, and so do typed notes."):
            Select(
                "How sure of a note",
                _SURENESS if chosen in _SURENESS else {chosen: f"Over {choices.auto_post_above:.0%}", **_SURENESS},
                chosen,
                lambda value: self._choose("auto_post_above", float(value)),
            )

    async def _choose(self, name: str, value: bool | str | float) -> None:
        async with self._page.core.database.write() as db:
            await users.change_settings(db, self._page.identity.user_id, {name: value})

    def _hear(self, batch: list[Event | Missed]) -> None:
        if any(isinstance(item, RecogniserChanged) for item in batch):
            self._show_engine(self._page.core.recogniser.status)

    def _show_engine(self, status: RecogniserStatus) -> None:
        self._engine.clear()
        with self._engine:
            with ui.element("div").classes("engine"):
                Text(status.model, "span", "name")
                if status.is_demo:
                    Text("demo recogniser", "span", "tag")
                Text(f"on this server, {status.engine}", "span", "small muted")
            if status.message:
                Text(status.message, "p", "muted")
            if status.phase == "fetching":
                with ui.element("div").classes("fetch"):
                    ui.element("i").style(f"width: {100 * status.progress:.0f}%")


def _reaction(corrections: list[float]) -> None:
    learnt = f"Learnt from {len(corrections)} notes whose time you changed." if corrections else "Nothing learnt yet."
    text = f"A note stands this long before your first word, when you saw the thing. {learnt}"
    with _choice("Reaction time", text):
        Text(f"{learnt_lag(corrections):.1f} s", "span", "mono")


def _section(title: str, anchor: str = "") -> ui.element:
    section = ui.element("section")
    if anchor:
        section.props["id"] = anchor
    with section:
        Text(title, "h2")
    return section


def _choice(label: str, text: str) -> ui.element:
    row = ui.element("div").classes("choice")
    with row, ui.element("div").classes("grow"):
        Text(label, "div")
        Text(text)
    return row
