"""The platforms that Lossy can post to: one file each, and one for pages that nobody knows."""

from lossy.automation.contract import Adapter
from lossy.automation.platforms.generic import GenericAdapter

_GENERIC = GenericAdapter()
_KNOWN: dict[str, Adapter] = {}


def adapter_for(platform: str) -> Adapter:
    """Give the adapter of a platform; pages without one of their own are read by names and roles."""
    return _KNOWN.get(platform, _GENERIC)
