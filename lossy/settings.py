"""Every setting of Lossy, read once from the environment (and `.env`), typed, with a default that runs locally.

Nothing else reads the environment. `.env.example` lists the same names; a test holds the two together.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lossy.errors import SetupProblem

DEFAULT_PORTS = {"http": 80, "https": 443}
CHECKOUT = Path(__file__).parent.parent
_IN_WHEEL = Path(__file__).parent / "_extension"
EXTENSION = _IN_WHEEL if _IN_WHEEL.is_dir() else CHECKOUT / "extension/dist"
"""The built extension: a wheel brings it, a checkout builds it."""
EXTENSION_ORIGIN = "chrome-extension://lkckgkjchbeaafcfnjedenieahldkfdd"
"""Our own extension's; its id follows from the `key` in its manifest."""


def _home() -> Path:
    """Give the folder for our data: the checkout that we run from, else the user's own place for such things."""
    return CHECKOUT / "data" if (CHECKOUT / "pyproject.toml").exists() else Path.home() / ".local/share/lossy"


class Settings(BaseSettings):
    """Settings with the prefix LOSSY_; the two of OpenAI keep the names that its library knows."""

    model_config = SettingsConfigDict(
        env_prefix="LOSSY_",
        env_file=(CHECKOUT / ".env", ".env"),
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback needs `public_url`."""
    port: Annotated[int, Field(ge=1, le=65535)] = 4000
    public_url: str | None = None
    """The address people type, when a proxy stands in front: its origin is then allowed too."""
    data_dir: Path = Field(default_factory=_home)
    """Database and speech models; `data` in the checkout, wherever the command is typed."""
    database_url: str | None = None
    """`postgresql://…` or `sqlite:///…`; default: SQLite in `data_dir`."""
    redis_url: str | None = None
    """When set, events travel between processes over Redis."""
    stt_model: str = "base.en"
    """A Whisper model's name, a directory that holds one, `demo`, or `auto`: measured once, of those that are here."""
    web_model: Path | None = None
    """A folder with a Whisper model as transformers.js loads it, for browsers; unset, the demo's."""
    model_hub_timeout_seconds: float = 10.0
    stt_cloud_model: str | None = None
    """A speech model of the OpenAI-compatible endpoint, as in `whisper-1`; unset, no voice leaves this server."""
    stt_cloud_minutes_a_day: Annotated[float, Field(ge=0)] = 60.0
    """How much speech may be sent there in a day: what it may cost."""
    openai_api_key: SecretStr | None = Field(None, validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"))
    openai_base_url: str | None = Field(None, validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"))
    """Any OpenAI-compatible endpoint. With neither key nor address the built-in rules structure notes."""
    llm_model: str = "gpt-4.1-mini"
    llm_timeout_seconds: float = 30.0
    vision_model: str | None = None
    """A model of the same endpoint that sees pictures; unset, no picture leaves this server."""
    clip_model: Path | None = None
    """A folder with the vision half of a CLIP model as ONNX; unset, pictures have no embeddings."""
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Fernet keys that seal logins at platforms, the newest first; unset, a key file in `data_dir`."""
    post_model: str | None = None
    """A model of the same endpoint that looks for the comment form on pages nobody knows; unset, no page's text leaves
    this server."""
    post_headless: bool = True
    """Whether browsers that post are out of sight."""
    post_to_private_network: bool | None = None
    """Whether notes may be posted to addresses of this server's own network; unset, only where nobody else uses it."""
    post_per_minute: Annotated[int, Field(ge=1)] = 5
    """How many comments one account posts in a minute."""
    post_settle_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How late a platform may show a comment that was sent to it, before it is looked for."""
    post_look_again_seconds: Annotated[float, Field(gt=0)] = 60.0
    """The time between the two looks for one that was not seen."""
    browserbase_api_key: SecretStr | None = None
    """With it, browsers that post are at Browserbase instead of on this machine."""
    browserbase_project_id: str | None = None
    browserbase_url: str | None = None
    """Where its API is, if not at its own address."""
    youtube_client_id: str | None = None
    """With it and its secret, people connect YouTube over its API; so with the others."""
    youtube_client_secret: SecretStr | None = None
    vimeo_client_id: str | None = None
    vimeo_client_secret: SecretStr | None = None
    frameio_client_id: str | None = None
    frameio_client_secret: SecretStr | None = None
    registration: bool = True
    """Whether anybody who reaches the sign-in page may make an account."""
    extension_origins: Annotated[tuple[str, ...], NoDecode] = (EXTENSION_ORIGIN,)
    """`chrome-extension://ID`, several separated by commas; they replace our own."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Further exact origins of the web pages, separated by commas."""
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"
    sentry_dsn: SecretStr | None = None
    """Where errors are told, without anybody's words; unset, nowhere."""
    metrics_token: SecretStr | None = None
    """For Prometheus, which reads `/metrics` with it; the owner's own token does as well."""
    worker_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where `lossy worker` shows its figures, on its own machine alone."""
    token: SecretStr | None = None
    """For `lossy say` and `lossy notes`: who is asking."""

    @field_validator("extension_origins", "allowed_origins", "secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("redis_url")
    @classmethod
    def _redis_only(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("write it as redis://host:port")
        return value

    @field_validator("public_url")
    @classmethod
    def _origin_only(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.strip().rstrip("/").lower())
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path or parts.query:
            raise ValueError("write it as https://name or https://name:port, with nothing behind")
        default = parts.port in (None, DEFAULT_PORTS[parts.scheme])
        return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if default and parts.port else parts.netloc}"

    @property
    def origin(self) -> str:
        """Scheme, host and port where this server answers on its own machine."""
        return self._origin_of("127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host)  # noqa: S104

    def _origin_of(self, host: str) -> str:
        # As browsers write it: brackets around an IPv6 address, no port where it is the scheme's own.
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}" if self.port == DEFAULT_PORTS["http"] else f"http://{name}:{self.port}"

    @property
    def is_for_others(self) -> bool:
        """Whether anybody but this machine may reach it."""
        return self.public_url is not None or self.host not in ("127.0.0.1", "localhost", "::1")

    @property
    def own_origins(self) -> frozenset[str]:
        """Origins whose pages are ours: the loopback names, the public address, and those added by setting."""
        loopback = {self._origin_of(name) for name in ("127.0.0.1", "localhost", "::1")}
        public = {self.public_url} if self.public_url else set()
        return frozenset({self.origin, *loopback, *public, *self.allowed_origins})

    @property
    def own_hosts(self) -> frozenset[str]:
        """Values of the Host header that are answered; anything else may be a rebinding attack."""
        return frozenset(urlsplit(origin).netloc for origin in self.own_origins)

    @property
    def async_database_url(self) -> str:
        """The database as SQLAlchemy's async drivers want it."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'lossy.db'}"
        scheme, separator, rest = self.database_url.partition("://")
        drivers = {
            "sqlite": "sqlite+aiosqlite",
            "postgres": "postgresql+asyncpg",
            "postgresql": "postgresql+asyncpg",
        }
        driver = drivers.get(scheme.partition("+")[0])
        if not separator or driver is None:
            raise SetupProblem("LOSSY_DATABASE_URL must begin with sqlite:/// or postgresql://.")
        # asyncpg names it otherwise than the addresses that providers hand out.
        rest = re.sub(r"([?&])sslmode=", r"\1ssl=", rest)
        return f"{driver}://{rest}"

    @property
    def models_dir(self) -> Path:
        """Where fetched speech models are kept."""
        return self.data_dir / "models"


def built_extension(folder: Path = EXTENSION) -> Path:
    """Give the folder of the built extension, as Chrome loads it, or say how to build it."""
    if not (folder / "manifest.json").is_file():
        raise SetupProblem("The extension is not built yet. Build it with: make extension")
    return folder


@lru_cache
def get_settings() -> Settings:
    """Read the settings once for this process."""
    return Settings()
