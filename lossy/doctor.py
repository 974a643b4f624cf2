"""What Lossy needs of this machine, what is here, and how to get the rest: `lossy doctor`.

Everything is looked at side by side, nothing is changed, and nothing waits longer than `LOOK_SECONDS`. A finding that
is optional names something that Lossy does without, or only a developer needs.
"""

import asyncio
import errno
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lossy.automation.chromium import find_chromium
from lossy.errors import LossyError
from lossy.settings import Settings, built_extension

LOOK_SECONDS = 5.0
MIN_PYTHON = (3, 11)
MIN_NODE = 20
MIN_FREE_BYTES = 1_000_000_000
"""A speech model takes up to half of it, notes and pictures very little."""
OPENAI_ADDRESS = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_fine: bool
    is_optional: bool
    words: str
    """How it is; if it is not fine, also how to mend it."""


def fine(what: str, words: str, *, optional: bool = False) -> Finding:
    """Say that something is as it should be."""
    return Finding(what, True, optional, words)


def missing(what: str, words: str, *, optional: bool = False) -> Finding:
    """Say that something is not there, or not as it should be."""
    return Finding(what, False, optional, words)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, in the order in which it is told."""
    looks: dict[str, Callable[[Settings], Awaitable[Finding]]] = {
        "python": _python,
        "data folder": _data_folder,
        "database": _database,
        "port": _port,
        "redis": _redis,
        "speech model": _speech_model,
        "model hub": _model_hub,
        "cloud speech": _cloud_speech,
        "language model": _language_model,
        "vision model": _vision_model,
        "posting model": _post_model,
        "picture embeddings": _clip_model,
        "chromium": _chromium,
        "browserbase": _browserbase,
        "node": _node,
        "extension": _extension,
        "ffmpeg": _ffmpeg,
    }
    return list(await asyncio.gather(*(_bounded(what, look, settings) for what, look in looks.items())))


async def _bounded(what: str, look: Callable[[Settings], Awaitable[Finding]], settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await look(settings)
    except TimeoutError:
        optional = what in (
            "model hub",
            "cloud speech",
            "language model",
            "vision model",
            "posting model",
            "browserbase",
            "node",
        )
        return missing(what, f"No answer within {LOOK_SECONDS:.0f} seconds.", optional=optional)


async def _python(_settings: Settings) -> Finding:
    here = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info >= MIN_PYTHON:
        return fine("python", here)
    return missing("python", f"{here} is too old. Install Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer.")


async def _data_folder(settings: Settings) -> Finding:
    return await asyncio.to_thread(_look_at_folder, settings.data_dir.absolute())


def _look_at_folder(folder: Path) -> Finding:
    other = "Set LOSSY_DATA_DIR to a folder that Lossy may write to."
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        return missing("data folder", f"{folder} can't be made: {there} is a file. {other}")
    try:
        if there == folder:
            tempfile.TemporaryFile(dir=folder).close()
        elif not os.access(there, os.W_OK | os.X_OK):
            return missing("data folder", f"{folder} can't be made: {there} is not writable. {other}")
        free = shutil.disk_usage(there).free
    except OSError as error:
        return missing("data folder", f"{folder} can't be written to ({error.strerror}). {other}")
    size = f"{free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        return missing("data folder", f"{folder}: only {size}. Make room, or set LOSSY_DATA_DIR to another disk.")
    made = "" if there == folder else ", made at the first start"
    return fine("data folder", f"{folder}, {size}{made}")


async def _database(settings: Settings) -> Finding:
    from lossy.db.migrations import current_revision, head_revision, known_revisions  # noqa: PLC0415

    try:
        here = await current_revision(settings.async_database_url)
    except LossyError as error:
        return missing("database", f"{error.message.rstrip('.')}. Check LOSSY_DATABASE_URL and LOSSY_DATA_DIR.")
    kind = settings.async_database_url.partition("+")[0]
    if here is None:
        return fine("database", f"{kind}, empty: the first start makes the tables")
    if here not in known_revisions():
        newer = f"{kind} was written by a newer Lossy (revision {here}, this one knows {head_revision()})."
        return missing("database", f"{newer} Start that one, or set LOSSY_DATABASE_URL to another database.")
    behind = "" if here == head_revision() else f"; the next start brings it to {head_revision()}"
    return fine("database", f"{kind}, revision {here}{behind}")


async def _port(settings: Settings) -> Finding:
    address = f"port {settings.port} on {settings.host}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE and await _is_ours(settings):
            return fine("port", f"Lossy is running at {settings.origin}")
        why = "is in use by another program" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
        return missing("port", f"{address} {why}. Set LOSSY_PORT to another one.")
    return fine("port", f"{address} is free")


async def _is_ours(settings: Settings) -> bool:
    from pydantic import ValidationError  # noqa: PLC0415

    from lossy.client import api  # noqa: PLC0415
    from lossy.protocol import Health  # noqa: PLC0415

    try:
        async with asyncio.timeout(LOOK_SECONDS / 2), api(settings.origin) as client:
            Health.model_validate_json((await client.get("/api/health")).content)
    except (LossyError, TimeoutError, ValidationError):
        return False
    return True


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return fine("redis", "not configured: one process needs none", optional=True)
    import redis.asyncio  # noqa: PLC0415

    client = redis.asyncio.from_url(
        settings.redis_url, socket_connect_timeout=LOOK_SECONDS, socket_timeout=LOOK_SECONDS
    )
    try:
        await client.ping()
    except (redis.RedisError, OSError) as error:
        reason = str(error).rstrip(".")
        return missing("redis", f"It does not answer: {reason}. Start it, or mend LOSSY_REDIS_URL.")
    finally:
        await client.aclose()  # type: ignore[attr-defined]
    return fine("redis", "answers")


async def _speech_model(settings: Settings) -> Finding:
    from lossy.inference.calibration import AUTO_MODEL, remembered_choice  # noqa: PLC0415
    from lossy.inference.models import DEMO_MODEL, REPOSITORIES, find_model  # noqa: PLC0415

    name: str | None = settings.stt_model
    if name == AUTO_MODEL:
        name = remembered_choice(settings.models_dir)
    if name is None:
        return fine("speech model", "the next start finds out which of those here this machine is fast enough for")
    if name == DEMO_MODEL:
        return fine("speech model", "the demo's, which understands the demo's voice only, as LOSSY_STT_MODEL says")
    if find_model(name, settings.models_dir) is not None:
        return fine("speech model", f"{name} is on this machine")
    demo = "Until then the demo's answers, which does not understand people."
    if name in REPOSITORIES:
        get = f"{name} is not here yet. The next start fetches it, or now: lossy models pull {name}."
        return missing("speech model", f"{get} {demo}", optional=True)
    return missing(
        "speech model", f"LOSSY_STT_MODEL names no model and no folder with one: {name}. See: lossy models list"
    )


async def _model_hub(settings: Settings) -> Finding:
    import httpx  # noqa: PLC0415

    from lossy.inference.fetching import hub_address  # noqa: PLC0415

    address = hub_address()
    seconds = min(LOOK_SECONDS / 2, settings.model_hub_timeout_seconds)
    try:
        async with httpx.AsyncClient(timeout=seconds, follow_redirects=True) as client:
            status = (await client.head(address)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        status = 0
    if 0 < status < 500:
        return fine("model hub", f"{address} answers", optional=True)
    mend = "Speech models can't be fetched now; set HF_ENDPOINT to a mirror, or LOSSY_STT_MODEL to a model's folder."
    return missing("model hub", f"{address} does not answer. {mend}", optional=True)


async def _cloud_speech(settings: Settings) -> Finding:
    if settings.stt_cloud_model is None:
        return fine("cloud speech", "none configured: no voice leaves this machine", optional=True)
    without = "Until then only this server's own engine understands speech."
    return await _endpoint("cloud speech", settings, settings.stt_cloud_model, "LOSSY_STT_CLOUD_MODEL", without)


async def _language_model(settings: Settings) -> Finding:
    if settings.openai_base_url is None and settings.openai_api_key is None:
        return fine("language model", "none configured: built-in rules structure the notes", optional=True)
    without = "Until then the built-in rules structure the notes."
    return await _endpoint("language model", settings, settings.llm_model, "LOSSY_LLM_MODEL", without)


async def _vision_model(settings: Settings) -> Finding:
    if settings.vision_model is None:
        return fine("vision model", "none configured: no picture leaves this machine", optional=True)
    without = "Until then no note is refined with its picture."
    return await _endpoint("vision model", settings, settings.vision_model, "LOSSY_VISION_MODEL", without)


async def _post_model(settings: Settings) -> Finding:
    if settings.post_model is None:
        return fine("posting model", "none configured: no page's text leaves this machine", optional=True)
    without = "Until then comment forms are found by names and roles alone."
    return await _endpoint("posting model", settings, settings.post_model, "LOSSY_POST_MODEL", without)


async def _clip_model(settings: Settings) -> Finding:
    if settings.clip_model is None:
        return fine("picture embeddings", "none configured: pictures have no embeddings", optional=True)
    from lossy.inference.clip import ClipEmbedder  # noqa: PLC0415

    try:
        model = await asyncio.to_thread(ClipEmbedder, settings.clip_model)
    except LossyError as error:
        return missing("picture embeddings", f"{error.message.rstrip('.')}. Check LOSSY_CLIP_MODEL.", optional=True)
    return fine("picture embeddings", f"{model.name} loads", optional=True)


async def _endpoint(what: str, settings: Settings, model: str, setting: str, without: str) -> Finding:
    import httpx  # noqa: PLC0415

    if settings.openai_base_url is None and settings.openai_api_key is None:
        need = f"{setting} is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL."
        return missing(what, f"{need} {without}", optional=True)
    address = (settings.openai_base_url or OPENAI_ADDRESS).rstrip("/")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    try:
        async with httpx.AsyncClient(timeout=LOOK_SECONDS / 2) as client:
            answer = await client.get(f"{address}/models", headers={"Authorization": f"Bearer {key}"})
    except (httpx.HTTPError, httpx.InvalidURL):
        return missing(what, f"{address} does not answer: check OPENAI_BASE_URL. {without}", optional=True)
    if answer.status_code in (401, 403):
        return missing(what, f"{address} refused the key: check OPENAI_API_KEY. {without}", optional=True)
    if answer.is_success and f'"{model}"' not in answer.text:
        return missing(what, f"{address} lists no model {model}: check {setting}. {without}", optional=True)
    return fine(what, f"{model} at {address}", optional=True)


async def _chromium(_settings: Settings) -> Finding:
    found = find_chromium()
    if found is not None:
        return fine("chromium", str(found), optional=True)
    get = "Only posting to platforms needs it: install Chromium or Chrome (Debian: apt install chromium)."
    return missing("chromium", get, optional=True)


async def _browserbase(settings: Settings) -> Finding:
    from lossy.automation.browsers.browserbase import browserbase_browsers  # noqa: PLC0415

    if (browsers := browserbase_browsers(settings)) is None:
        return fine("browserbase", "none configured: browsers that post are on this machine", optional=True)
    try:
        await browsers.check()
    except LossyError as error:
        return missing("browserbase", f"{error.message} Until then nothing is posted.", optional=True)
    finally:
        await browsers.aclose()
    return fine("browserbase", "browsers that post are there", optional=True)


async def _node(_settings: Settings) -> Finding:
    get = f"Only the extension needs it: install Node {MIN_NODE} or newer."
    node = shutil.which("node")
    if node is None:
        return missing("node", f"Not found. {get}", optional=True)
    process = await asyncio.create_subprocess_exec(node, "--version", stdout=asyncio.subprocess.PIPE)
    try:
        told = (await process.communicate())[0].decode(errors="replace").strip()
    finally:
        if process.returncode is None:
            process.kill()
    major = re.match(r"v(\d+)", told)
    if major is None or int(major[1]) < MIN_NODE:
        return missing("node", f"{told or 'It does not run'}. {get}", optional=True)
    return fine("node", told, optional=True)


async def _extension(_settings: Settings) -> Finding:
    try:
        return fine("extension", f"built in {built_extension()}", optional=True)
    except LossyError as error:
        return missing("extension", f"Only reviewing on other pages needs it. {error.message}", optional=True)


async def _ffmpeg(_settings: Settings) -> Finding:
    found = shutil.which("ffmpeg")
    if found is not None:
        return fine("ffmpeg", found, optional=True)
    get = "Only for turning sound files into what `lossy say` reads: install ffmpeg with your package manager."
    return missing("ffmpeg", get, optional=True)
