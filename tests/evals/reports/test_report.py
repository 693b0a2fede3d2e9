"""The report is whole, safe, stable and says what it does not know."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.reports.browser import browsed
from evals.reports.report import write_report
from evals.reports.sections import SECTIONS
from evals.runs import Run
from evals.scoring import score_run
from tests.evals.reports.runs import BEHAVIOURS, ROW_TIMES, T, questions, right, write_run


def clairvoyant(question, row, time):
    return right(question, row, ROW_TIMES[min(row + 1, T)] if row else time)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_run(tmp_path_factory.mktemp("run"), BEHAVIOURS | {"ours@k=3": clairvoyant})
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def html(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbers(run: Path) -> dict:
    return json.loads((run / "scores.json").read_text(encoding="utf-8"))


class Page(HTMLParser):
    """Counts tags, and keeps identifiers, addresses and what scripts hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "link", "br", "use", "path", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()


def test_the_page_needs_nothing_else(html: str):
    page = Page(html)
    for name, value in page.attributes:
        if name in {"src", "href", "xlink:href", "action"}:
            assert value.startswith("#"), (name, value)
    assert "link" not in page.tags
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\((?!#)", html)


def test_every_element_is_closed_and_every_identifier_is_one_s_own(html: str):
    page = Page(html)
    assert page.open == []
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    labels = {value for name, value in page.attributes if name == "aria-labelledby"}
    assert labels <= set(ids)


def test_questions_and_evidence_are_data_and_never_markup(html: str):
    assert "<b>Nobody</b>" not in html
    assert "</script><b>now</b>" not in html
    data = re.search(
        r'<script type="application/json" id="browsed">(.*?)</script>', html, re.DOTALL
    )
    held = json.loads(data[1])
    assert "What is the post of <b>Nobody</b> & Sons?" in {q["question"] for q in held["questions"]}
    assert any("</script><b>now</b>" in text for _, _, text in held["texts"])


def test_every_section_is_there_and_linked(html: str):
    linked = re.findall(r'<li><a href="#([^"]+)">', html)
    assert len(linked) == len(SECTIONS) + 1
    assert linked[0] == "results"
    for name in linked:
        assert f'<h2 id="{name}">' in html


def test_tables_name_their_rows_and_columns(html: str):
    heads = re.findall(r"<th\b[^>]*>", html)
    assert heads
    assert all('scope="row"' in head or 'scope="col"' in head for head in heads)


def test_figures_are_told_in_words(html: str):
    plots = re.findall(r'<div class="plot"[^>]*>', html)
    assert len(plots) >= 7
    assert all('role="img"' in plot and 'aria-label="' in plot for plot in plots)


def test_the_same_run_gives_the_same_bytes(run: Path):
    before = {
        name: (run / name).read_bytes() for name in ("scores.json", "report.html", "report.md")
    }
    written = write_report(run)
    assert {file.name: file.read_bytes() for file in written} == before


def test_markdown_tables_have_as_many_cells_in_every_row(run: Path):
    text = (run / "report.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) > 10
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table


def test_the_numbers_are_those_of_the_behaviours(numbers: dict):
    first = numbers["estimates"]["fresh_em"]
    assert {name: one["value"] for name, one in first.items()} == {
        "ours": 1, "lagging": 0.5, "mute": 0, "ours@k=3": 1,
    }  # fmt: skip
    assert numbers["reference"] == "ours"
    assert numbers["differences"]["fresh_em"]["lagging"]["value"] == -0.5
    assert numbers["matrices"]["lagging"]["now"][T] == [0, 0, 1]
    assert numbers["over_time"]["lagging"]["staleness"] == [None, None, 1, 1]
    assert numbers["costs"]["ours"]["flops"] == 6e9
    assert numbers["wordings"]["lagging"] == {"0": 0.5, "1": 0.5}


def test_what_needs_other_learners_is_said_to_be_unmeasured(numbers: dict, html: str):
    by_label = {one["label"]: one for one in numbers["transfer"]["ours"]["asof"]}
    assert by_label["FWD"]["value"] is None
    assert "no learner single-period" in by_label["FWD"]["definition"]
    assert "no learner joint" in by_label["intransigence"]["definition"]
    assert "Break-even was not measured" in html


def test_what_is_forgotten_is_set_against_what_is_gained(numbers: dict):
    def ratio(learner: str) -> float | None:
        by_label = {one["label"]: one for one in numbers["transfer"][learner]["asof"]}
        return by_label["FUAR"]["value"]

    assert ratio("ours") == 0
    assert ratio("mute") is None


def test_the_command_that_makes_the_run_is_there_to_be_copied(run: Path, html: str):
    command = (
        "rag-lifelong eval run posts -o people=12 --learner ours --learner lagging --learner mute "
        "--learner ours@k=3 --seeds 2 --wordings 2 --reading perfect"
    )
    assert f"<code>{command}</code>" in html
    assert f"```\n{command}\n```" in (run / "report.md").read_text(encoding="utf-8")


def test_a_leak_is_told_before_anything_else(html: str, numbers: dict):
    assert numbers["leaks_holm"]["ours@k=3"] < 0.01
    assert numbers["leaks_holm"]["ours"] == 1
    assert html.index("Knows the future: ours@k=3.") < html.index('id="results"')


def test_options_are_an_ablation_of_the_learner_without(numbers: dict):
    assert [(one["learner"], one["base"]) for one in numbers["ablations"]] == [("ours@k=3", "ours")]
    assert numbers["ablations"][0]["endpoints"]["fresh_em"]["value"] == 0


def test_on_public_facts_no_leak_is_looked_for(tmp_path: Path):
    folder = write_run(
        tmp_path, {"ours": clairvoyant}, contamination="written in 2019", asked=questions(3)
    )
    write_report(folder)
    assert json.loads((folder / "scores.json").read_text())["leaks"] == []
    html = (folder / "report.html").read_text()
    assert "Models may know these facts from their training: written in 2019" in html


def test_a_run_without_standing_questions_says_so(tmp_path: Path):
    asked = [question for question in questions(6) if question.kind == "asof"]
    folder = write_run(tmp_path, {"ours": right}, asked=asked)
    write_report(folder)
    assert "the first endpoint was not measured" in (folder / "report.html").read_text()


def test_the_browser_holds_the_same_questions_of_every_learner_within_its_limit(run: Path):
    read = Run(run)
    scores = score_run(read)
    few = browsed(read, scores, limit=4 * 10)
    assert len(few.data["questions"]) == 10
    assert all(None not in question["answered"] for question in few.data["questions"])
    assert few.notice.startswith("10 of the 33 questions")
    assert browsed(read, scores).notice.startswith("All 33 questions")


def test_verdicts_tell_wrong_stale_and_silent_apart(run: Path):
    read = Run(run)
    held = browsed(read, score_run(read)).data
    verdicts = {
        learner: {question["answered"][place]["verdict"] for question in held["questions"]}
        for place, learner in enumerate(held["learners"])
    }
    assert verdicts["ours"] == {"right"}
    assert verdicts["lagging"] == {"right", "stale"}
    assert verdicts["mute"] == {"right", "abstained"}
