"""Packs the built extension for the Chrome Web Store: the same files give the same bytes."""

import json
import zipfile
from pathlib import Path

from lossy.errors import SetupProblem

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, file: Path) -> None:
    """Write all files of `folder` to `file`, sorted and without times or source maps; `SetupProblem` if it can't be.

    The manifest goes without its `key`: the store knows the extension by an item of its own and refuses one.
    """
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".map"):
                name = path.relative_to(folder).as_posix()
                content = _without_key(path.read_bytes()) if name == "manifest.json" else path.read_bytes()
                entry = zipfile.ZipInfo(name, _LONG_AGO)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, content)
    except OSError as error:
        raise SetupProblem(f"{file} can't be written: {error.strerror}.") from error


def _without_key(manifest: bytes) -> bytes:
    kept = {name: value for name, value in json.loads(manifest).items() if name != "key"}
    return json.dumps(kept, indent=2, ensure_ascii=False).encode() + b"\n"
