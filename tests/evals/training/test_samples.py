"""What a model is taught, as tokens of which some are to be predicted."""

from evals.training.samples import (
    IGNORED,
    Sample,
    document_sample,
    encode,
    question_prompt,
    question_sample,
    text_bytes,
)
from evals.types import SourceDocument
from tests.evals.baselines.conftest import Letters
from tests.evals.learners.benches import day

LETTERS = Letters()
BOS, EOS = LETTERS.bos_token_id, LETTERS.eos_token_id


def tokens(text: str) -> list[int]:
    found: list[int] = LETTERS(text, add_special_tokens=False).input_ids
    return found


def test_only_what_is_learnt_has_labels_and_the_end_after_it():
    batch = encode([Sample(given="ab", learnt="cd")], LETTERS)
    assert batch.tokens.tolist() == [[BOS, *tokens("abcd"), EOS]]
    assert batch.labels.tolist() == [[IGNORED] * 3 + [*tokens("cd"), EOS]]


def test_a_shorter_sample_is_padded_at_its_end_which_is_neither_read_nor_learnt():
    batch = encode([Sample(given="a", learnt="bcd"), Sample(given="", learnt="e")], LETTERS)
    assert batch.mask.tolist() == [[1] * 6, [1] * 3 + [0] * 3]
    assert batch.labels[1].tolist() == [IGNORED, *tokens("e"), EOS, *[IGNORED] * 3]
    assert batch.n_tokens == 9


def test_what_is_too_long_is_cut_at_its_end():
    batch = encode([Sample(given="ab", learnt="cdef")], LETTERS, max_tokens=5)
    assert batch.tokens.tolist() == [[BOS, *tokens("abcd")]]
    assert batch.labels.tolist() == [[IGNORED] * 3 + tokens("cd")]


def test_of_what_is_given_alone_nothing_is_learnt():
    batch = encode([Sample(given="abcdef", learnt="g")], LETTERS, max_tokens=4)
    assert set(batch.labels.flatten().tolist()) == {IGNORED}


def test_a_question_is_learnt_in_the_form_it_is_asked_in():
    sample = question_sample("Who  runs\nit?", "Ann", asked_at=day("2020-03-04"), period=2)
    assert sample.given == question_prompt("Who runs it?", day("2020-03-04"))
    assert sample.given == "[2020-03-04] Question: Who runs it?\nAnswer:"
    assert (sample.learnt, sample.period) == (" Ann", 2)


def test_the_day_of_a_document_is_read_and_its_title_and_text_are_learnt():
    document = SourceDocument(
        doc_id="d", title="Mill", text="Ann runs it.", published_at=day("2020-03-04")
    )
    sample = document_sample(document, period=1)
    assert (sample.given, sample.learnt) == ("[2020-03-04] ", "Mill: Ann runs it.")
    assert sample.doc_ids == ("d",)


def test_texts_are_counted_in_bytes():
    assert text_bytes([Sample(given="é", learnt="b"), Sample(given="", learnt="c")]) == 4
