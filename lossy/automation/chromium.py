"""Where this machine has a Chromium."""

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """Give the browser on PATH, Chromium before Chrome; None if there is none."""
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)
