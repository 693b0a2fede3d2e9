"""TimeQA's pages become documents and its questions examples, in both published layouts."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from evals.streams import load_stream
from evals.streams.timeqa import load, time_asked_about
from evals.types import Cohort, Form
from rag_lifelong.errors import EvalError
from tests.ingest.data import data_folder


def page(name: str, *questions: list[Any], relation: str = "P127") -> dict[str, Any]:
    return {
        "index": f"/wiki/{name}#{relation}",
        "type": relation,
        "link": f"/wiki/{name}",
        "paras": [
            name.replace("_", " "),
            "Ada Crane owned it until 1907 . Bo Lind bought it then .",
        ],
        "questions": list(questions),
    }


def span(answer: str) -> dict[str, Any]:
    return {"para": 1, "from": 0, "end": len(answer), "answer": answer}


MILL = page(
    "Tarn_Mill",
    ["Who owned Tarn Mill from 1899 to 1907?", [span("Ada Crane")]],
    ["Who owned Tarn Mill in 1908?", [span("Bo Lind"), span("Cy Moe"), span("Bo Lind")]],
    ["Who owned Tarn Mill from 1790 to 1800?", [span("")]],
)


def pages_file(folder: Path, *pages: dict[str, Any]) -> Path:
    path = folder / "human_annotated_test.json"
    path.write_text(json.dumps(pages))
    return path


def test_a_page_is_one_document_whatever_it_is_asked_about(tmp_path: Path):
    other = page("Tarn_Mill", ["Where is Tarn Mill?", [span("Kell")]], relation="P131")
    (period,) = load(pages_file(tmp_path, MILL, other)).periods

    (document,) = period.documents
    assert document.doc_id == "/wiki/Tarn_Mill"
    assert document.title == "Tarn Mill"
    assert document.url == "https://en.wikipedia.org/wiki/Tarn_Mill"
    assert document.text.startswith("Tarn Mill\n\nAda Crane owned it")
    assert period.start == document.published_at
    assert f"{period.start:%Y-%m-%d}" == "2021-01-01"
    assert [e.cluster for e in period.examples] == ["/wiki/Tarn_Mill#P127"] * 3 + [
        "/wiki/Tarn_Mill#P131"
    ]


def test_names_in_links_are_decoded_for_titles(tmp_path: Path):
    made = load(pages_file(tmp_path, page("Kr%C3%B8_Mill", ["Where?", [span("Kell")]])))

    assert made.periods[0].documents[0].title == "Krø Mill"


def test_answers_are_each_given_once_and_none_means_that_the_page_does_not_say(tmp_path: Path):
    made = load(pages_file(tmp_path, MILL))
    one, many, none = made.periods[0].examples

    assert (one.example_id, one.answers) == ("/wiki/Tarn_Mill#P127#0", ("Ada Crane",))
    assert (many.answers, many.cohort) == (("Bo Lind", "Cy Moe"), Cohort.ANY)
    assert (none.answers, none.cohort) == ((), Cohort.UNANSWERABLE)
    assert (one.gold_docs, none.gold_docs) == (("/wiki/Tarn_Mill",), ())
    assert "1 of 3 questions have no answer in their page" in made.notes


@pytest.mark.parametrize("name", ["dev.easy.json", "train.hard.json.gzip"])
def test_generated_questions_are_read_line_by_line(tmp_path: Path, name: str):
    rows = [
        {
            "idx": f"/wiki/Tarn_Mill#P127#{number}",
            "question": f"Who owned Tarn Mill {when}?",
            "context": "Tarn Mill Ada Crane owned it until 1907 .",
            "targets": targets,
            "paragraphs": [{"title": "Tarn Mill", "text": "Ada Crane owned it until 1907 ."}],
        }
        for number, (when, targets) in enumerate(
            [("before Apr 1907", ["Ada Crane"]), ("in 1650", [""])]
        )
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gzip") else data)
    (period,) = load(tmp_path, files=name).periods
    known, unknown = period.examples

    assert [d.text for d in period.documents] == [rows[0]["context"]]
    assert (known.example_id, known.cluster) == (rows[0]["idx"], "/wiki/Tarn_Mill#P127")
    assert (known.answers, known.form) == (("Ada Crane",), Form.BEFORE)
    assert (unknown.answers, unknown.cohort) == ((), Cohort.UNANSWERABLE)


@pytest.mark.parametrize(
    ("question", "form", "first", "last"),
    [
        ("Who led it in 1907?", Form.AS_OF, "1907-01-01", "1908-01-01"),
        ("Who led it in Dec 1907?", Form.AS_OF, "1907-12-01", "1908-01-01"),
        ("Who led it from Sep 1905 to 1907?", Form.BETWEEN, "1905-09-01", "1908-01-01"),
        ("Who led it between May 1905 and Jun 1906?", Form.BETWEEN, "1905-05-01", "1906-07-01"),
        ("Who led it before Apr 1907?", Form.BEFORE, "0001-01-01", "1907-04-01"),
        ("Who led it until 1907?", Form.BEFORE, "0001-01-01", "1908-01-01"),
        ("Who led it after 5 December 2016?", Form.AFTER, "2017-01-01", "9999-12-31"),
        ("Since 1907, who led it?", Form.AFTER, "1907-01-01", "9999-12-31"),
        ("Who led it in the late 1970s?", Form.AS_OF, "1970-01-01", "1980-01-01"),
        ("Who led it from 880 to 887?", Form.BETWEEN, "0880-01-01", "0888-01-01"),
        ("Who led the ship U-567 with 162 men in 1941?", Form.AS_OF, "1941-01-01", "1942-01-01"),
        ("After 1907, who led it until 1910?", Form.BETWEEN, "1907-01-01", "1911-01-01"),
    ],
)
def test_the_time_asked_about_is_what_the_words_name(
    question: str, form: Form, first: str, last: str
):
    found, window = time_asked_about(question)

    assert window is not None
    assert (found, window.start.date(), window.end.date()) == (
        form,
        date.fromisoformat(first),
        date.fromisoformat(last),
    )


@pytest.mark.parametrize("question", ["Who led it?", "Who led 15 South Street after the fire?"])
def test_a_question_that_names_no_date_is_timeless(question: str):
    assert time_asked_about(question) == (Form.TIMELESS, None)


def test_a_date_is_exchanged_for_that_of_another_value_with_its_answer(tmp_path: Path):
    mill = page(
        "Tarn_Mill",
        ["From 1899 to 1907, who was its owner?", [span("Ada Crane")]],
        ["Who owned Tarn Mill in May 1908?", [span("Bo Lind")]],
        ["Who owned Tarn Mill from 1790 to 1800?", [span("")]],
        ["Who owned Tarn Mill in 1910, two years after 1908?", [span("Cy Moe")]],
    )
    (period,) = load(pages_file(tmp_path, mill), perturb="dates").periods

    assert [(e.question, e.answers, e.form.value) for e in period.examples] == [
        ("From 1899 to 1907, who was its owner?", ("Ada Crane",), "between"),
        ("In May 1908, who was its owner?", ("Bo Lind",), "as_of"),
        ("Who owned Tarn Mill in May 1908?", ("Bo Lind",), "as_of"),
        ("Who owned Tarn Mill from 1899 to 1907?", ("Ada Crane",), "between"),
    ]
    first, swapped = period.examples[:2]
    assert (first.perturbs, swapped.perturbs) == ("", first.example_id)
    assert first.cluster == swapped.cluster
    assert f"{swapped.window.start:%Y-%m}" == "1908-05"


@pytest.mark.parametrize(
    "other",
    [
        ["Who owned Tarn Mill from 1905 to 1910?", [span("Bo Lind")]],
        ["Who owned Tarn Mill in 1908?", [span("ada crane")]],
        ["Who owned Tarn Mill?", [span("Bo Lind")]],
    ],
)
def test_without_another_time_and_another_answer_no_date_is_exchanged(
    tmp_path: Path, other: list[Any]
):
    mill = page("Tarn_Mill", MILL["questions"][0], other)
    (period,) = load(pages_file(tmp_path, mill), perturb="dates").periods

    assert (len(period.documents), period.examples) == (1, ())


def test_the_place_of_an_answer_is_known_by_what_stands_beside_it(tmp_path: Path):
    spans = [{"para": 1, "from": 32, "end": 39, "answer": "Bo Lind"}, span("")]
    mill = page("Tarn_Mill", ["Who bought Tarn Mill in 1907?", spans])
    (example,) = load(pages_file(tmp_path, mill)).periods[0].examples

    assert example.answers == ("Bo Lind",)
    assert example.gold_texts == (
        "Ada Crane owned it until 1907 . Bo Lind",
        "Bo Lind bought it then .",
    )


def test_published_dates_are_exchanged():
    (period,) = load(data_folder("timeqa"), perturb="dates").periods

    assert len(period.documents) == 318
    assert len(period.examples) == 1398
    assert all(e.perturbs for e in period.examples[1::2])


def test_pages_are_shared_out_over_periods_by_the_seed(tmp_path: Path):
    pages = [
        page(f"Mill_{n}", ["Who?", [span("Ada")]], ["Where?", [span("Kell")]]) for n in range(7)
    ]
    path = pages_file(tmp_path, *pages)
    shares = [
        [[d.doc_id for d in p.documents] for p in load(path, seed=seed, periods=3).periods]
        for seed in (0, 0, 1)
    ]

    assert shares[0] == shares[1] != shares[2]
    assert [len(share) for share in shares[0]] == [3, 2, 2]
    assert sorted(chain.from_iterable(shares[0])) == [f"/wiki/Mill_{n}" for n in range(7)]


def test_a_question_is_asked_in_the_period_of_its_page(tmp_path: Path):
    pages = [page(f"Mill_{n}", ["Who?", [span("Ada")]]) for n in range(4)]
    made = load_stream("timeqa", pages_file(tmp_path, *pages), periods="2", as_of="2019-03-01")

    assert [p.name for p in made.periods] == ["2019-03-01", "2019-03-02"]
    for period in made.periods:
        assert [e.gold_docs[0] for e in period.examples] == [d.doc_id for d in period.documents]
        assert all(period.start <= d.published_at < period.end for d in period.documents)


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({"link": "/wiki/A"}, "must hold a list of pages"),
        ([{"index": "/wiki/A#P1"}], r"human_annotated_test\.json: page 1: no 'paras'"),
        ([page("A") | {"paras": [["A"]]}], "page 1: 'paras' must be a list of texts"),
        ([page("A", ["Who?", [{"para": 1}]])], "page 1: no question with its answers"),
        ([page("A", [["May 1955", "Apr 1956"], [span("x")]])], "page 1: no words of a question"),
    ],
)
def test_a_page_that_is_not_as_published_is_named(tmp_path: Path, pages: object, said: str):
    path = tmp_path / "human_annotated_test.json"
    path.write_text(json.dumps(pages))

    with pytest.raises(EvalError, match=said):
        load(path)


def test_a_folder_without_such_files_and_too_many_periods_are_errors(tmp_path: Path):
    with pytest.raises(EvalError, match=r"no file human_annotated_\*\.json"):
        load(tmp_path)
    with pytest.raises(EvalError, match="1 pages do not fill 2 periods"):
        load(pages_file(tmp_path, MILL), periods=2)


def test_published_counts():
    (period,) = load(data_folder("timeqa")).periods

    assert (len(period.documents), len(period.examples)) == (318, 1171)
    assert period.documents[0].title == "Newton D. Baker House"
    assert period.examples[0].example_id == "/wiki/Newton_D._Baker_House#P466#0"
    assert period.examples[-1].example_id == "/wiki/Powszechny_Zakład_Ubezpieczeń#P169#6"
    assert Counter(e.form.value for e in period.examples) == {
        "between": 1064,
        "as_of": 101,
        "timeless": 3,
        "after": 3,
    }
    assert sum(not e.answers for e in period.examples) == 189


def test_published_answers_are_written_in_their_page():
    (period,) = load(data_folder("timeqa")).periods
    texts = {document.doc_id: document.text for document in period.documents}

    assert all(said in texts[e.gold_docs[0]] for e in period.examples for said in e.answers)
