"""`lossy models`: which speech models are here, how to get one, and how fast it is."""

import asyncio
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from lossy.cli_database import read_settings


@click.group()
def models() -> None:
    """Speech models."""


@models.command("list")
def models_list() -> None:
    """List the speech models that are on this machine, and those that can be fetched."""
    from lossy.inference.models import DEMO_MODEL, REPOSITORIES  # noqa: PLC0415

    folder = read_settings().models_dir
    for name in (DEMO_MODEL, *REPOSITORIES):
        click.echo(f"{name:<20} {_where(name, folder)}")


@models.command("pull")
@click.argument("name")
def models_pull(name: str) -> None:
    """Fetch a speech model, or the rest of one; one that is here is compared with the hub's and mended."""
    from lossy.inference.fetching import fetch_model  # noqa: PLC0415

    settings = read_settings()
    with ExitStack() as stack:
        bars: list[Any] = []

        def tell(done: int, total: int) -> None:
            if not bars:  # not before something comes: a hub that does not answer is one line, and no bar
                bars.append(stack.enter_context(click.progressbar(length=1000, label=name, file=sys.stderr)))
            bars[0].update(1000 * done // total - bars[0].pos)

        folder = asyncio.run(
            fetch_model(name, settings.models_dir, tell, reach_seconds=settings.model_hub_timeout_seconds)
        )
    click.echo(folder)


@models.command("test")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models_test(name: str | None, *, as_json: bool) -> None:
    """Transcribe a shipped sample with a model (default: the one that is set) and print how fast that was."""
    from lossy.inference.threads import limit_native_threads  # noqa: PLC0415

    limit_native_threads()
    from lossy.inference.calibration import pick_model, try_model  # noqa: PLC0415
    from lossy.inference.models import REPOSITORIES, UnknownModel, find_model  # noqa: PLC0415
    from lossy.inference.speech import RecognitionUnavailable  # noqa: PLC0415

    settings = read_settings()
    asked = asyncio.run(pick_model(name or settings.stt_model, settings.models_dir))
    directory = find_model(asked, settings.models_dir)
    if directory is None:
        get = f"Fetch it with: lossy models pull {asked}" if asked in REPOSITORIES else "See: lossy models list"
        raise UnknownModel(f"The speech model {asked} is not on this machine. {get}")
    try:
        trial = asyncio.run(try_model(directory, asked))
    except RecognitionUnavailable as error:
        if asked not in REPOSITORIES:
            raise
        raise RecognitionUnavailable(f"{error.message} Fetch it again with: lossy models pull {asked}") from error
    figures = {
        "model": trial.model,
        "said": trial.said,
        "heard": trial.heard,
        "audio_seconds": round(trial.audio_seconds, 2),
        "decode_seconds": round(trial.decode_seconds, 3),
        "real_time_factor": round(trial.real_time_factor, 3),
    }
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    click.echo(
        f"said   {trial.said}\nheard  {trial.heard or '(nothing)'}\n"
        f"took   {trial.decode_seconds:.2f} s, {trial.real_time_factor:.2f} of real time"
    )


def _where(name: str, folder: Path) -> str:
    from lossy.inference.models import find_model, partial_directory  # noqa: PLC0415

    if find_model(name, folder) is not None:
        return "on this machine"
    if partial_directory(folder, name).exists():
        return "partly fetched"
    return "incomplete: fetch it again" if (folder / name).exists() else "can be fetched"
