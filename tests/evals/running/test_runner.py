"""A run makes each cell once, in its folder and in the cache, and goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.running.folder import RunFolder
from evals.running.runner import Progress, Ran, run
from evals.running.spec import LearnerSpec, RunSpec
from evals.runs import Cell, Run
from rag_lifelong.errors import EvalError
from tests.evals.running.fakes import Diligent, Fragile, StoppedError, equipment


def spec(*learners: str, **values) -> RunSpec:
    named = tuple(LearnerSpec.parse(text) for text in learners or ("diligent",))
    return RunSpec(**{"stream": "towns", "learners": named, "seeds": 1, "wordings": 1, **values})


def bytes_of(run: Path) -> dict[str, bytes]:
    """Everything that must be the same however a run came about."""
    files = [run / "run.json", *run.glob("questions-*"), *(run / "predictions").rglob("*")]
    return {str(file.relative_to(run)): file.read_bytes() for file in files if file.is_file()}


def evaluate(tmp_path: Path, asked: RunSpec, *, out: str = "run", cache: str = "cache") -> Ran:
    return run(asked, tmp_path / out, equipment=equipment(tmp_path / cache))


def test_a_run_is_read_as_it_was_written(tmp_path: Path):
    evaluate(tmp_path, spec("diligent", "bound", seeds=2, wordings=2))
    found = Run(tmp_path / "run")
    assert found.learners == ("diligent", "bound")
    assert found.periods == ("month 1", "month 2", "month 3")
    assert found.cells("bound") == tuple(
        Cell(seed, wording, row) for seed in range(2) for wording in range(2) for row in range(4)
    )
    questions = found.questions(1)
    last = found.answers("bound", Cell(1, 0, 3))
    assert all(last[q].said == questions[q].example.answers[0] for q in last)
    assert {one.kind for one in questions.values()} == {"asof", "now"}
    assert questions[0].example.facts[0].value == "Mayor 1-1"


def test_every_row_is_asked_after_what_came_before_it_and_nothing_else(tmp_path: Path):
    evaluate(tmp_path, spec())
    found = Run(tmp_path / "run")
    said = [{one.said for one in found.answers("diligent", cell).values()}
            for cell in found.cells("diligent")]  # fmt: skip
    assert said == [{"0 of grey"}, {"4 of grey"}, {"8 of grey"}, {"12 of grey"}]


def test_predictions_hold_no_measurements_and_six_digits(tmp_path: Path):
    evaluate(tmp_path, spec())
    line = (tmp_path / "run/predictions/diligent/seed-0-wording-0/row-1.jsonl").read_text("utf-8")
    assert line.splitlines()[0] == (
        '{"abstained":false,"confidence":0.333333,"evidence":[{"date":"2020-01-02","doc_id":"d",'
        '"score":0.123457,"text":"élan"}],"q":0,"said":"4 of grey","signals":null}'
    )


def test_usage_and_what_observing_took_lie_beside(tmp_path: Path):
    evaluate(tmp_path, spec())
    found = Run(tmp_path / "run")
    used = found.used("diligent", Cell(0, 0, 2))
    assert {(one.seconds, one.calls, one.tokens_in, one.tokens_out) for one in used} == {
        (0.5, 1, 30, 10)
    }
    taught = found.taught("diligent", 0)
    assert [(one.period, one.flops, one.state_bytes) for one in taught] == [
        (1, 7.0, 4), (2, 7.0, 8), (3, 7.0, 12)
    ]  # fmt: skip
    assert all(one.peak_rss_bytes > 0 for one in taught)
    # 2 operations x 1,000 weights x 40 tokens.
    assert {one.answer_flops_per_question for one in taught} == {80_000.0}


def test_a_second_run_makes_no_learner_and_the_same_bytes(tmp_path: Path):
    evaluate(tmp_path, spec(seeds=2))
    before = bytes_of(tmp_path / "run")
    Diligent.deeds.clear()
    ran = evaluate(tmp_path, spec(seeds=2))
    assert (ran.cells, ran.made, Diligent.deeds) == (8, 0, [])
    assert bytes_of(tmp_path / "run") == before


def test_another_folder_is_filled_from_what_was_kept(tmp_path: Path):
    evaluate(tmp_path, spec())
    Diligent.deeds.clear()
    evaluate(tmp_path, spec(), out="other")
    assert Diligent.deeds == []
    assert bytes_of(tmp_path / "other") == bytes_of(tmp_path / "run")
    assert Run(tmp_path / "other").taught("diligent", 0) == Run(tmp_path / "run").taught(
        "diligent", 0
    )


def test_a_damaged_or_lost_cell_is_made_anew(tmp_path: Path):
    evaluate(tmp_path, spec())
    before = bytes_of(tmp_path / "run")
    for kept in (tmp_path / "cache/cells").rglob("*.gz"):
        kept.write_bytes(kept.read_bytes()[:-3])
    (tmp_path / "run/predictions/diligent/seed-0-wording-0/row-2.jsonl").write_text("{")
    assert evaluate(tmp_path, spec()).made == 4
    assert bytes_of(tmp_path / "run") == before


def test_a_run_stopped_at_any_answer_ends_as_one_that_was_not(tmp_path: Path):
    asked = spec("fragile", wordings=2)
    Fragile.left = 10_000
    evaluate(tmp_path, asked, out="whole", cache="whole-cache")
    answers = 10_000 - Fragile.left
    for stop in range(0, answers, 3):
        out, cache = f"run-{stop}", f"cache-{stop}"
        Fragile.left = stop
        with pytest.raises(StoppedError):
            evaluate(tmp_path, asked, out=out, cache=cache)
        Fragile.left = 10_000
        evaluate(tmp_path, asked, out=out, cache=cache)
        assert bytes_of(tmp_path / out) == bytes_of(tmp_path / "whole")


def test_after_a_stop_only_what_is_missing_is_asked(tmp_path: Path):
    Fragile.left = 10_000
    evaluate(tmp_path, spec("fragile"), out="whole", cache="whole-cache")
    in_all = 10_000 - Fragile.left
    in_first_two_rows = sum(
        len(Run(tmp_path / "whole").answers("fragile", Cell(0, 0, row))) for row in (0, 1)
    )
    Fragile.left = in_first_two_rows + 1
    with pytest.raises(StoppedError):
        evaluate(tmp_path, spec("fragile"))
    Fragile.left = 10_000
    assert evaluate(tmp_path, spec("fragile")).made == 2
    assert 10_000 - Fragile.left == in_all - in_first_two_rows


def test_some_rows_are_asked_and_all_periods_observed(tmp_path: Path):
    evaluate(tmp_path, spec(rows=(2, 0)))
    found = Run(tmp_path / "run")
    assert [cell.row for cell in found.cells("diligent")] == [0, 2]
    assert [deed for deed in Diligent.deeds if deed.startswith("observed")] == [
        "observed month 1", "observed month 2", "observed month 3"
    ]  # fmt: skip
    assert len(found.taught("diligent", 0)) == 3


def test_a_learner_that_is_measured_is_not_given_the_key(tmp_path: Path):
    evaluate(tmp_path, spec("cheating"))
    found = Run(tmp_path / "run")
    cells = found.cells("cheating")
    assert {a.said for cell in cells for a in found.answers("cheating", cell).values()} == {
        "no key"
    }


def test_wordings_ask_in_other_words_where_there_are_any(tmp_path: Path):
    evaluate(tmp_path, spec(wordings=3, rows=(1,)))
    asked = [deed for deed in Diligent.deeds if "Ostrava" in deed and "month 1" in deed]
    assert asked == [
        "Who was mayor of Ostrava Bay in month 1?",
        "In month 1, who led Ostrava Bay?",
        "Who was mayor of Ostrava Bay in month 1?",
    ]


def test_options_are_part_of_what_a_learner_is(tmp_path: Path):
    evaluate(tmp_path, spec("diligent", "diligent@shade=green"))
    found = Run(tmp_path / "run")
    assert found.answers("diligent@shade=green", Cell(0, 0, 0))[0].said == "0 of green"
    assert found.answers("diligent", Cell(0, 0, 0))[0].said == "0 of grey"


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({"reader_id": "scripted@2"}, 4),
        ({"embedder_id": "hashing@2"}, 4),
        ({"has_energy_meter": False}, 0),
    ],
)
def test_cells_are_made_anew_when_what_makes_them_changed(tmp_path: Path, change, made):
    evaluate(tmp_path, spec())
    other = replace(equipment(tmp_path / "cache"), **change)
    assert run(spec(), tmp_path / "run", equipment=other).made == made


def test_a_folder_is_not_used_for_other_questions(tmp_path: Path):
    evaluate(tmp_path, spec(limit=1))
    with pytest.raises(EvalError, match="holds a run with another limit: 1, not 2"):
        evaluate(tmp_path, spec(limit=2))


def test_a_folder_may_be_given_more_learners(tmp_path: Path):
    evaluate(tmp_path, spec("diligent"))
    assert evaluate(tmp_path, spec("diligent", "cheating")).made == 4
    assert Run(tmp_path / "run").learners == ("diligent", "cheating")


def test_cells_of_an_earlier_program_are_gone_before_new_ones_are_made(tmp_path: Path):
    Fragile.left = 10_000
    evaluate(tmp_path, spec("fragile", rows=(0,)))
    other = replace(equipment(tmp_path / "cache"), reader_id="scripted@2")
    Fragile.left = 0
    with pytest.raises(StoppedError):
        run(spec("fragile", rows=(0,)), tmp_path / "run", equipment=other)
    assert Run(tmp_path / "run").cells("fragile") == ()


def test_two_processes_do_not_write_one_folder(tmp_path: Path):
    with RunFolder(tmp_path / "run").locked(), pytest.raises(EvalError, match="another process"):
        evaluate(tmp_path, spec())


def test_a_confidence_that_is_none_is_refused_with_the_question(tmp_path: Path):
    with pytest.raises(EvalError, match=r"unsure, answering 'Ostrava Bay-1-0': .* 1.5"):
        evaluate(tmp_path, spec("unsure"))


def test_progress_counts_cells_up_to_all_of_them(tmp_path: Path):
    heard: list[Progress] = []
    run(spec(wordings=2), tmp_path / "run", equipment=equipment(tmp_path), progress=heard.append)
    done = [one.done for one in heard]
    assert done == sorted(done)
    assert (done[-1], heard[-1].total) == (8, 8)
    assert "observing month 2" in {one.doing.partition(", ")[2].partition(", ")[2] for one in heard}


def test_what_the_run_is_can_be_told_from_its_folder(tmp_path: Path):
    evaluate(tmp_path, spec("diligent@shade=red", limit=2, rows=(0, 3)))
    about = json.loads((tmp_path / "run/run.json").read_text("utf-8"))
    assert (about["limit"], about["rows_asked"], about["rows"]) == (2, [0, 3], 4)
    assert about["learner_options"] == {"diligent@shade=red": {"shade": "red"}}
    assert about["stream"]["seeds"] == [0]
    assert "api_key" not in about["config"]["reader"]
