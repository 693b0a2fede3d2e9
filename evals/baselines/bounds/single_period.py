"""A model of its own for each period: what can be learnt of it, with nothing to be forgotten."""

from evals.baselines.bounds.anew import Anew


class SinglePeriod(Anew):
    """Knows the last period, and of the others only what it says again.

    Forward transfer is measured against it (Lopez-Paz & Ranzato, arXiv 1706.08840).
    """

    name = "single-period"
