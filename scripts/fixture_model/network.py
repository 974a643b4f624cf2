"""The Whisper that is trained: Hugging Face's own, with a forward pass that is cheap enough for one core.

The encoder sees the frames that hold sound and twelve positions drawn from the padding after them, each standing for
its share of the 1500 by a bias on the attention; or, as often, only the frames, which is how a library sees it that
cuts the window short.
"""

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from transformers import WhisperConfig, WhisperForConditionalGeneration

from scripts.fixture_model.grammar import VOCABULARY
from scripts.fixture_model.tokens import Tokens

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 128, 4, 3, 2
WINDOW = 1500
_FAR = 12
_FULL_WINDOW_SHARE = 0.5
ALIGNMENT_HEADS = ((DECODER_LAYERS - 1, 0), (DECODER_LAYERS - 1, 1))
"""The heads that are taught to listen to the word that they say."""


@dataclass(frozen=True)
class Encoded:
    """What the encoder makes of a batch."""

    states: Any
    bias: Any
    frames: int
    before_last_layer: Any


def make_whisper(tokens: Tokens) -> Any:
    """Make an untrained Whisper of our size."""
    config = WhisperConfig(
        vocab_size=tokens.count,
        num_mel_bins=80,
        encoder_layers=ENCODER_LAYERS,
        encoder_attention_heads=HEADS,
        decoder_layers=DECODER_LAYERS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        d_model=WIDTH,
        max_source_positions=WINDOW,
        max_target_positions=448,
        bos_token_id=tokens.end,
        eos_token_id=tokens.end,
        pad_token_id=tokens.end,
        decoder_start_token_id=tokens.start,
        suppress_tokens=[],
        begin_suppress_tokens=[tokens.space, tokens.end],
    )
    return WhisperForConditionalGeneration(config)


class Network:
    """A Whisper, and two heads on its encoder that only training needs: they tell the word and the sound of a frame."""

    def __init__(self, tokens: Tokens, sounds: int) -> None:
        self.whisper = make_whisper(tokens)
        self.word_head = nn.Linear(WIDTH, len(VOCABULARY) + 1)
        self.sound_head = nn.Linear(WIDTH, sounds + 1)
        self.whisper.model.encoder.embed_positions.weight.requires_grad = False

    def parts(self) -> dict[str, Any]:
        """Name what is trained."""
        return {"whisper": self.whisper, "words": self.word_head, "sounds": self.sound_head}

    def parameters(self) -> list[Any]:
        """Give everything that learns."""
        everything = (each for part in self.parts().values() for each in part.parameters())
        return [parameter for parameter in everything if parameter.requires_grad]

    def listen_near(self) -> None:
        """Let each frame attend to its neighbours from the first step on, where there is no training to start from."""
        generator = torch.Generator().manual_seed(1)
        size = WIDTH // HEADS
        with torch.no_grad():
            for layer in self.whisper.model.encoder.layers:
                for head, slowest in enumerate((0, 8, 16)):
                    rows = slice(head * size, (head + 1) * size)
                    for weight in (layer.self_attn.q_proj.weight, layer.self_attn.k_proj.weight):
                        weight[rows] = torch.randn(size, WIDTH, generator=generator) * 0.02
                        for place in range(size // 2):
                            wave = min(slowest + place, WIDTH // 2 - 1)
                            weight[head * size + place, wave] += 1
                            weight[head * size + size // 2 + place, WIDTH // 2 + wave] += 1
                    layer.self_attn.q_proj.bias[rows] = 0

    def encode(self, mel: Any, random: Random) -> Encoded:
        """Encode log-mel of shape [batch, frames, 80] that ends in padding."""
        encoder = self.whisper.model.encoder
        states = F.gelu(encoder.conv1(mel.transpose(1, 2)))
        states = F.gelu(encoder.conv2(states)).transpose(1, 2)
        frames = states.shape[1]
        positions = list(range(frames))
        far = _FAR if random.random() < _FULL_WINDOW_SHARE else 0
        bias = torch.zeros(1, 1, 1, frames + far)
        if far:
            step = (WINDOW - frames) / far
            positions += [int(random.uniform(frames + step * i, frames + step * (i + 1))) for i in range(far)]
            bias[..., frames:] = math.log(step)
            states = torch.cat([states, states[:, frames - 3 : frames - 2].expand(-1, far, -1)], 1)
        states = states + encoder.embed_positions.weight[torch.tensor(positions)]
        middle = states
        for layer in encoder.layers:
            middle = states
            normal = layer.self_attn_layer_norm(states)
            states = states + _attend(layer.self_attn, normal, normal, bias)[0]
            states = states + _feed_forward(layer, states)
        return Encoded(encoder.layer_norm(states), bias, frames, middle)

    def decode(self, inputs: Any, encoded: Encoded) -> tuple[Any, Any]:
        """Give the next tokens' logits, and what the last layer listens to: [batch, head, token, position]."""
        decoder = self.whisper.model.decoder
        states = decoder.embed_tokens(inputs) + decoder.embed_positions.weight[: inputs.shape[1]]
        weights = None
        for layer in decoder.layers:
            normal = layer.self_attn_layer_norm(states)
            states = states + _attend(layer.self_attn, normal, normal, causal=True)[0]
            normal = layer.encoder_attn_layer_norm(states)
            heard, weights = _attend(layer.encoder_attn, normal, encoded.states, encoded.bias, want_weights=True)
            states = states + heard
            states = states + _feed_forward(layer, states)
        return decoder.layer_norm(states) @ decoder.embed_tokens.weight.T, weights


def _feed_forward(layer: Any, states: Any) -> Any:
    return layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(states))))


def _attend(
    attention: Any, asking: Any, asked: Any, bias: Any = None, *, causal: bool = False, want_weights: bool = False
) -> tuple[Any, Any]:
    query, key, value = (
        project(states).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        for project, states in ((attention.q_proj, asking), (attention.k_proj, asked), (attention.v_proj, asked))
    )
    weights = None
    if want_weights:
        weights = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + bias).softmax(-1)
        heard = weights @ value
    else:
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, is_causal=causal)
    return attention.out_proj(heard.transpose(1, 2).flatten(2)), weights
