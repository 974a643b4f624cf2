"""The files that others load: CTranslate2's for faster-whisper, ONNX in the layout of transformers.js; both of int8."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.fixture_model.network import ALIGNMENT_HEADS
from scripts.fixture_model.tokens import Tokens

_EXPORT_SECONDS = 600
_TOKENIZER = {
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    "model_max_length": 448,
    "clean_up_tokenization_spaces": False,
}


def export(whisper: Any, tokens: Tokens, folder: Path) -> tuple[Path, Path]:
    """Write both kinds into the folder, which holds tokenizer.json; give the folder of each."""
    source = _write_transformers(whisper.eval(), tokens, folder)
    return _write_ctranslate2(source, folder / "faster-whisper"), _write_onnx(source, folder / "transformersjs")


def _write_transformers(whisper: Any, tokens: Tokens, folder: Path) -> Path:
    from transformers import GenerationConfig, WhisperFeatureExtractor  # noqa: PLC0415

    target = _empty(folder / "transformers")
    generation = GenerationConfig(
        bos_token_id=tokens.end,
        eos_token_id=tokens.end,
        pad_token_id=tokens.end,
        decoder_start_token_id=tokens.start,
        max_length=448,
        suppress_tokens=[],
        begin_suppress_tokens=[tokens.space, tokens.end],
        return_timestamps=False,
    )
    generation.is_multilingual = False
    generation.no_timestamps_token_id = tokens.no_times
    generation.prev_sot_token_id = tokens.previous
    generation.max_initial_timestamp_index = 50
    generation.alignment_heads = [list(head) for head in ALIGNMENT_HEADS]
    whisper.generation_config = generation
    whisper.save_pretrained(target)
    WhisperFeatureExtractor().save_pretrained(target)
    shutil.copy(folder / "tokenizer.json", target)
    _write(target / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **_TOKENIZER})
    return target


def _write_ctranslate2(source: Path, target: Path) -> Path:
    from ctranslate2.converters import TransformersConverter  # noqa: PLC0415

    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(source), copy_files=copied).convert(str(target), quantization="int8", force=True)
    return target


def _write_onnx(source: Path, target: Path) -> Path:
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    whole = _empty(source.parent / "onnx")
    command = [sys.executable, "-m", "optimum.commands.optimum_cli", "export", "onnx", "--model", str(source)]
    command += ["--task", "automatic-speech-recognition-with-past", str(whole)]
    subprocess.run(command, check=True, timeout=_EXPORT_SECONDS)
    (_empty(target) / "onnx").mkdir()
    for name in ("config.json", "generation_config.json", "tokenizer.json"):
        shutil.copy(whole / name, target)
    # transformers.js takes the kind of processor and tokenizer from here.
    processor = json.loads((source / "preprocessor_config.json").read_text())
    kinds = {"feature_extractor_type": "WhisperFeatureExtractor", "processor_class": "WhisperProcessor"}
    _write(target / "preprocessor_config.json", kinds | processor)
    own = {"tokenizer_class": "WhisperTokenizer", **_TOKENIZER, "add_prefix_space": False, "errors": "replace"}
    _write(target / "tokenizer_config.json", own)
    for name, kind in (("encoder_model", QuantType.QUInt8), ("decoder_model_merged", QuantType.QInt8)):
        quantize_dynamic(
            whole / f"{name}.onnx",
            target / "onnx" / f"{name}_quantized.onnx",
            weight_type=kind,
            op_types_to_quantize=["MatMul", "Gather", "Gemm"],
            extra_options={"EnableSubgraph": True},
        )
    return target


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
