"""The player, and the strip that shows the whole video with its notes."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class Player(ui.element, component="player.js"):
    """Plays a URL, a local file that the reviewer points at, or the sample; emits `poster` {picture}.

    `context` is the protocol's VideoContext; `wanted` names a local file by size and hash; `narration` is spoken by
    itself while the video runs.
    """

    def __init__(
        self,
        *,
        context: dict[str, Any],
        options: dict[str, Any],
        source: str | None,
        title: str,
        narration: str | None,
        wanted: dict[str, Any] | None,
        on: Mapping[str, Handler],
    ) -> None:
        super().__init__()
        self.props["context"] = context
        self.props["options"] = options
        self.props["source"] = source
        self.props["title"] = title
        self.props["narration"] = narration
        self.props["wanted"] = wanted
        listen(self, on)


class TimelineStrip(ui.element, component="timeline_strip.js"):
    """Markers of the page's notes, and the playhead."""
