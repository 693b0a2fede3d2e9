"""The product's own line as a learner: it is the product's, and says so of every option."""

from __future__ import annotations

import pytest

from evals.learners.ours import Ours
from evals.types import Asked
from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import Config, RetrievalConfig
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Encoders
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.testing import HashingEmbedder
from tests.evals.learners.benches import FIRST, NOW, SECOND, asked, bench, day, says


def configured(**retrieval: float) -> Config:
    return Config().model_copy(update={"retrieval": RetrievalConfig(**retrieval)})


def ours(folder, *periods, **options: str) -> Ours:
    made = Ours(bench(folder, reading="perfect", **options))
    for period in periods:
        made.observe(period)
    return made


def test_finds_what_the_product_finds(tmp_path):
    made = ours(tmp_path, FIRST, SECOND)
    moment = Moment(asked_at=day("2022-01-01"), known_at=SECOND.end)
    with StoreSnapshot(tmp_path / "shared" / "store") as snapshot:
        expected = retrieve(
            NOW.question, moment, snapshot, Encoders(HashingEmbedder()), RetrievalConfig()
        ).evidence
    lines = made.answer(asked(NOW, "2022-01-01")).evidence
    assert [line.doc_id for line in lines] == [one.chunk.revision_id for one in expected]
    assert [line.score for line in lines] == [one.score for one in expected]


def test_a_newer_statement_is_given_where_the_question_is_about_now(tmp_path):
    made = ours(tmp_path, FIRST, SECOND)
    assert made.answer(asked(NOW, "2022-01-01")).said == "Bob Tessel"
    assert made.answer(asked(NOW, "2021-01-01")).said == "Ann Orrin"


def test_reads_with_the_time_applied_left_out_of_the_question(tmp_path):
    reader = says("Ann Orrin", "Yes")
    made = Ours(bench(tmp_path, reader, config=configured(min_support=0)))
    made.observe(FIRST)
    question = NOW.question.replace("is the mayor of Nimvale?", "was mayor of Nimvale in 2020?")
    prediction = made.answer(Asked(question=question, asked_at=day("2021-01-01")))
    assert prediction.said == "Ann Orrin"
    assert not prediction.abstained
    assert "Question: Who was mayor of Nimvale?" in reader.prompts[0].user


def test_any_setting_of_retrieval_is_an_option_over_the_configured(tmp_path):
    config = configured(evidence=3, least_share=0.1)
    made = Ours(bench(tmp_path, config=config, lexical_weight="0.5", evidence="2"))
    settings = made.settings
    assert (settings.evidence, settings.lexical_weight, settings.least_share) == (2, 0.5, 0.1)


def test_k_is_evidence(tmp_path):
    assert Ours(bench(tmp_path, k="3")).settings.evidence == 3


@pytest.mark.parametrize(("option", "value"), [("evidence", "21"), ("least_share", "much")])
def test_a_setting_out_of_its_limits_is_refused(option, value, tmp_path):
    with pytest.raises(EvalError, match=f"option {option} of ours = '{value}'"):
        Ours(bench(tmp_path, **{option: value}))


def test_an_unknown_setting_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(EvalError, match="no option 'half_life'") as refused:
        Ours(bench(tmp_path, half_life="3"))
    assert refused.value.hint is not None
    assert "least_share" in refused.value.hint
