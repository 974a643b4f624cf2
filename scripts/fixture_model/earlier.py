"""Weights of an earlier model, read from its CTranslate2 file, to train on from when the grammar has grown.

CTranslate2 can write such files but not read them in Python: a header, then each variable with its name, shape, type
and bytes; int8 rows are to be divided by their scale. It keeps queries, keys and values of one attention in one matrix.
"""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from scripts.fixture_model.tokens import read_tokenizer

Arrays = dict[str, npt.NDArray[Any]]

_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
_VERSION = 6
_ATTENTION = {"self_attn": "self_attention", "encoder_attn": "attention"}


def load_earlier(whisper: Any, directory: Path, tokenizer: Any) -> int:
    """Put an earlier model's weights into one of the same size; say how many of its tokens are among ours."""
    arrays = read_ctranslate2(directory / "model.bin")
    weights = dict(_named_as_in_transformers(arrays))
    old, new = read_tokenizer(directory / "tokenizer.json").get_vocab(), tokenizer.get_vocab()
    embeddings = whisper.model.decoder.embed_tokens.weight.detach().clone()
    common = sorted(old.keys() & new.keys())
    embeddings[[new[token] for token in common]] = torch.from_numpy(
        arrays["decoder/embeddings/weight"][[old[token] for token in common]]
    )
    weights["model.decoder.embed_tokens.weight"] = weights["proj_out.weight"] = embeddings
    whisper.load_state_dict(weights)
    return len(common)


def read_ctranslate2(path: Path) -> Arrays:
    """Read a model.bin, its int8 weights as float32; raises ValueError for another version of the format."""
    reader = _Reader(path.read_bytes())
    if reader.number("I") != _VERSION:
        raise ValueError(f"{path} is not of version {_VERSION} of CTranslate2's format.")
    reader.text(), reader.number("I")  # the kind of model, and its revision
    arrays = dict(reader.array() for _ in range(reader.number("I")))
    for name in [name for name in arrays if f"{name}_scale" in arrays]:
        scale = arrays.pop(f"{name}_scale")
        arrays[name] = arrays[name].astype(np.float32) / scale.reshape(-1, *[1] * (arrays[name].ndim - 1))
    return arrays


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def number(self, kind: str) -> int:
        value: int = struct.unpack_from(f"<{kind}", self._content, self._at)[0]
        self._at += struct.calcsize(f"<{kind}")
        return value

    def text(self) -> str:
        return self._bytes(self.number("H"))[:-1].decode()

    def array(self) -> tuple[str, npt.NDArray[Any]]:
        name = self.text()
        shape = [self.number("I") for _ in range(self.number("B"))]
        kind = _TYPES[self.number("B")]
        return name, np.frombuffer(self._bytes(self.number("I")), kind).reshape(shape).copy()

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._content[self._at - count : self._at]


def _named_as_in_transformers(arrays: Arrays) -> Iterator[tuple[str, Any]]:
    for part in ("encoder", "decoder"):
        yield f"model.{part}.embed_positions.weight", torch.from_numpy(arrays[f"{part}/position_encodings/encodings"])
        yield from _norm(arrays, f"model.{part}.layer_norm", f"{part}/layer_norm")
        layers = {name.split("/")[1] for name in arrays if re.match(rf"{part}/layer_\d", name)}
        for layer in sorted(layers):
            yield from _layer(arrays, f"model.{part}.layers.{layer.removeprefix('layer_')}", f"{part}/{layer}")
    for convolution in ("conv1", "conv2"):
        yield from _linear(arrays, f"model.encoder.{convolution}", f"encoder/{convolution}")


def _layer(arrays: Arrays, ours: str, theirs: str) -> Iterator[tuple[str, Any]]:
    for name, place in _ATTENTION.items():
        attention = f"{theirs}/{place}"
        if f"{attention}/linear_0/weight" not in arrays:
            continue
        yield from _norm(arrays, f"{ours}.{name}_layer_norm", f"{attention}/layer_norm")
        # Of one's own states all three are in one matrix; of the encoder's, the query stands alone.
        parts = ["qkv", "out"] if name == "self_attn" else ["q", "kv", "out"]
        for number, projections in enumerate(parts):
            linear = f"{attention}/linear_{number}"
            if projections == "out":
                yield from _linear(arrays, f"{ours}.{name}.out_proj", linear)
                continue
            weights = np.split(arrays[f"{linear}/weight"], len(projections))
            biases = np.split(arrays[f"{linear}/bias"], len(projections))
            for projection, weight, bias in zip(projections, weights, biases, strict=True):
                yield f"{ours}.{name}.{projection}_proj.weight", torch.from_numpy(weight)
                if projection != "k":
                    yield f"{ours}.{name}.{projection}_proj.bias", torch.from_numpy(bias)
    yield from _norm(arrays, f"{ours}.final_layer_norm", f"{theirs}/ffn/layer_norm")
    yield from _linear(arrays, f"{ours}.fc1", f"{theirs}/ffn/linear_0")
    yield from _linear(arrays, f"{ours}.fc2", f"{theirs}/ffn/linear_1")


def _linear(arrays: Arrays, ours: str, theirs: str) -> Iterator[tuple[str, Any]]:
    for name in ("weight", "bias"):
        yield f"{ours}.{name}", torch.from_numpy(arrays[f"{theirs}/{name}"])


def _norm(arrays: Arrays, ours: str, theirs: str) -> Iterator[tuple[str, Any]]:
    yield f"{ours}.weight", torch.from_numpy(arrays[f"{theirs}/gamma"])
    yield f"{ours}.bias", torch.from_numpy(arrays[f"{theirs}/beta"])
