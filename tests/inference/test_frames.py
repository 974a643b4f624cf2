"""Pictures: read with care, told apart, embedded by a model."""

import io
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from lossy.errors import InvalidInput, SetupProblem
from lossy.inference.clip import ClipEmbedder
from lossy.inference.frames import MAX_PIXELS, distance, read_frame
from tests.pictures import black, encode, webp


def test_dhash_says_where_a_picture_grows_brighter() -> None:
    falling = Image.fromarray(np.tile(np.linspace(255, 0, 90, dtype=np.uint8), (80, 1)))
    rising = Image.fromarray(np.tile(np.linspace(0, 255, 90, dtype=np.uint8), (80, 1)))
    assert read_frame(encode(falling.convert("RGB"))).dhash == 0
    assert read_frame(encode(rising.convert("RGB"))).dhash == 2**64 - 1


def test_the_same_moment_is_alike_and_another_is_not() -> None:
    one, worse = read_frame(webp(1)), read_frame(webp(1, (640, 360), quality=30))
    assert distance(one.dhash, worse.dhash) <= 4
    assert all(distance(one.dhash, read_frame(webp(seed)).dhash) > 10 for seed in range(2, 30))


def test_black_is_black_and_a_dark_scene_is_not() -> None:
    assert read_frame(black()).is_black
    dark = np.full((180, 320, 3), 4, np.uint8)
    dark[80:100, 100:160] = 90
    assert not read_frame(encode(Image.fromarray(dark))).is_black


def _bomb() -> bytes:
    return encode(Image.new("RGB", (8000, 4000)), quality=1)


def _ribbon() -> bytes:
    return encode(Image.new("RGB", (16_000, 1)), quality=1)


def test_of_a_large_picture_a_small_copy_is_kept() -> None:
    frame = read_frame(webp(1, (3840, 2160)))
    assert (frame.width, frame.height) == (3840, 2160)
    assert frame.pixels.shape == (336, 597, 3)


def test_a_picture_that_announces_more_than_anybody_can_hold_is_refused() -> None:
    small = encode(Image.new("RGB", (64, 64)))
    at = small.index(b"VP8 ") + 14
    with pytest.raises(InvalidInput):
        read_frame(small[:at] + b"\xff\x3f\xff\x3f" + small[at + 4 :])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        webp(1)[:200],
        encode(Image.new("RGB", (9, 9)), kind="PNG"),
        b"<svg/>",
        bytes(3000),
        _bomb(),
        _ribbon(),
    ],
    ids=["nothing", "a beginning", "cut off", "PNG", "SVG", "zeros", "a bomb", "a ribbon"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_frame(data)
    assert MAX_PIXELS < 8000 * 4000


def clip_model(folder: Path, *, size: int = 16, output: str = "image_embeds") -> Path:
    """Write a model of CLIP's shape that gives the mean of each color."""
    shape = [1, 3, size, size]
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[2, 3], keepdims=0),
            helper.make_node("Identity", ["mean"], [output]),
        ],
        "clip",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(exist_ok=True)
    onnx.save(model, str(folder / "vision_model.onnx"))
    config = {"crop_size": {"height": size, "width": size}, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}
    (folder / "preprocessor_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_a_picture_is_embedded_as_a_vector_of_length_one(tmp_path: Path) -> None:
    embedder = ClipEmbedder(clip_model(tmp_path / "tiny-clip"))
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[:, 35:125] = (0, 255, 0)  # the middle; what is beyond is cut off
    pixels[:, :35] = pixels[:, 125:] = (255, 0, 0)
    assert embedder.embed(pixels) == pytest.approx([0, 1, 0], abs=0.05)
    assert embedder.name == "tiny-clip"
    assert embedder.embed(pixels).dtype == np.float32


def test_a_folder_without_a_model_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="no CLIP model"):
        ClipEmbedder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"broken")
    with pytest.raises(SetupProblem, match="can't be loaded"):
        ClipEmbedder(tmp_path)
    with pytest.raises(SetupProblem, match="no vision model"):
        ClipEmbedder(clip_model(tmp_path / "other", output="logits"))


def test_pictures_open_as_they_were_made() -> None:
    assert Image.open(io.BytesIO(webp(3))).size == (320, 180)
