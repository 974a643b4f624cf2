"""Which words of an utterance that goes on will stay."""

from hypothesis import given
from hypothesis import strategies as st

from lossy.inference.partials import LiveWords, LocalAgreement

DECODES = st.lists(st.lists(st.sampled_from(["the", "music", "is", "too", "loud", "Loud."]), max_size=6), max_size=12)


def test_a_word_is_stable_once_two_decodes_in_a_row_agree_on_it() -> None:
    agreement = LocalAgreement()
    shown = [agreement.take(text) for text in ("the", "the music", "the music is", "the music is too cool")]
    assert shown[-1] == LiveWords("the music is", "too cool")
    assert agreement.take("the music is too loud") == LiveWords("the music is too", "loud")


def test_case_and_punctuation_are_no_disagreement() -> None:
    agreement = LocalAgreement()
    agreement.take("the music.")
    assert agreement.take("The Music, is") == LiveWords("The Music,", "is")


def test_what_was_settled_is_done_with() -> None:
    agreement = LocalAgreement()
    agreement.take("the music")
    agreement.take("the music is loud")
    assert agreement.settle() == "the music is loud"
    assert agreement.take("and the logo") == LiveWords("", "and the logo")


@given(DECODES)
def test_stable_words_are_never_taken_back(decodes: list[list[str]]) -> None:
    agreement = LocalAgreement()
    before = ""
    for words in decodes:
        now = agreement.take(" ".join(words)).stable
        assert now.startswith(before)
        before = now
