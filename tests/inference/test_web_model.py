"""The demo's speech model as the browser gets it: the same weights as ONNX, decoded here as transformers.js does."""

import json
from typing import Any

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from lossy.bench.remarks import Group, read_remarks, read_sound
from lossy.demo import WEB_MODEL, read_pcm, read_utterances
from lossy.inference.speech import SAMPLE_RATE, Pcm

WINDOW = 30 * SAMPLE_RATE
MAX_TOKENS = 60


class Browser:
    """Greedy decoding with the merged decoder's cache."""

    def __init__(self) -> None:
        self._encoder, self._decoder = (
            InferenceSession(str(WEB_MODEL / "onnx" / f"{name}_quantized.onnx"), providers=["CPUExecutionProvider"])
            for name in ("encoder_model", "decoder_model_merged")
        )
        self._tokenizer = Tokenizer.from_file(str(WEB_MODEL / "tokenizer.json"))
        self._config = json.loads((WEB_MODEL / "generation_config.json").read_text())
        self._extractor = FeatureExtractor()

    def hear(self, pcm: Pcm) -> str:
        window = np.zeros(WINDOW, np.float32)
        window[: len(pcm)] = pcm.astype(np.float32) / 32768
        features = self._extractor(window, padding=0)[None]
        (states,) = self._encoder.run(["last_hidden_state"], {"input_features": features})
        names = [output.name for output in self._decoder.get_outputs()]
        past = {name.replace("present", "past_key_values"): np.zeros((1, 4, 0, 32), np.float32) for name in names[1:]}
        config = self._config
        tokens = [config["decoder_start_token_id"], config["no_timestamps_token_id"]]
        given, said = tokens, list[int]()
        while len(said) < MAX_TOKENS:
            feeds: dict[str, Any] = {"input_ids": np.array([given]), "encoder_hidden_states": states, **past}
            feeds["use_cache_branch"] = np.array([bool(said)])
            logits, *present = self._decoder.run(names, feeds)
            scores = logits[0, -1].copy()
            scores[config["no_timestamps_token_id"] :] = -np.inf
            if not said:
                scores[config["begin_suppress_tokens"]] = -np.inf
            best = int(scores.argmax())
            if best == config["eos_token_id"]:
                break
            said.append(best)
            given = [best]
            for name, value in zip(names[1:], present, strict=True):
                # What is known of the encoder's states is told once.
                if len(said) == 1 or ".decoder." in name:
                    past[name.replace("present", "past_key_values")] = value
        text: str = self._tokenizer.decode(said)
        return text.strip()


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser()


def test_the_demos_remarks_are_heard(browser: Browser) -> None:
    heard = [(remark.text, browser.hear(read_pcm(remark.path))) for remark in read_utterances().remarks]
    assert sum(wanted == said for wanted, said in heard) >= 18, heard


def test_orders_are_heard(browser: Browser) -> None:
    orders = [remark for remark in read_remarks() if remark.group is Group.ORDER]
    heard = [(order.text, browser.hear(read_sound(order))) for order in orders]
    assert sum(wanted == said for wanted, said in heard) >= len(orders) - 2, heard


def test_the_files_are_small_and_for_transformers_js() -> None:
    assert sum(path.stat().st_size for path in WEB_MODEL.rglob("*") if path.is_file()) < 3_700_000
    assert json.loads((WEB_MODEL / "tokenizer_config.json").read_text())["tokenizer_class"] == "WhisperTokenizer"
    assert json.loads((WEB_MODEL / "preprocessor_config.json").read_text())["processor_class"] == "WhisperProcessor"
