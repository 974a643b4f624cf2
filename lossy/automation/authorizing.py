"""Lets a person allow Lossy to act for them over a platform's API, and keeps the tokens that come of it, sealed.

The way to the platform and back is OAuth's, with PKCE. What has to be remembered meanwhile travels in `state`, sealed;
it counts once, for ten minutes, and only for the person who began.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from lossy.automation.apis import Apis
from lossy.automation.apis.base import OAuthClient, PlatformApi
from lossy.automation.apis.mediacms import MediaCmsApi
from lossy.automation.apis.peertube import PeerTubeApi
from lossy.automation.contract import NeedsLogin, Tokens
from lossy.automation.sealing import Seal
from lossy.db import logins, users
from lossy.db.engine import Database
from lossy.errors import InvalidInput, NotFound, NotSignedIn, Unavailable
from lossy.video_url import identify_url, posting_address

PURPOSE = "connect"
LIFETIME = timedelta(minutes=10)
PLACES = {"youtube": "www.youtube.com", "vimeo": "vimeo.com", "frameio": "frame.io"}
"""Where the videos are whose notes such a login posts."""
NO_WAY_BACK = "This way back from the platform is over. Connect it again."


@dataclass(frozen=True)
class Connected:
    """What came of it."""

    place: str
    account: str
    going_on: int
    """How many notes that waited for it go on."""


class Authorizing:
    """Connects people over the APIs that this server can use."""

    def __init__(self, database: Database, seal: Seal, apis: Apis) -> None:
        self._database = database
        self._seal = seal
        self._apis = apis

    @property
    def on_offer(self) -> list[tuple[str, str]]:
        """The platforms where people are sent to, and what they are called."""
        return [(platform, api.name) for platform, api in self._apis.items() if api.oauth is not None]

    async def begin(self, user_id: str, platform: str, way_back: str) -> str:
        """Give the platform's address where the person allows it; it leads to `way_back`."""
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415 -- used by few

        _, known = self._oauth(platform)
        verifier = secrets.token_urlsafe(48)
        async with self._database.write() as db:
            ticket = await users.issue_ticket(db, user_id, PURPOSE, lifetime=LIFETIME)
        state = self._seal.seal({"ticket": ticket, "verifier": verifier, "platform": platform, "way_back": way_back})
        async with AsyncOAuth2Client(
            known.client_id, scope=known.scope, redirect_uri=way_back, code_challenge_method="S256"
        ) as client:
            address, _ = client.create_authorization_url(
                known.authorize_url, state=state.decode(), code_verifier=verifier, **dict(known.more)
            )
        return str(address)

    async def finish(self, user_id: str, state: str, code: str) -> Connected:
        """Take what the platform sent the person back with."""
        try:
            begun = self._seal.open(state.encode())
            async with self._database.write() as db:
                ticket = await users.spend_ticket(db, begun["ticket"], PURPOSE)
        except (Unavailable, NotSignedIn) as error:
            raise InvalidInput(NO_WAY_BACK) from error
        if ticket.user_id != user_id:
            raise InvalidInput("Somebody else began this. Connect the platform from your own account.")
        api, known = self._oauth(begun["platform"])
        tokens = await self._exchange(api, known, code, begun)
        return await self._keep(user_id, api, PLACES[api.platform], tokens, f"https://{PLACES[api.platform]}")

    async def sign_in(self, user_id: str, url: str, name: str, password: str) -> Connected:
        """Exchange a name and a password for tokens, at the server of a video; the password is not kept."""
        named = identify_url(url)
        api = self._apis.get(named.platform)
        if not isinstance(api, PeerTubeApi | MediaCmsApi) or named.url is None:
            raise InvalidInput("Only PeerTube and MediaCMS are connected with a name and a password.")
        if urlsplit(named.url).scheme != "https" and not is_here(named.url):
            raise InvalidInput("This server's address has no https://, so a password would travel there readable.")
        tokens = await api.sign_in(named.url, name, password)
        place = posting_address(named.platform, named.external_id, named.url).place
        return await self._keep(user_id, api, place, tokens, named.url)

    def _oauth(self, platform: str) -> tuple[PlatformApi, OAuthClient]:
        api = self._apis.get(platform)
        if api is None or api.oauth is None:
            raise NotFound("This server is not registered at this platform.")
        return api, api.oauth

    async def _exchange(self, api: PlatformApi, known: OAuthClient, code: str, begun: dict[str, str]) -> Tokens:
        import httpx  # noqa: PLC0415
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415

        try:
            async with AsyncOAuth2Client(known.client_id, known.client_secret) as client:
                return dict(
                    await client.fetch_token(
                        known.token_url, code=code, code_verifier=begun["verifier"], redirect_uri=begun["way_back"]
                    )
                )
        except AuthlibBaseError as error:
            raise NeedsLogin(f"{api.name} did not let Lossy in. Connect it again.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{api.name} can't be reached.") from error

    async def _keep(self, user_id: str, api: PlatformApi, place: str, tokens: Tokens, url: str) -> Connected:
        latest = tokens

        async def renewed(given: Tokens) -> None:
            nonlocal latest
            latest = given

        async with api.client(tokens, renewed, url) as client:
            account = await api.who_is_logged_in(client)
        sealed = self._seal.seal(latest)
        async with self._database.write() as db:
            going_on = await logins.keep_login(
                db, user_id, api.platform, place, sealed=sealed, kind=logins.API, account=account
            )
        return Connected(place, account, going_on)


def is_here(url: str) -> bool:
    """Whether an address is on this machine, so that nothing travels."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
