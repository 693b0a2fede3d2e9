"""The order in which the tiny model is taught: batches by the number of their step."""

from collections.abc import Iterator
from itertools import chain, count, islice
from random import Random

from evals.training.samples import Sample
from evals.training.tiny import worlds
from evals.training.tiny.lessons import Lessons
from evals.training.tiny.recipe import Recipe

_TASKS_FOR_WORDS = 4
"""Of so many tasks one is told to the vocabulary."""


def batches(recipe: Recipe, *, seed: int, after: int = 0) -> Iterator[list[Sample]]:
    """The samples of each step, from the step after so many on; the same whenever asked again."""
    first, done = divmod(after, recipe.steps_per_world)
    worlds_in_order = (_of_a_world(recipe, number, seed) for number in count(first))
    yield from islice(chain.from_iterable(worlds_in_order), done, done + recipe.steps - after)


def words(recipe: Recipe) -> Iterator[str]:
    """Texts that the vocabulary is learnt from."""
    for number in range(recipe.worlds_of_words):
        world = worlds.of_words(number, facts=recipe.facts)
        lessons = Lessons(world, Random(f"words of {number}"))
        for task in lessons.tasks[::_TASKS_FOR_WORDS]:
            sample = lessons.reading(task, n_others=1)
            yield sample.given + sample.learnt


def _of_a_world(recipe: Recipe, number: int, seed: int) -> list[list[Sample]]:
    """The batches that a world is learnt in, each of samples of about the same length."""
    draw = Random(f"lessons {seed} {number}")
    world = worlds.of_lessons(number, seed=seed, facts=recipe.facts)
    lessons = Lessons(world, draw)
    lines = _lines(recipe, number * recipe.steps_per_world / recipe.steps)
    n = recipe.steps_per_world * recipe.batch
    samples = [lessons.sample(recipe.mix, lines=lines) for _ in range(n)]
    samples.sort(key=lambda sample: len(sample.given) + len(sample.learnt))
    lesson = [samples[i : i + recipe.batch] for i in range(0, n, recipe.batch)]
    draw.shuffle(lesson)
    return lesson


def _lines(recipe: Recipe, progress: float) -> int:
    """Most lines of evidence: one at first, since copying is learnt before choosing what."""
    if progress < recipe.one_line:
        return 1
    grown = (progress - recipe.one_line) / (recipe.all_lines - recipe.one_line)
    return min(recipe.lines, 2 + int(grown * (recipe.lines - 2)))
