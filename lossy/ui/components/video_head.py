"""What a panel shows above everything: the video, where it is, how many notes, and whether the line is up."""

import base64
from urllib.parse import urlsplit

from nicegui import ui

from lossy.db.models import Video

_PLACES = {"local": "A file on this machine", "sample": "The sample review", "youtube": "YouTube", "vimeo": "Vimeo"}


class VideoHead(ui.element, component="video_head.js"):
    """The notes and the position that it counts are the page's review's own."""

    def __init__(self, video: Video, *, counts_notes: bool = True) -> None:
        super().__init__()
        self.props["countsNotes"] = counts_notes
        self.props["title"] = video.title
        self.props["place"] = place_of(video)
        self.props["seconds"] = video.duration_seconds or 0
        if video.thumbnail:
            self.props["picture"] = f"data:image/webp;base64,{base64.b64encode(video.thumbnail).decode()}"


def place_of(video: Video) -> str:
    """Name the platform of a video, or the site that it is on."""
    return _PLACES.get(video.platform) or urlsplit(video.url or "").hostname or video.platform
