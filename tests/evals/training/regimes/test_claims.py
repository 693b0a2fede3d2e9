from datetime import UTC, datetime

import pytest

from evals.streams.generated import load
from evals.streams.generating.relations import RELATIONS, Style
from evals.streams.generating.told_words import ARCHIVED, SENTENCES
from evals.training.regimes.claims import claims_of, day_of
from tests.evals.training.regimes.documents import document

VALUES = {
    Style.OFFICE: ("Ada Brisk", "Bo Vex"),
    Style.PLACE: ("Ulm Bay", "Bonn Ford"),
    Style.COUNT: ("12,345", "9,876"),
    Style.PRICE: ("321", "123"),
    Style.SCHEDULE: ("4 May 2021", "6 July 2022"),
    Style.MEMBERS: ("Ada Brisk", ""),
}
SAID = [
    (style, what, sentence)
    for style, ways in SENTENCES.items()
    for what, sentences in ways.items()
    for sentence in sentences
    if what != "recall"
]


@pytest.mark.parametrize(("style", "what", "sentence"), SAID)
def test_every_sentence_of_the_language_is_understood(
    style: Style, what: str, sentence: str
) -> None:
    relation = next(one for one in RELATIONS if one.style is style)
    value, _ = VALUES[style]
    said = sentence.format(s="Orn Research Station", v=value, n=relation.noun, d="2 June 2018")
    (claim,) = claims_of(document(f"{said} Rain fell for most of the day."))
    assert (claim.relation, claim.subject, claim.value) == (
        relation,
        "Orn Research Station",
        value,
    )
    if "{d}" in sentence:
        assert claim.day == datetime(2018, 6, 2, tzinfo=UTC)
    elif what == "today":
        assert claim.day == datetime(2019, 3, 6, tzinfo=UTC)
    else:
        assert claim.day is None


@pytest.mark.parametrize("style", [style for style in Style if "recall" in SENTENCES[style]])
def test_the_value_before_belongs_to_the_claim_before(style: Style) -> None:
    relation = next(one for one in RELATIONS if one.style is style)
    value, old = VALUES[style]
    for sentence in SENTENCES[style]["recall"]:
        state = SENTENCES[style]["state"][0].format(s="Orn Mills", v=value, n=relation.noun)
        (claim,) = claims_of(document(f"{state} {sentence.format(o=old)}"))
        assert (claim.value, claim.before) == (value, old)


@pytest.mark.parametrize("lead", ARCHIVED)
def test_a_reprint_says_what_was_said_when_it_first_appeared(lead: str) -> None:
    text = f"{lead.format(d='5 May 2012')} The mayor of Ulm Bay is Ada Brisk."
    (claim,) = claims_of(document(text))
    assert claim.said_at == datetime(2012, 5, 5, tzinfo=UTC)


def test_every_document_of_a_stream_states_what_the_stream_says_it_states() -> None:
    stream = load(seed=7, facts=60)
    documents = {one.doc_id: one for period in stream.periods for one in period.documents}
    facts = {
        fact
        for period in stream.periods
        for standing in period.standing
        for fact in standing.history
        if not fact.relation.endswith(" of")
    }
    for fact in facts:
        for doc_id in fact.doc_ids:
            claims = claims_of(documents[doc_id])
            stated = {(one.subject, one.relation.noun, one.value) for one in claims}
            assert (fact.subject, fact.relation, fact.value) in stated


def test_other_language_says_nothing() -> None:
    assert not claims_of(document("Ada Brisk, who runs Orn Mills, resigned yesterday."))


def test_days_are_read_as_they_are_written() -> None:
    assert day_of("29 February 2020") == datetime(2020, 2, 29, tzinfo=UTC)
