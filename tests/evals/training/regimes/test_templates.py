from dataclasses import replace

import pytest

from evals.streams.generated import load
from evals.training.regimes.claims import Claim, claims_of
from evals.training.regimes.templates import TemplateAugmenter
from evals.training.samples import Kind, Sample
from tests.evals.training.regimes.documents import document

BEGAN = "On 4 March 2019, Ada Brisk became chief executive of Orn Mills."


def asked(text: str, *, on: str = "2019-03-06", questions: int = 100) -> dict[str, str]:
    drawn = TemplateAugmenter(questions=questions).augment(document(text, on=on))
    return {
        sample.given.split("Question: ")[1].split("\n")[0]: sample.learnt.strip()
        for sample in drawn.samples
        if sample.kind is Kind.QA
    }


def key(claim: Claim) -> tuple[object, ...]:
    return claim.relation, claim.subject, claim.value, claim.before


def test_paraphrases_say_the_same_in_other_words() -> None:
    stream = load(seed=11, facts=40, periods=3)
    for told in (one for period in stream.periods for one in period.documents):
        for sample in TemplateAugmenter().augment(told).samples:
            if sample.kind is Kind.PARAPHRASE:
                text = sample.learnt.removeprefix(f"{told.title}: ")
                assert text != told.text
                again = claims_of(replace(told, text=text))
                assert [key(one) for one in again] == [key(one) for one in claims_of(told)]
                days = zip(again, claims_of(told), strict=True)
                assert all(one.day == other.day for one, other in days)


def test_a_dated_claim_is_asked_about_now_on_its_day_in_its_month_and_back() -> None:
    questions = asked(BEGAN)
    assert questions["Who is the chief executive of Orn Mills?"] == "Ada Brisk"
    assert questions["Who was the chief executive of Orn Mills on 4 March 2019?"] == "Ada Brisk"
    assert questions["In March 2019, who was the chief executive of Orn Mills?"] == "Ada Brisk"
    assert questions["Which company has Ada Brisk as its chief executive?"] == "Orn Mills"
    after = "Who was the chief executive of Orn Mills just after 4 March 2019?"
    assert questions[after] == "Ada Brisk"


def test_the_value_before_is_asked_for() -> None:
    questions = asked(f"{BEGAN} The post had been held by Bo Vex.")
    assert questions["Whom did Ada Brisk follow as chief executive of Orn Mills?"] == "Bo Vex"
    assert questions["Who followed Bo Vex as chief executive of Orn Mills?"] == "Ada Brisk"
    assert questions["Who was the previous chief executive of Orn Mills?"] == "Bo Vex"


def test_what_is_announced_is_not_asked_for_as_if_it_held() -> None:
    questions = asked("Ada Brisk will become chief executive of Orn Mills on 9 May 2020.")
    assert "Who is the chief executive of Orn Mills?" not in questions
    assert questions["Who was the chief executive of Orn Mills on 9 May 2020?"] == "Ada Brisk"


def test_what_has_ended_is_not_asked_about() -> None:
    assert not asked("On 4 March 2019, Ada Brisk ceased to be a board member of Orn Mills.")


def test_times_asked_about_are_not_after_the_document_nor_before_the_value_began() -> None:
    questions = asked("The mayor of Ulm Bay has been Ada Brisk since 3 May 2009.", on="2012-02-05")
    questions |= asked("Ada Brisk has been mayor of Ulm Bay since 3 May 2009.", on="2012-02-05")
    years = {int(word.strip("?,")) for text in questions for word in text.split() if "20" in word}
    assert years
    assert years <= {2009, 2010, 2011, 2012}


@pytest.mark.parametrize("questions", [0, 3, 7])
def test_a_claim_is_asked_about_so_often_at_most(questions: int) -> None:
    assert len(asked(BEGAN, questions=questions)) == questions


def test_few_questions_are_of_different_kinds() -> None:
    words = list(asked(BEGAN, questions=3))
    assert sum("4 March 2019" in text for text in words) <= 1


def test_questions_are_asked_on_the_day_of_the_document() -> None:
    drawn = TemplateAugmenter().augment(document(BEGAN))
    assert all(sample.given.startswith("[2019-03-06] ") for sample in drawn.samples)
    assert all(sample.doc_ids == ("d1",) for sample in drawn.samples)


def test_the_same_document_is_always_augmented_alike_and_costs_nothing() -> None:
    one, same = (TemplateAugmenter().augment(document(BEGAN)) for _ in range(2))
    assert one == same
    assert one.usage.calls == 0
    assert one.flops == 0


def test_other_language_is_left_as_it_is() -> None:
    samples: tuple[Sample, ...] = TemplateAugmenter().augment(document("Orn Mills sold.")).samples
    assert not samples
