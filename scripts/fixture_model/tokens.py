"""The model's tokens: each word of the grammar is one, then Whisper's own special tokens in Whisper's own order.

It is like one of the English-only models: CTranslate2 takes a model for multilingual only from 51 865 tokens up.
"""

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from scripts.fixture_model.grammar import VOCABULARY

_SPECIAL = (
    *("endoftext", "startoftranscript", "en", "translate", "transcribe", "startoflm", "startofprev", "nospeech"),
    "notimestamps",
)
_TIMES = tuple(f"<|{place * 0.02:.2f}|>" for place in range(1501))


def make_tokenizer() -> Tokenizer:
    """Make the tokenizer of the grammar."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        min_frequency=1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([f" {word}" for word in VOCABULARY] * 50, trainer)
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True, normalized=False) for name in _SPECIAL])
    # As with OpenAI's: times are added, but they are not special.
    tokenizer.add_tokens([AddedToken(time, special=False, normalized=False) for time in _TIMES])
    return tokenizer


class Tokens:
    """Numbers of the tokens that training needs."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.count: int = tokenizer.get_vocab_size()
        self.end = self._special("endoftext")
        self.start = self._special("startoftranscript")
        self.previous = self._special("startofprev")
        self.no_speech = self._special("nospeech")
        self.no_times = self._special("notimestamps")
        self.space: int = tokenizer.encode(" ").ids[0]
        self.words = {word: self._word(word) for word in VOCABULARY}

    def time(self, seconds: float) -> int:
        """Give the token of a moment, rounded to a tenth of a second."""
        return self.no_times + 1 + 5 * round(seconds * 10)

    def _special(self, name: str) -> int:
        number: int | None = self._tokenizer.token_to_id(f"<|{name}|>")
        if number is None:
            raise LookupError(f"The tokenizer lacks {name}.")
        return number

    def _word(self, word: str) -> int:
        numbers: list[int] = self._tokenizer.encode(f" {word}").ids
        if len(numbers) != 1:
            raise LookupError(f"“{word}” is not one token.")
        return numbers[0]


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer.json."""
    return Tokenizer.from_file(str(path))
