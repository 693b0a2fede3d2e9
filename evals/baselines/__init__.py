"""Strategies: every way of teaching a model that is compared, a file each, in folders by family.

To add one, subclass `evals.training.strategy.Strategy` and add its line to `STRATEGIES`. The
families are those of the survey (arXiv 2406.06391).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """A way of teaching."""

    target: str
    """"module:name" of its class."""
    family: str
    """`bound`, `replay`, `regularisation`, `architecture`, `distillation`, `schedule`, `editing`,
    `combined`."""
    summary: str


STRATEGIES: Mapping[str, StrategyEntry] = MappingProxyType(
    {
        "frozen": StrategyEntry(
            "evals.baselines.bounds.frozen:Frozen", "bound", "the model to be taught, untaught"
        ),
        "sequential": StrategyEntry(
            "evals.baselines.bounds.sequential:Sequential",
            "bound",
            "fine-tuning of all weights on one period after another",
        ),
        "joint": StrategyEntry(
            "evals.baselines.bounds.joint:Joint",
            "bound",
            "taught anew, from the start, on all periods so far",
        ),
        "single-period": StrategyEntry(
            "evals.baselines.bounds.single_period:SinglePeriod",
            "bound",
            "taught anew, from the start, on the last period alone",
        ),
    }
)
"""Name of a strategy -> its class, in the order they are shown."""
