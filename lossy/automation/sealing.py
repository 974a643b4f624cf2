"""Seals what must not stand readable in the database: logins and tokens.

The keys are the setting `LOSSY_SECRET_KEYS`, or a file in the data folder that only its owner reads. The first key
seals, all of them open: a new one is put in front, and the old one taken away once everything was sealed anew.
"""

import json
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from lossy.errors import SetupProblem, Unavailable
from lossy.settings import Settings

KEY_FILE = "secret.key"
_OWNER_ONLY = 0o600


class Seal:
    """Seals and opens JSON values; the keys are read at the first use."""

    def __init__(self, read_keys: Callable[[], list[str]]) -> None:
        self._read_keys = read_keys

    @cached_property
    def _keys(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in self._read_keys()])
        except ValueError as error:
            raise SetupProblem(
                "A key in LOSSY_SECRET_KEYS is none. Make one with: "
                'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            ) from error

    def seal(self, value: Any) -> bytes:
        """Make a value unreadable."""
        return self._keys.encrypt(json.dumps(value).encode())

    def open(self, sealed: bytes) -> Any:
        """Give the value back; `Unavailable` if it was sealed with a key that is not here."""
        try:
            return json.loads(self._keys.decrypt(sealed))
        except InvalidToken as error:
            raise Unavailable("This login was sealed with another key. Connect the platform again.") from error


def seal_of(settings: Settings) -> Seal:
    """Give the one that the settings ask for."""
    return make_seal(tuple(key.get_secret_value() for key in settings.secret_keys), settings.data_dir)


def make_seal(keys: tuple[str, ...], data_dir: Path) -> Seal:
    """Take the keys of the settings, or else of the key file, which is made at the first use."""
    return Seal(lambda: list(keys) or _key_file(data_dir / KEY_FILE))


def _key_file(path: Path) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return path.read_text().split()
    with os.fdopen(handle, "w") as file:
        file.write(Fernet.generate_key().decode())
    return path.read_text().split()
