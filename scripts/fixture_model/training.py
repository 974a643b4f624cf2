"""Training on one core: the same steps from the same seed, broken off and taken up again as one likes."""

import math
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from scripts.fixture_model.batches import IGNORED, Batch, Batches
from scripts.fixture_model.network import ALIGNMENT_HEADS, Network

RATE_FROM_NOTHING, RATE_FROM_A_MODEL = 2e-3, 1.2e-3
_WARM_UP_STEPS = 120
_TELL_EVERY, _SAVE_EVERY = 50, 200


def train(network: Network, batches: Batches, folder: Path, *, steps: int, rate: float, first_token: int) -> None:
    """Take so many steps, or those that are left of them by the checkpoint in the folder.

    `first_token` is the first that is no word.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.02)
    checkpoint = folder / "checkpoint.pt"
    done = _restore(network, optimiser, checkpoint)
    told: list[tuple[float, ...]] = []
    for step in range(done, steps):
        share = step / steps
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / _WARM_UP_STEPS) * (0.5 * (1 + math.cos(math.pi * share)) + 0.005)
        loss, *figures = _loss(network, batches.at(step), Random(f"step {step}"), share, first_token)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        told.append((loss.item(), *figures))
        if (step + 1) % _TELL_EVERY == 0:
            mean = [sum(column) / len(told) for column in zip(*told, strict=True)]
            names = ("loss", "tokens", "words", "sounds", "listening", "right")
            print(step + 1, *(f"{name} {value:.3f}" for name, value in zip(names, mean, strict=True)), flush=True)
            told.clear()
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == steps:
            _save(network, optimiser, checkpoint, step + 1)


def _loss(network: Network, batch: Batch, random: Random, share: float, first_token: int) -> tuple[Any, ...]:
    mel, inputs, wanted, words, sounds, attended = (
        torch.from_numpy(array)
        for array in (batch.mel, batch.inputs, batch.wanted, batch.words, batch.sounds, batch.attended)
    )
    encoded = network.encode(mel, random)
    logits, weights = network.decode(inputs, encoded)
    tokens_loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, label_smoothing=0.02)
    heard = network.word_head(encoded.states[:, : encoded.frames])
    words_loss = F.cross_entropy(heard.flatten(0, 1), words.flatten())
    sounded = network.sound_head(encoded.before_last_layer[:, : encoded.frames])
    sounds_loss = F.cross_entropy(sounded.flatten(0, 1), sounds.flatten())
    taught = weights[:, [head for _, head in ALIGNMENT_HEADS], :, : encoded.frames].mean(1)
    counts = attended.amax(-1)
    missed = -torch.log((taught * attended).sum(-1) + 1e-4) * counts
    listening_loss = missed.sum() / counts.sum().clamp(min=1)
    loss = (
        tokens_loss
        + 0.6 * (1 - 0.7 * share) * words_loss
        + 0.8 * (1 - 0.8 * share) * sounds_loss
        + 0.25 * listening_loss
    )
    is_word = (wanted >= 0) & (wanted < first_token)
    right = (logits.detach().argmax(-1) == wanted)[is_word].float().mean().item()
    return (loss, *(each.item() for each in (tokens_loss, words_loss, sounds_loss, listening_loss)), right)


def _save(network: Network, optimiser: Any, checkpoint: Path, step: int) -> None:
    parts = {name: part.state_dict() for name, part in network.parts().items()}
    written = checkpoint.with_suffix(".new")
    torch.save({"step": step, "optimiser": optimiser.state_dict(), **parts}, written)
    written.replace(checkpoint)


def _restore(network: Network, optimiser: Any, checkpoint: Path) -> int:
    if not checkpoint.exists():
        return 0
    held = torch.load(checkpoint)
    optimiser.load_state_dict(held["optimiser"])
    for name, part in network.parts().items():
        part.load_state_dict(held[name])
    return int(held["step"])
