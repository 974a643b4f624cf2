"""What a reviewer names a video by → (platform, the platform's own id, an address to open).

Two addresses of the same video give the same identity, so that its notes are found again.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lossy.errors import InvalidInput

MAX_URL_CHARACTERS = 2048
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|si|feature", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_YOUTUBE_HOST = re.compile(r"(?:(?:www|m|music)\.)?youtube(?:-nocookie)?\.com")
_YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live)/([^/]*)/?")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SAMPLE_URL = "lossy:sample"
SAMPLE_TITLE = "Harbour at dusk"


@dataclass(frozen=True)
class VideoIdentity:
    """What makes a video the same one."""

    platform: str
    external_id: str
    url: str | None


def identify_url(url: str) -> VideoIdentity:
    """Tell which video an http(s) address names, or raise `InvalidInput` in the user's words."""
    address = url.strip()
    if address == SAMPLE_URL:
        return VideoIdentity("sample", "harbour", None)
    if len(address) > MAX_URL_CHARACTERS:
        raise InvalidInput(f"This address is longer than {MAX_URL_CHARACTERS} characters.")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput("This is not a valid address.") from error
    if parts.scheme not in _DEFAULT_PORTS or not host or any(c.isspace() for c in address):
        raise InvalidInput("A video's address must begin with http:// or https://.")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0]))
    youtube = _youtube_id(host, parts.path, dict(query))
    if youtube:
        return VideoIdentity("youtube", youtube, f"https://www.youtube.com/watch?v={youtube}")
    place = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        place += f":{port}"
    canonical = urlunsplit((parts.scheme, place, parts.path or "/", urlencode(query), ""))
    return VideoIdentity("web", canonical, canonical)


def _youtube_id(host: str, path: str, query: dict[str, str]) -> str | None:
    named = None
    if host == "youtu.be":
        named = path.strip("/").partition("/")[0]
    elif _YOUTUBE_HOST.fullmatch(host):
        within = _YOUTUBE_PATH.fullmatch(path)
        named = within[1] if within else query.get("v") if path == "/watch" else None
    return named if named and _YOUTUBE_ID.fullmatch(named) else None


def local_file_identity(size_bytes: int, sha256: str) -> VideoIdentity:
    """Tell which local file it is, from its size and hash; the file itself stays where it is."""
    digest = sha256.lower()
    if size_bytes <= 0 or len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise InvalidInput("A local file is named by its size and its SHA-256.")
    return VideoIdentity("local", f"{size_bytes}-{digest}", None)
