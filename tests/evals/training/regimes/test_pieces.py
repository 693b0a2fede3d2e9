from hypothesis import given
from hypothesis import strategies as st

from evals.training.regimes.pieces import pieces
from tests.evals.training.regimes.documents import document

WORDS = st.lists(st.text("abc", min_size=1, max_size=8), min_size=1, max_size=60)


def count(text: str) -> int:
    return len(text.split())


@given(WORDS, st.sampled_from([" ", ". ", "\n", "\n\n"]))
def test_pieces_are_short_enough_and_lose_no_word(words: list[str], between: str) -> None:
    whole = document(between.join(words))
    cut = list(pieces(whole, max_tokens=27, count=count))
    assert all(count(piece.text) <= 27 for piece in cut)
    assert " ".join(piece.text for piece in cut).split() == whole.text.split()
    assert {piece.doc_id for piece in cut} == {whole.doc_id}


def test_a_short_document_is_one_piece() -> None:
    whole = document("One.\n\nTwo.")
    assert list(pieces(whole, max_tokens=40, count=count)) == [whole]


def test_a_document_is_cut_between_sentences() -> None:
    sentence = "a b c d e f g h i j k l m n."
    cut = pieces(document(" ".join([sentence] * 3)), max_tokens=24, count=count)
    assert [piece.text for piece in cut] == [sentence] * 3
