"""Puts the built extension into the wheel, if there is one: whoever installs the wheel needs no Node."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ExtensionHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `extension/dist` as `lossy/_extension`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what to add; an editable install takes it from the checkout."""
        built = Path(self.root) / "extension" / "dist"
        if version == "standard" and (built / "manifest.json").is_file():
            build_data["force_include"][str(built)] = "lossy/_extension"
