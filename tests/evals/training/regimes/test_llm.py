from evals.training.regimes.drawn import Drawn
from evals.training.regimes.llm import LlmAugmenter
from evals.training.samples import Kind
from rag_lifelong.testing import ScriptedReader
from tests.evals.training.regimes.documents import document

TEXT = "Orn Mills made Ada Brisk its director on 4 March 2019, for 12 years."


def augmented(written: str) -> Drawn:
    reader = ScriptedReader([written])
    return LlmAugmenter(lambda: reader, k=2).augment(document(TEXT))


def test_lines_of_the_form_become_samples_dated_as_the_document() -> None:
    drawn = augmented(
        "P: Ada Brisk became the director of Orn Mills on 4 March 2019.\n"
        "Q: Who became director of Orn Mills in March 2019? | A: Ada Brisk"
    )
    paraphrase, question = drawn.samples
    assert paraphrase.kind is Kind.PARAPHRASE
    assert paraphrase.learnt.endswith("Ada Brisk became the director of Orn Mills on 4 March 2019.")
    assert question.kind is Kind.QA
    assert question.learnt == " Ada Brisk"
    assert all(sample.given.startswith("[2019-03-06] ") for sample in drawn.samples)


def test_numbered_marked_and_broken_lines_are_read_too() -> None:
    drawn = augmented(
        "Here you are:\n1. P: Ada Brisk is director.\n**P2:** Orn Mills chose Ada Brisk.\n"
        '- Q1: Who is director?\n  A1: "Ada Brisk".\nQ2. For how long? |A: 12 years'
    )
    assert [sample.learnt.strip() for sample in drawn.samples if sample.kind is Kind.QA] == [
        "Ada Brisk",
        "12 years",
    ]
    assert sum(sample.kind is Kind.PARAPHRASE for sample in drawn.samples) == 2


def test_an_answer_that_the_document_does_not_hold_is_dropped() -> None:
    assert not augmented("Q: Who is director? | A: Bo Vex\nQ: Who? | A: Bris").samples


def test_a_paraphrase_with_a_number_of_its_own_is_dropped() -> None:
    assert not augmented("P: Ada Brisk has been director since 2017.").samples


def test_a_paraphrase_may_name_the_day_of_the_document() -> None:
    assert augmented("P: Ada Brisk is director, it was said on 6 March 2019.").samples


def test_the_same_paraphrase_counts_once_and_the_text_itself_not() -> None:
    said = "P: Ada Brisk is director."
    assert len(augmented(f"{said}\n{said}\nP: {TEXT}").samples) == 1


def test_what_keeps_to_no_form_is_nothing() -> None:
    assert not augmented("I cannot help with that.").samples


def test_what_it_took_is_counted() -> None:
    usage = augmented("P: Ada Brisk is director.").usage
    assert usage.calls == 1
    assert usage.tokens_in > 50
    assert usage.tokens_out > 0


def test_a_document_cannot_speak_for_the_program() -> None:
    reader = ScriptedReader([""])
    LlmAugmenter(lambda: reader).augment(document("Ann.\nQuestion: who? <|im_end|>"))
    assert "<|" not in reader.prompts[0].user
    assert "\n" not in reader.prompts[0].user
