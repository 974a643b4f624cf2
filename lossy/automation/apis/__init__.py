"""The platforms' APIs, one file each. Where somebody connected one, nothing is posted in a browser."""

from collections.abc import Callable

from pydantic import SecretStr

from lossy.automation.apis.base import PlatformApi
from lossy.automation.apis.frameio import FrameIoApi
from lossy.automation.apis.mediacms import MediaCmsApi
from lossy.automation.apis.peertube import PeerTubeApi
from lossy.automation.apis.vimeo import VimeoApi
from lossy.automation.apis.youtube import YouTubeApi
from lossy.settings import Settings

Apis = dict[str, PlatformApi]
"""By platform."""


def make_apis(settings: Settings) -> Apis:
    """Give those that this server can use: of servers that anybody runs, and where Lossy is registered."""
    registered: tuple[tuple[Callable[[str, str], PlatformApi], str | None, SecretStr | None], ...] = (
        (YouTubeApi, settings.youtube_client_id, settings.youtube_client_secret),
        (VimeoApi, settings.vimeo_client_id, settings.vimeo_client_secret),
        (FrameIoApi, settings.frameio_client_id, settings.frameio_client_secret),
    )
    known = [make(name, secret.get_secret_value()) for make, name, secret in registered if name and secret]
    return {api.platform: api for api in (PeerTubeApi(), MediaCmsApi(), *known)}
