"""Learners over the shared store: what each ranks first, and what none may ever see."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from evals.ports import Learner
from evals.registry import LEARNERS
from evals.types import Asked, Example, Period, Prediction, SourceDocument
from rag_lifelong.config import Config, ReaderConfig, RetrievalConfig
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Prompt
from rag_lifelong.prompting import CHECK
from rag_lifelong.testing import ScriptedReader
from tests.evals.learners.benches import bench, day

STORE_BACKED = [
    name
    for name, entry in LEARNERS.items()
    if entry.target.partition(":")[0] in ("evals.learners.retrievers", "evals.learners.ours")
]
VANILLA = ["bm25", "dense", "hybrid"]


def document(doc_id: str, when: str, text: str, *, revises: str = "") -> SourceDocument:
    return SourceDocument(
        doc_id=doc_id, title="Nimvale", text=text, published_at=day(when), revises=revises
    )


def year(number: int, *documents: SourceDocument) -> Period:
    return Period(
        name=str(number),
        start=day(f"{number}-01-01"),
        end=day(f"{number + 1}-01-01"),
        documents=documents,
    )


OF_2020 = year(
    2020,
    document("ann", "2020-02-01", "Ann Orrin is mayor of Nimvale since 2016."),
    document("rain", "2020-06-01", "Rain fell on the hills for a week."),
)
OF_2021 = year(
    2021,
    document("bob", "2021-03-05", "Bob Tessel is mayor of Nimvale since 2021."),
    document("fair", "2021-09-01", "The fair of Nimvale drew a crowd."),
)
OF_2022 = year(
    2022,
    document("cyd", "2022-02-01", "Cyd Umbrel is mayor of Nimvale since 2022."),
    document("ice", "2022-12-20", "Ice closed the harbour."),
)
STREAM = (OF_2020, OF_2021, OF_2022)
PAGE = (
    year(2020, document("p@1", "2020-02-01", "Ann leads Nimvale.", revises="p")),
    year(2021, document("p@2", "2021-02-01", "Bob leads Nimvale.", revises="p")),
)
HALF_A_SECOND = (
    year(2020, document("late", "2020-05-01T12:00:00.500000", "Dee Vole is mayor of Nimvale.")),
)
QUESTIONS = [
    "Who is mayor of Nimvale?",
    "Who was mayor of Nimvale in 2020?",
    "Who was mayor of Nimvale before 2022?",
    "Who was mayor of Nimvale as of June 2021?",
    "What fell on the hills?",
    "When did ice close the harbour?",
]


def configured(**retrieval: float) -> Config:
    return Config().model_copy(update={"retrieval": RetrievalConfig(**retrieval)})


@pytest.fixture(scope="module")
def three_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where learners find a store that holds the whole stream."""
    folder = tmp_path_factory.mktemp("three-years")
    learner("bm25", folder)
    return folder


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they find one that holds the first two periods."""
    folder = tmp_path_factory.mktemp("two-years")
    learner("bm25", folder, STREAM[:2])
    return folder


@pytest.fixture(scope="module")
def page_of_two_revisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    learner("bm25", folder, PAGE)
    return folder


@pytest.fixture(scope="module")
def half_a_second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("half-a-second")
    learner("bm25", folder, HALF_A_SECOND)
    return folder


def put(question: str, at: str | datetime) -> Asked:
    moment = day(at) if isinstance(at, str) else at
    return Asked(
        question=question, asked_at=moment, key=Example(example_id="q", wordings=(question,))
    )


def learner(name: str, folder: Path, periods: tuple[Period, ...] = STREAM, **options: str):
    """One that has observed periods, and is read perfectly."""
    made = LEARNERS[name].make(bench(folder, reading="perfect", **options))
    for period in periods:
        made.observe(period)
    return made


def found(made: Learner, question: str, at: str) -> list[str]:
    return [line.doc_id for line in made.answer(put(question, at)).evidence]


def everything_asked(made: Learner, at: str = "2023-01-01") -> list[Prediction]:
    return [made.answer(put(question, at)) for question in QUESTIONS]


@pytest.mark.parametrize("name", STORE_BACKED)
class TestEveryOne:
    """Conformance."""

    def test_without_anything_observed_nothing_is_found_and_it_abstains(self, name, tmp_path):
        prediction = LEARNERS[name].make(bench(tmp_path)).answer(put(QUESTIONS[0], "2023-01-01"))
        assert prediction.abstained
        assert prediction.evidence == ()
        assert prediction.usage.calls == 0

    def test_finds_what_was_told_under_the_id_the_stream_gave_it(self, name, three_years):
        made = learner(name, three_years)
        assert "rain" in found(made, "What fell on the hills?", "2023-01-01")

    def test_nothing_published_after_the_question_is_evidence(self, name, three_years):
        made = learner(name, three_years)
        for at in ("2020-01-31", "2020-02-01", "2021-03-04", "2022-01-31T23:59:59"):
            for prediction in everything_asked(made, at):
                assert all(line.date <= at[:10] for line in prediction.evidence)
        assert not found(made, QUESTIONS[0], "2020-01-31")
        assert "ann" in found(made, QUESTIONS[0], "2020-02-01")

    def test_nothing_published_later_in_the_same_second_is_evidence(self, name, half_a_second):
        made = learner(name, half_a_second, HALF_A_SECOND)
        assert found(made, QUESTIONS[0], "2020-05-01T12:00:00") == []
        assert found(made, QUESTIONS[0], "2020-05-01T12:00:00.500000") == ["late"]

    def test_a_store_that_holds_more_answers_the_same(self, name, two_years, three_years):
        alone = learner(name, two_years, STREAM[:2])
        behind = learner(name, three_years, STREAM[:2])
        assert everything_asked(behind) == everything_asked(alone)
        assert everything_asked(behind, "2021-06-01") == everything_asked(alone, "2021-06-01")

    def test_observing_again_after_a_crash_changes_no_answer(self, name, three_years):
        first = everything_asked(learner(name, three_years))
        again = LEARNERS[name].make(bench(three_years, reading="perfect"))
        assert again.answer(put(QUESTIONS[0], "2023-01-01")).evidence == ()
        for period in STREAM:
            again.observe(period)
        assert everything_asked(again) == first

    def test_revisions_of_one_page_keep_their_own_ids(self, name, page_of_two_revisions):
        made = learner(name, page_of_two_revisions, PAGE)
        newest = "p@1" if name == "stale-index" else "p@2"
        assert newest in found(made, "Who leads Nimvale?", "2022-01-01")
        assert found(made, "Who leads Nimvale?", "2020-12-31") == ["p@1"]

    def test_an_unknown_option_is_refused_with_those_there_are(self, name, tmp_path):
        with pytest.raises(EvalError, match=f"{name} has no option 'depth'") as refused:
            LEARNERS[name].make(bench(tmp_path, depth="3"))
        assert refused.value.hint is not None
        assert "order" in refused.value.hint

    def test_a_wrong_value_is_refused(self, name, tmp_path):
        with pytest.raises(EvalError, match=f"option order of {name} = 'worst'"):
            LEARNERS[name].make(bench(tmp_path, order="worst"))

    def test_at_most_k_lines_are_evidence(self, name, three_years):
        made = learner(name, three_years, k="1")
        assert all(len(one.evidence) <= 1 for one in everything_asked(made))


@pytest.mark.parametrize("name", VANILLA)
def test_plain_retrieval_searches_revisions_that_no_longer_hold(name, page_of_two_revisions):
    made = learner(name, page_of_two_revisions, PAGE)
    assert sorted(found(made, "Who leads Nimvale?", "2022-01-01")) == ["p@1", "p@2"]


def test_bm25_goes_by_words_and_dense_by_cosine(tmp_path):
    told = year(
        2020,
        document("short", "2020-02-01", "Harbour."),
        document("long", "2020-02-02", "Harbour harbour of the old town by the sea, with ice."),
    )
    lexical = learner("bm25", tmp_path / "a", (told,))
    assert found(lexical, "ice", "2021-01-01") == ["long"]
    dense = learner("dense", tmp_path / "b", (told,))
    [first, second] = dense.answer(put("Nimvale harbour", "2021-01-01")).evidence
    assert (first.doc_id, first.score) == ("short", pytest.approx(1.0))
    assert second.score < 1


def test_hybrid_scores_by_reciprocal_ranks(three_years):
    made = learner("hybrid", three_years)
    best = made.answer(put("What fell on the hills?", "2023-01-01")).evidence[0]
    assert (best.doc_id, best.score) == ("rain", pytest.approx(2 / 61))


def test_newest_first_puts_the_newest_candidate_first_whatever_is_asked(three_years):
    made = learner("newest-first", three_years)
    lines = found(made, "Who was mayor of Nimvale in 2020?", "2023-01-01")
    assert lines[:3] == ["ice", "cyd", "fair"]
    best = made.answer(put("Who was mayor of Nimvale in 2020?", "2022-12-22")).evidence[0]
    assert best.score == -2.0


def test_half_life_prefers_the_newest_of_equally_similar(three_years):
    made = learner("half-life", three_years)
    assert found(made, "Who was mayor of Nimvale in 2020?", "2022-02-02")[0] == "cyd"


def test_half_life_follows_its_options(three_years):
    plain = learner("half-life", three_years, alpha="1")
    assert found(plain, "What fell on the hills?", "2022-02-02")[0] == "rain"
    prior = learner("half-life", three_years, alpha="0", days="3650")
    [newest, *_] = prior.answer(put("What fell on the hills?", "2022-02-11")).evidence
    assert (newest.doc_id, newest.score) == ("cyd", pytest.approx(0.5 ** (10 / 3650)))


def test_tempralm_prefers_the_nearest_before_the_time_asked_about(three_years):
    made = learner("tempralm", three_years)
    assert found(made, "Who was mayor of Nimvale on 6 March 2021?", "2023-01-01")[0] == "bob"
    in_2020 = found(made, "Who was mayor of Nimvale in 2020?", "2023-01-01")
    assert sorted(in_2020) == ["ann", "rain"]


def test_chronos_prefers_what_was_published_in_the_interval(three_years):
    made = learner("chronos", three_years)
    assert found(made, "Who was mayor of Nimvale in 2021?", "2023-01-01")[0] == "bob"
    assert found(made, "Who was mayor of Nimvale in 2020?", "2023-01-01")[0] == "ann"


def test_mrag_goes_by_years_in_the_text_and_not_by_publication(tmp_path):
    told = year(
        2020,
        document("early", "2020-09-01", "Ann Orrin is mayor of Nimvale since 1990."),
        document("late", "2020-02-01", "Bob Tessel is mayor of Nimvale since 2004."),
        document("wrong", "2020-08-01", "Cyd Umbrel is mayor of Nimvale since 2019."),
    )
    made = learner("mrag", tmp_path, (told,))
    assert found(made, "Who was mayor of Nimvale as of 2005?", "2021-01-01") == [
        "late", "early", "wrong",
    ]  # fmt: skip


def test_stale_index_knows_the_first_period_alone_and_pays_for_no_other(tmp_path):
    made = LEARNERS["stale-index"].make(bench(tmp_path, reading="perfect"))
    first, second = made.observe(OF_2020), made.observe(OF_2021)
    assert first.tokens > second.tokens == 0
    assert second.state_bytes == first.state_bytes
    assert sorted(found(made, QUESTIONS[0], "2023-01-01")) == ["ann", "rain"]


def test_lines_and_candidates_are_those_of_the_product_unless_set(three_years):
    config = configured(evidence=2, candidates=3)
    made = LEARNERS["dense"].make(bench(three_years, reading="perfect", config=config))
    for period in STREAM:
        made.observe(period)
    assert len(found(made, QUESTIONS[0], "2023-01-01")) == 2
    few = learner("dense", three_years, candidates="1")
    assert len(found(few, QUESTIONS[0], "2023-01-01")) == 1


class TestOrder:
    """The order lines are shown in, which only a language model can mind."""

    MAYORS = year(
        2020,
        document("best", "2020-02-01", "Ann Orrin is the mayor of Nimvale."),
        document("good", "2020-03-01", "The mayor of Nimvale sings. Snow fell upon the far hills."),
        document("poor", "2020-04-01", "Nimvale is far. Nobody counts the many sheep up there."),
    )
    QUESTION = "Ann Orrin the mayor of Nimvale?"

    def shown(
        self, folder: Path, *, seed: int = 0, at_once: int = 3, **options: str
    ) -> tuple[list[str], Prediction]:
        """The lines of the prompt, and the prediction."""
        prompts: list[Prompt] = []

        def answer(prompt: Prompt) -> str:
            prompts.append(prompt)
            return "Yes" if prompt.user.endswith(CHECK) else "Ann Orrin"

        config = configured(quote_chars=40, min_support=0.0)
        config = config.model_copy(update={"reader": ReaderConfig(at_once=at_once)})
        made_of = bench(folder, ScriptedReader(answer), config=config, **options)
        made = LEARNERS["dense"].make(replace(made_of, seed=seed))
        made.observe(self.MAYORS)
        prediction = made.answer(put(self.QUESTION, "2021-01-01"))
        lines = prompts[0].user.splitlines()
        return [line for line in lines if line.startswith("[")], prediction

    def test_best_line_is_last_by_default_and_whole(self, tmp_path):
        lines, prediction = self.shown(tmp_path)
        assert lines[-1] == "[2020-02-01] Nimvale: Ann Orrin is the mayor of Nimvale."
        assert not prediction.abstained
        assert [line.doc_id for line in prediction.evidence] == ["best", "good", "poor"]

    @pytest.mark.parametrize("order", ["best-first", "shuffled"])
    def test_other_orders_show_the_same_lines_and_keep_the_same_evidence(self, order, tmp_path):
        usual, expected = self.shown(tmp_path)
        lines, prediction = self.shown(tmp_path, order=order)
        assert sorted(lines) == sorted(usual)
        assert prediction.evidence == expected.evidence
        if order == "best-first":
            assert lines == usual[::-1]

    def test_lines_read_one_at_a_time_have_no_other_order(self, tmp_path):
        with pytest.raises(EvalError, match="at_once is 1"):
            self.shown(tmp_path, order="shuffled", at_once=1)

    def test_shuffling_goes_by_the_seed(self, tmp_path):
        orders = {tuple(self.shown(tmp_path, seed=s, order="shuffled")[0]) for s in range(8)}
        again = {tuple(self.shown(tmp_path, seed=s, order="shuffled")[0]) for s in range(8)}
        assert len(orders) > 1
        assert again == orders

    def test_perfect_reading_goes_by_the_best_line_in_any_order(self, three_years):
        usual = everything_asked(learner("dense", three_years))
        assert everything_asked(learner("dense", three_years, order="best-first")) == usual


@pytest.mark.parametrize("value", ["0", "21", "few"])
def test_a_number_of_lines_out_of_its_limits_is_refused(value, tmp_path):
    with pytest.raises(EvalError, match=f"option k of dense = '{value}'"):
        LEARNERS["dense"].make(bench(tmp_path, k=value))


def test_every_learner_over_the_store_is_covered():
    assert {"ours", "hybrid", "stale-index", "mrag"} < set(STORE_BACKED)
    assert len(STORE_BACKED) == 10
