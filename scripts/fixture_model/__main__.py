"""Train the demo's speech model, and write it for faster-whisper and for transformers.js.

    OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive python -m scripts.fixture_model FOLDER [--from-nothing] [--install]

See README.md beside this file for what it needs. Everything comes from fixed seeds: the same versions on the same kind
of processor make the same files. What it has done already it finds again in FOLDER.
"""

import argparse
import shutil
from pathlib import Path

import torch

from lossy.demo import WEB_MODEL
from lossy.inference.models import DEMO_DIRECTORY
from scripts.fixture_model.batches import Batches, make_examples
from scripts.fixture_model.earlier import load_earlier
from scripts.fixture_model.export import export
from scripts.fixture_model.network import Network
from scripts.fixture_model.recordings import EXAMPLES
from scripts.fixture_model.tokens import Tokens, make_tokenizer
from scripts.fixture_model.training import RATE_FROM_A_MODEL, RATE_FROM_NOTHING, train

STEPS = 1900


def main() -> None:
    """Take every step that is not taken yet."""
    options = _options()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    tokens = Tokens(tokenizer)
    batches = Batches(make_examples(options.examples, folder), tokens)
    network = Network(tokens, batches.sounds)
    if options.from_nothing:
        network.listen_near()
        print("trains from nothing", flush=True)
    else:
        common = load_earlier(network.whisper, options.earlier, tokenizer)
        print(f"trains on from {options.earlier.name}: {common} of {tokens.count} tokens are in both", flush=True)
    rate = RATE_FROM_NOTHING if options.from_nothing else RATE_FROM_A_MODEL
    train(network, batches, folder, steps=options.steps, rate=rate, first_token=tokens.end)
    made = export(network.whisper, tokens, folder)
    for source, target in zip(made, (DEMO_DIRECTORY, WEB_MODEL), strict=True):
        print(f"{source}: {sum(path.stat().st_size for path in source.rglob('*') if path.is_file()):,} bytes")
        if options.install:
            shutil.copytree(source, target, dirs_exist_ok=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.fixture_model")
    parser.add_argument("folder", type=Path, help="where recordings, checkpoint and the models go")
    parser.add_argument("--from-nothing", action="store_true", help="do not begin with an earlier model's weights")
    parser.add_argument("--earlier", type=Path, default=DEMO_DIRECTORY, help="the model to begin with")
    parser.add_argument("--install", action="store_true", help="put the models where Lossy has them")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    return parser.parse_args()


if __name__ == "__main__":
    main()
