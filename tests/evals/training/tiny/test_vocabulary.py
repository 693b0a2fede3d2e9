import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from evals.training.tiny.vocabulary import learn_vocabulary

TEXTS = ["In May 2019 Kvabask Hill had 12,345 inhabitants.", "Kvabask Hill is a town."] * 3
TOKENIZER = learn_vocabulary(TEXTS, size=320)


def tokens(text: str, tokenizer: PreTrainedTokenizerFast = TOKENIZER) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False).input_ids)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert TOKENIZER.decode(tokens(text)) == text


@pytest.mark.parametrize("number", ["12,345", "2019", "7", "101"])
def test_a_number_is_the_same_tokens_wherever_it_stands(number: str) -> None:
    first = tokens(f" {number}")
    assert (
        tokens(f"It had {number} crowns.")[-len(tokens(" crowns.")) - len(first) :][: len(first)]
        == first
    )


def test_what_is_frequent_is_one_token() -> None:
    assert len(tokens(" Hill")) == 1


def test_the_marks_are_not_written_by_texts() -> None:
    assert TOKENIZER.pad_token_id == 0
    assert len({TOKENIZER.pad_token_id, TOKENIZER.bos_token_id, TOKENIZER.eos_token_id}) == 3


def test_the_same_texts_make_the_same_vocabulary() -> None:
    assert learn_vocabulary(TEXTS, size=320).get_vocab() == TOKENIZER.get_vocab()
