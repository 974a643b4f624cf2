"""What a reviewer names a video by → (platform, the platform's own id, an address to open).

Two addresses of the same video give the same identity, so that its notes are found again. The platforms stand in
`video_platforms.json`, which the extension reads too; a page that none of them knows is named by its whole address,
without what only tells where the visitor came from.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit
from uuid import UUID

from lossy.errors import InvalidInput

MAX_URL_CHARACTERS = 2048
TABLE = Path(__file__).with_name("video_platforms.json")
SAMPLE_URL = "lossy:sample"
SAMPLE_TITLE = "Harbour at dusk"
SEVERAL_HOSTS = {"frameio": "frame.io"}
"""Platforms with several hosts that know the same login."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ROUTE = re.compile(r"!?/.+")
_SHORT_DIGITS = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_SHORT_LENGTH = 22
_UUID_LENGTH = 36


@dataclass(frozen=True)
class VideoIdentity:
    """What makes a video the same one: platform and id. The address may say besides how one gets in there."""

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
    page = _read_page(address)
    named = next((found for row in _table().rows if (found := row.identify(page))), None)
    return named or VideoIdentity("web", page.canonical, page.canonical)


def local_file_identity(size_bytes: int, sha256: str) -> VideoIdentity:
    """Tell which local file it is, from its size and hash; the file itself stays where it is."""
    digest = sha256.lower()
    if size_bytes <= 0 or len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise InvalidInput("A local file is named by its size and its SHA-256.")
    return VideoIdentity("local", f"{size_bytes}-{digest}", None)


@dataclass(frozen=True)
class PostingAddress:
    """Where a video is to be opened for posting, and the host where its login belongs to."""

    url: str
    place: str


def posting_address(platform: str, external_id: str, url: str) -> PostingAddress:
    """Rebuild a video's address from what names it; `InvalidInput` if what is kept is not exactly that address."""
    named = identify_url(url)
    if (named.platform, named.external_id) != (platform, external_id) or named.url is None:
        raise InvalidInput("The address that is kept of this video does not name it.")
    return PostingAddress(named.url, SEVERAL_HOSTS.get(platform, urlsplit(named.url).netloc))


@dataclass(frozen=True)
class _Page:
    """An address, taken apart as a browser does."""

    scheme: str
    host: str
    place: str
    path: str
    query: tuple[tuple[str, str], ...]
    route: str

    @property
    def canonical(self) -> str:
        return self._written(self.query)

    @property
    def unsigned(self) -> str:
        signing = _table().signing
        return self._written(tuple(pair for pair in self.query if not signing.fullmatch(pair[0])))

    def _written(self, query: tuple[tuple[str, str], ...]) -> str:
        return urlunsplit((self.scheme, self.place, self.path, urlencode(query), self.route))


def _read_page(address: str) -> _Page:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
        host = host and _ascii(host)
    except ValueError as error:
        raise InvalidInput("This is not a valid address.") from error
    if parts.scheme not in _DEFAULT_PORTS or not host or any(c.isspace() for c in address):
        raise InvalidInput("A video's address must begin with http:// or https://.")
    place = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        place += f":{port}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = tuple(sorted(pair for pair in pairs if not _table().tracking.fullmatch(pair[0])))
    # Pages that are one page with many views write the view behind the #.
    route = parts.fragment if _ROUTE.fullmatch(parts.fragment) else ""
    return _Page(parts.scheme, host, place, _plain_path(parts), query, route)


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _plain_path(parts: SplitResult) -> str:
    """Write the path as browsers do: no dots, and nothing that must be escaped."""
    plain = urlsplit(urljoin(f"{parts.scheme}://{parts.netloc}/", parts.path or "/")).path or "/"
    return quote(plain, safe="!$%&'()*+,-./:;=@[\\]_|~")


@dataclass(frozen=True)
class _Row:
    platform: str
    host: re.Pattern[str]
    path: re.Pattern[str]
    id: str
    url: str
    query: dict[str, re.Pattern[str]] = field(default_factory=dict)
    shortened: int = 0

    def identify(self, page: _Page) -> VideoIdentity | None:
        values = dict(page.query)
        read = [(self.host, page.host), (self.path, page.path)]
        read += [(pattern, values.get(name, "")) for name, pattern in self.query.items()]
        matches = [pattern.fullmatch(text) for pattern, text in read]
        if not all(matches):
            return None
        caught = dict(enumerate((part for match in matches if match for part in match.groups()), 1))
        if self.shortened:
            caught[self.shortened] = _short(caught[self.shortened])
        return VideoIdentity(self.platform, self._fill(self.id, page, caught), self._fill(self.url, page, caught))

    def _fill(self, template: str, page: _Page, caught: dict[int, str]) -> str:
        def part(match: re.Match[str]) -> str:
            name = match[1]
            return caught[int(name)] if name.isdecimal() else str(getattr(page, _NAMES[name]))

        return re.sub(r"\{(\w+)\}", part, template)


_NAMES = {"scheme": "scheme", "place": "place", "page": "canonical", "unsigned": "unsigned"}


def _short(text: str) -> str:
    """Write a UUID in base 58, as PeerTube does in its addresses."""
    if len(text) != _UUID_LENGTH:
        return text
    digits = "".join(_digits(UUID(text).int))
    return digits[::-1].rjust(_SHORT_LENGTH, _SHORT_DIGITS[0])


def _digits(number: int) -> Iterator[str]:
    while number:
        number, digit = divmod(number, len(_SHORT_DIGITS))
        yield _SHORT_DIGITS[digit]


@dataclass(frozen=True)
class _Table:
    tracking: re.Pattern[str]
    signing: re.Pattern[str]
    rows: tuple[_Row, ...]


@cache
def _table() -> _Table:
    read: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return _Table(
        re.compile(read["tracking"], re.IGNORECASE),
        re.compile(read["signing"], re.IGNORECASE),
        tuple(_row(row) for row in read["rows"]),
    )


def _row(read: dict[str, Any]) -> _Row:
    patterns = {name: re.compile(pattern) for name, pattern in read.get("query", {}).items()}
    known = {**read, "host": re.compile(read["host"]), "path": re.compile(read["path"]), "query": patterns}
    return _Row(**known)
