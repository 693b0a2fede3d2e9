"""The parts of the report, each from the summary to paragraphs, tables and figures."""

from collections.abc import Callable, Sequence

from evals.reports.page import Section
from evals.reports.sections.about import definitions, how_it_was_run
from evals.reports.sections.checks import ablations, guards
from evals.reports.sections.costs import costs
from evals.reports.sections.course import matrices, over_time
from evals.reports.sections.details import breakdown, confidence, steadiness
from evals.reports.sections.evidence import evidence
from evals.reports.sections.results import differences, headline
from evals.reports.summary import Summary

SECTIONS: Sequence[Callable[[Summary], Section]] = (
    headline,
    differences,
    evidence,
    over_time,
    matrices,
    breakdown,
    steadiness,
    confidence,
    costs,
    ablations,
    guards,
    definitions,
    how_it_was_run,
)
"""In the order they are shown."""
