"""The language that the demo's speech model is taught: what can be checked without training anything."""

from random import Random

from lossy.demo import read_sample, read_utterances
from lossy.inference.commands import Command, parse_command
from lossy.inference.spoken_time import parse_spoken_time
from scripts.fixture_model.grammar import (
    ALWAYS_TRAINED,
    LIKE_ORDERS,
    ORDERS,
    VOCABULARY,
    expand,
    is_held_out,
    sentence,
    words_at_random,
)
from scripts.fixture_model.numbers import ways_to_say
from scripts.fixture_model.tokens import Tokens, make_tokenizer


def test_every_sentence_is_made_of_words_that_are_one_token_each() -> None:
    random = Random(1)
    tokenizer = make_tokenizer()
    words = Tokens(tokenizer).words
    assert set(words) == set(VOCABULARY)
    for held_out in (False, True):
        for _ in range(2000):
            said = sentence(random, held_out=held_out)
            assert tokenizer.decode([words[word] for word in said.split()]) == f" {said}"


def test_the_same_seed_makes_the_same_sentences() -> None:
    first, second = Random(7), Random(7)
    made = [sentence(first) for _ in range(200)]
    assert made == [sentence(second) for _ in range(200)]
    assert len(set(made)) > 150


def test_what_is_held_out_is_never_trained_on() -> None:
    random = Random(2)
    trained = {sentence(random) for _ in range(4000)} | {words_at_random(random) for _ in range(1000)}
    held_out = {sentence(random, held_out=True) for _ in range(400)}
    assert len(held_out) > 300
    assert trained & held_out == set()
    assert not any(is_held_out(said) for said in ALWAYS_TRAINED)
    assert {said.text for said in (*read_utterances().remarks, *read_sample().sentences)} <= ALWAYS_TRAINED


def test_every_way_to_say_a_moment_of_the_first_hour_is_read_back() -> None:
    for seconds in range(3600):
        for said in ways_to_say(seconds):
            assert parse_spoken_time(said) == seconds, said
            assert set(said.split()) <= set(VOCABULARY)
    random = Random(3)
    assert all(parse_spoken_time(expand("{moment}", random)) is not None for _ in range(2000))


def test_the_orders_hold_every_command_and_the_remarks_like_them_none() -> None:
    fired = {order.command for said in ORDERS if (order := parse_command(said))}
    assert fired == set(Command) - {Command.GO_TO}
    there = parse_command("go to two minutes ten")
    assert there is not None
    assert set(there.words.split()) <= set(VOCABULARY)
    assert [said for said in LIKE_ORDERS if parse_command(said)] == []
