from evals.learners.passages import as_evidence
from evals.training.regimes import reading_prompt, reading_sample
from tests.evals.training.regimes.documents import document

BEST, OTHER = document("Ada Brisk is mayor."), document("Rain fell.", doc_id="d2", on="2018-01-05")
EVIDENCE = [as_evidence(one, one.text) for one in (BEST, OTHER)]


def test_evidence_is_shown_as_the_product_shows_it_with_the_best_last() -> None:
    assert reading_prompt("Who is mayor?", EVIDENCE) == (
        "Answer from the passages.\n"
        "Passages:\n"
        "[2018-01-05] News of Orn Mills: Rain fell.\n"
        "[2019-03-06] News of Orn Mills: Ada Brisk is mayor.\n"
        "\n"
        "Question: Who is mayor?\n"
        "Answer:"
    )


def test_the_answer_alone_is_learnt() -> None:
    sample = reading_sample("Who is mayor?", "Ada Brisk", EVIDENCE)
    assert sample.given == reading_prompt("Who is mayor?", EVIDENCE)
    assert sample.learnt == " Ada Brisk"
    assert sample.doc_ids == ("d1", "d2")
