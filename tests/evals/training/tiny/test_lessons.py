from itertools import islice
from random import Random

import pytest

from evals.training.samples import Kind, Sample
from evals.training.tiny import course, worlds
from evals.training.tiny.lessons import Lessons
from evals.training.tiny.recipe import MICRO, Mix, Recipe


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return Lessons(worlds.held_out(0, facts=12), Random(0))


def lines(sample: Sample) -> list[str]:
    passages = sample.given.split("Passages:\n")[1].split("\n\nQuestion:")[0]
    return passages.splitlines()


def test_a_line_of_evidence_holds_the_answer(lessons: Lessons) -> None:
    for task in lessons.tasks:
        sample = lessons.reading(task, n_others=3)
        assert len(lines(sample)) == 4
        assert any(task.answer in line for line in lines(sample))
        assert sample.learnt == f" {task.answer}"


def test_no_line_contradicts_the_answer(lessons: Lessons) -> None:
    for task in lessons.tasks:
        assert task.document.doc_id in task.bearing
        assert len(set(lessons.reading(task, n_others=4).doc_ids) & task.bearing) == 1


def test_no_line_is_of_the_future(lessons: Lessons) -> None:
    assert all(task.document.published_at <= task.asked_at for task in lessons.tasks)


def test_what_is_near_shares_a_name_and_does_not_bear_on_the_question(lessons: Lessons) -> None:
    near = [(task, other) for task in lessons.tasks for other in task.near]
    assert near
    assert not any(other.doc_id in task.bearing for task, other in near)


def test_each_kind_of_sample_comes_up(lessons: Lessons) -> None:
    given = [lessons.sample(Mix(), lines=2) for _ in range(60)]
    assert {sample.kind for sample in given} == {Kind.RAW, Kind.QA}
    assert any("Passages:" in sample.given for sample in given)
    assert any(sample.kind is Kind.QA and "Passages:" not in sample.given for sample in given)


def test_evidence_is_one_line_at_first_and_grows() -> None:
    recipe = Recipe(shape=MICRO.shape, steps=10, batch=4, facts=8, steps_per_world=1)
    most = [
        max((len(lines(one)) for one in batch if "Passages:" in one.given), default=0)
        for batch in course.batches(recipe, seed=0)
    ]
    assert max(most[:2]) == 1
    assert max(most[5:]) > 2


def test_a_course_goes_on_where_it_was_left() -> None:
    whole = list(course.batches(MICRO, seed=0))
    assert list(course.batches(MICRO, seed=0, after=4)) == whole[4:]
    assert len(whole) == MICRO.steps


def test_another_seed_reads_of_other_worlds() -> None:
    one, other = (next(course.batches(MICRO, seed=seed)) for seed in (0, 1))
    assert one != other


def test_worlds_that_are_measured_on_are_not_learnt_from() -> None:
    read = set(islice(course.words(MICRO), 50))
    held_out = Lessons(worlds.held_out(0, facts=MICRO.facts), Random(0))
    assert not any(document.text in text for document in held_out.documents for text in read)
