"""The platforms that Lossy can post to: one file each, and one for pages that nobody knows."""

from lossy.automation.contract import Adapter
from lossy.automation.platforms.air import Air
from lossy.automation.platforms.frameio import FrameIo
from lossy.automation.platforms.generic import GenericAdapter
from lossy.automation.platforms.iconik import Iconik
from lossy.automation.platforms.mediacms import MediaCms
from lossy.automation.platforms.peertube import PeerTube
from lossy.automation.platforms.vimeo import Vimeo
from lossy.automation.platforms.youtube import YouTube

_GENERIC = GenericAdapter()
KNOWN: dict[str, Adapter] = {
    adapter.platform: adapter for adapter in (YouTube(), Vimeo(), FrameIo(), Air(), Iconik(), PeerTube(), MediaCms())
}


def adapter_for(platform: str) -> Adapter:
    """Give the adapter of a platform; pages without one of their own are read by names and roles."""
    return KNOWN.get(platform, _GENERIC)
