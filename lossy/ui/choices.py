"""What a reviewer chose, with its defaults; kept with the account, so every browser of theirs agrees."""

from dataclasses import dataclass, fields
from typing import Any

from lossy.agent.auto_post import DEFAULT_ABOVE, threshold
from lossy.db.models import RecordingMode
from lossy.inference.speech import EngineChoice

SENSITIVITIES = ("quiet", "noisy", "soft")
"""A quiet room, a noisy one, somebody who speaks softly."""


@dataclass(frozen=True)
class Choices:
    """Settings of the review page. The three of the microphone are the browser's own constraints."""

    mode: str = RecordingMode.ONE_NOTE.value
    engine: str = EngineChoice.AUTO.value
    sensitivity: str = SENSITIVITIES[0]
    """What the extension takes for speech: a preset of its hands-free listening."""
    audio_fallback: bool = False
    """Whether audio may come to the server where a browser that should recognise it can't."""
    auto_pause: bool = True
    keep_frames: bool = False
    """Whether the extension may take pictures of the moments that are spoken about."""
    report_health: bool = False
    """Whether the extension may tell how it fares: counts and times, no words."""
    auto_post: bool = False
    auto_post_above: float = DEFAULT_ABOVE
    """Notes that are posted by themselves are surer than this."""
    vision_consent: bool = False
    """Whether a model may see pictures of the video, when the reviewer asks for it."""
    echo_cancellation: bool = False
    noise_suppression: bool = False
    auto_gain_control: bool = False

    @classmethod
    def read(cls, values: dict[str, Any]) -> "Choices":
        """Take what is known and of the right kind; anything else stays at its default."""
        known = {f.name: values[f.name] for f in fields(cls) if isinstance(values.get(f.name), type(f.default))}
        if known.get("mode") not in {mode.value for mode in RecordingMode}:
            known.pop("mode", None)
        if known.get("sensitivity") not in SENSITIVITIES:
            known.pop("sensitivity", None)
        known["auto_post_above"] = threshold(values)
        known["engine"] = EngineChoice.read(known.get("engine")).value
        return cls(**known)

    def for_browser(self) -> dict[str, Any]:
        """Write what the page's recorder and player need."""
        return {
            "autoPause": self.auto_pause,
            "constraints": {
                "echoCancellation": self.echo_cancellation,
                "noiseSuppression": self.noise_suppression,
                "autoGainControl": self.auto_gain_control,
            },
        }
