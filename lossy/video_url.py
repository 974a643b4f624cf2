"""What a reviewer names a video by → (platform, the platform's own id, an address to open).

Two addresses of the same video give the same identity, so that its notes are found again.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lossy.errors import InvalidInput

MAX_URL_CHARACTERS = 2048
_TRACKING = ("utm_", "fbclid", "gclid", "si", "feature")
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
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise InvalidInput("This is not a valid address.") from error
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in address):
        raise InvalidInput("A video's address must begin with http:// or https://.")
    query = sorted(pair for pair in parse_qsl(parts.query) if not pair[0].lower().startswith(_TRACKING))
    youtube = _youtube_id(host, parts.path, dict(query))
    if youtube:
        return VideoIdentity("youtube", youtube, f"https://www.youtube.com/watch?v={youtube}")
    canonical = urlunsplit((parts.scheme, host + port, parts.path or "/", urlencode(query), ""))
    return VideoIdentity("web", canonical, canonical)


def _youtube_id(host: str, path: str, query: dict[str, str]) -> str | None:
    if host == "youtu.be":
        return path.strip("/").partition("/")[0] or None
    if host.removeprefix("www.").removeprefix("m.") == "youtube.com":
        for prefix in ("/shorts/", "/embed/", "/live/"):
            if path.startswith(prefix):
                return path.removeprefix(prefix).partition("/")[0] or None
        return query.get("v") if path == "/watch" else None
    return None


def local_file_identity(size_bytes: int, sha256: str) -> VideoIdentity:
    """Tell which local file it is, from its size and hash; the file itself stays where it is."""
    digest = sha256.lower()
    if size_bytes <= 0 or len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise InvalidInput("A local file is named by its size and its SHA-256.")
    return VideoIdentity("local", f"{size_bytes}-{digest}", None)
