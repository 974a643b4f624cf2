"""Embeddings of pictures by the vision half of a CLIP model (Radford et al., 2021), through onnxruntime.

A model is a folder as exporters write it: an ONNX file with the input `pixel_values` and the output `image_embeds`,
and the `preprocessor_config.json` that says how a picture becomes numbers.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lossy.errors import SetupProblem, Unavailable
from lossy.inference.frames import Rgb

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FILES = ("vision_model.onnx", "onnx/vision_model.onnx", "model.onnx")
_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""CLIP's own, where the folder does not say."""

Embedding = npt.NDArray[np.float32]
"""Of length one, shape [n]."""


class ClipEmbedder:
    """Embeds pictures with one model; slow, so call it in a thread."""

    def __init__(self, directory: Path) -> None:
        self.name = directory.name
        self._session = _load(directory)
        config = _read_config(directory)
        size = config.get("crop_size") or config.get("size") or 224
        self._size = int(size if isinstance(size, int) else next(iter(size.values())))
        self._mean = np.asarray(config.get("image_mean", _MEAN), np.float32)
        self._deviation = np.asarray(config.get("image_std", _DEVIATION), np.float32)

    def embed(self, pixels: Rgb) -> Embedding:
        """Embed a picture; raises Unavailable if the model can't."""
        try:
            (output,) = self._session.run(["image_embeds"], {"pixel_values": self._prepared(pixels)})
        except Exception as error:  # onnxruntime's own have no common base
            raise Unavailable(f"The CLIP model {self.name} does not take pictures of {self._size} pixels.") from error
        embedding = np.asarray(output, np.float32).reshape(-1)
        return np.asarray(embedding / max(float(np.linalg.norm(embedding)), 1e-12), np.float32)

    def _prepared(self, pixels: Rgb) -> npt.NDArray[np.float32]:
        """Cut out the square in the middle, scale it, and give shape [1, 3, size, size]."""
        from PIL import Image  # noqa: PLC0415

        picture = Image.fromarray(pixels)
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = (left, top, left + side, top + side)
        cut = picture.resize((self._size, self._size), Image.Resampling.BICUBIC, box=square)
        values = (np.asarray(cut, np.float32) / 255 - self._mean) / self._deviation
        return np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis], np.float32)


def _load(directory: Path) -> "InferenceSession":
    import onnxruntime  # noqa: PLC0415

    path = next((directory / name for name in FILES if (directory / name).is_file()), None)
    if path is None:
        raise SetupProblem(f"There is no CLIP model in {directory}: it should hold {FILES[0]}.")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no common base
        raise SetupProblem(f"The CLIP model {path} can't be loaded.") from error
    inputs, outputs = ({each.name for each in ends} for ends in (session.get_inputs(), session.get_outputs()))
    if inputs != {"pixel_values"} or "image_embeds" not in outputs:
        raise SetupProblem(f"{path} is no vision model of CLIP: it should take pixel_values and give image_embeds.")
    return session


def _read_config(directory: Path) -> dict[str, Any]:
    path = directory / "preprocessor_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise SetupProblem(f"{path} can't be read.") from error
    return config if isinstance(config, dict) else {}
