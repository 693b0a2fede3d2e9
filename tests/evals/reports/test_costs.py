"""From how many questions a period teaching costs less than looking up."""

from __future__ import annotations

import math

from evals.reports.costs import Cost, crossings


def cost(flops: float, answer_flops: float) -> Cost:
    unknown = math.nan
    return Cost(
        flops=flops, tokens=0, learning_seconds=0, energy_j=unknown, peak_rss_bytes=unknown,
        state_bytes=0, growth=(), answer_flops=answer_flops, median_seconds=0, p95_seconds=0,
        calls=1, tokens_in=0, tokens_out=0,
    )  # fmt: skip


COSTS = {"ours": cost(100, math.nan), "sequential": cost(800, 20), "frozen": cost(0, 20)}
READ = {**COSTS, "retrieval-over-frozen": cost(200, 50)}


def test_looking_up_is_what_the_untaught_model_reads_where_that_takes_part():
    (found,) = crossings(READ, "ours", 6)
    assert (found.taught, found.retrieval) == ("sequential", "retrieval-over-frozen")
    # (800 - 200) / 6 operations a period more, 50 - 20 a question less.
    assert math.isclose(found.questions, 100 / 30)


def test_else_it_is_the_reference_if_its_answers_were_measured():
    assert crossings(COSTS, "ours", 6) == ()
    (found,) = crossings({**COSTS, "ours": cost(200, 50)}, "ours", 6)
    assert (found.taught, found.retrieval) == ("sequential", "ours")
