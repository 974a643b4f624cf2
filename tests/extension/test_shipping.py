"""The extension as it is shipped: in the wheel, and packed for the store."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from lossy.errors import SetupProblem
from lossy.extension_zip import pack
from lossy.settings import CHECKOUT, EXTENSION
from tests.extension.test_manifest import MANIFEST

WORKER = "lossy/_extension/background.js"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout, as `make wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True, timeout=100)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_brings_the_extension_and_the_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"lossy/_extension/{path.relative_to(EXTENSION)}" for path in EXTENSION.rglob("*.*")} <= names
    assert any(name.startswith("lossy/_alembic/versions/") for name in names)


def test_an_installed_wheel_names_its_own_extension(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    packages = next((tmp_path / "venv/lib").glob("python3*")) / "site-packages"
    zipfile.ZipFile(wheel).extractall(packages)
    # The dependencies are those of this environment; the program itself is the wheel's.
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others), encoding="utf-8")
    program = [str(tmp_path / "venv/bin/python"), "-m", "lossy"]
    told = subprocess.run([*program, "extension", "path"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(packages / "lossy/_extension")
    subprocess.run([*program, "extension", "zip", "packed.zip"], cwd=tmp_path, check=True, capture_output=True)
    assert "manifest.json" in zipfile.ZipFile(tmp_path / "packed.zip").namelist()


def test_the_zip_for_the_store_has_every_file_and_no_key(tmp_path: Path) -> None:
    pack(EXTENSION, tmp_path / "packed.zip")
    packed = zipfile.ZipFile(tmp_path / "packed.zip")
    assert packed.namelist() == sorted(
        path.relative_to(EXTENSION).as_posix() for path in EXTENSION.rglob("*") if path.is_file()
    )
    assert json.loads(packed.read("manifest.json")) == {key: value for key, value in MANIFEST.items() if key != "key"}


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built/manifest.json").write_text('{"key": "x"}', encoding="utf-8")
    (tmp_path / "built/page.js.map").write_text("a source map", encoding="utf-8")
    pack(tmp_path / "built", tmp_path / "one.zip")
    (tmp_path / "built/manifest.json").touch()
    pack(tmp_path / "built", tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert zipfile.ZipFile(tmp_path / "one.zip").namelist() == ["manifest.json"]


def test_a_zip_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="can't be written"):
        pack(EXTENSION, tmp_path / "no such folder" / "packed.zip")
