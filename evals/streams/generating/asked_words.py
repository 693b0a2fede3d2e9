"""The questions about a generated world: three wordings for each thing that can be asked.

Fields: `s` the subject, `n` the relation's noun, `v` a value, `k` the kind of the subject, `w` the
time asked about with its preposition ("in May 2019") and `W` the same at the start of a sentence,
`d` a day.
"""

from collections.abc import Mapping
from types import MappingProxyType

from evals.streams.generating.relations import Style

WORDINGS = 3
"""How many ways there are to ask each question."""

_OFFICE = {
    "now": (
        "Who is the {n} of {s}?",
        "Who is {n} of {s} now?",
        "Who currently serves as {n} of {s}?",
    ),
    "as_of": (
        "Who was the {n} of {s} {w}?",
        "{W}, who was the {n} of {s}?",
        "Who served as {n} of {s} {w}?",
    ),
    "before": (
        "Who was the {n} of {s} just before {d}?",
        "Just before {d}, who was {n} of {s}?",
        "Who served as {n} of {s} right before {d}?",
    ),
    "after": (
        "Who was the {n} of {s} just after {d}?",
        "Just after {d}, who was {n} of {s}?",
        "Who served as {n} of {s} right after {d}?",
    ),
    "before_value": (
        "Who was the {n} of {s} before {v}?",
        "Whom did {v} follow as {n} of {s}?",
        "Who served as {n} of {s} right before {v} did?",
    ),
    "after_value": (
        "Who was the {n} of {s} after {v}?",
        "Who followed {v} as {n} of {s}?",
        "Who served as {n} of {s} right after {v} did?",
    ),
    "first": (
        "Who was the first {n} of {s}?",
        "Who was {n} of {s} first?",
        "Which person was the first to serve as {n} of {s}?",
    ),
    "previous": (
        "Who was the previous {n} of {s}?",
        "Who is the former {n} of {s}, right before the present one?",
        "Who was {n} of {s} before the one who is now?",
    ),
    "reverse_now": (
        "Which {k} has {v} as its {n}?",
        "Of which {k} is {v} the {n}?",
        "Where does {v} currently serve as {n}?",
    ),
    "reverse_as_of": (
        "Which {k} had {v} as its {n} {w}?",
        "{W}, of which {k} was {v} the {n}?",
        "Where did {v} serve as {n} {w}?",
    ),
}
_PLACE = {
    "now": (
        "Where is the {n} of {s}?",
        "In which town is the {n} of {s} now?",
        "Where does {s} currently have its {n}?",
    ),
    "as_of": (
        "Where was the {n} of {s} {w}?",
        "{W}, where was the {n} of {s}?",
        "In which town did {s} have its {n} {w}?",
    ),
    "before": (
        "Where was the {n} of {s} just before {d}?",
        "Just before {d}, where was the {n} of {s}?",
        "In which town did {s} have its {n} right before {d}?",
    ),
    "after": (
        "Where was the {n} of {s} just after {d}?",
        "Just after {d}, where was the {n} of {s}?",
        "In which town did {s} have its {n} right after {d}?",
    ),
    "before_value": (
        "Where was the {n} of {s} before it came to {v}?",
        "From where did {s} move its {n} to {v}?",
        "In which town did {s} have its {n} right before {v}?",
    ),
    "after_value": (
        "Where was the {n} of {s} after it left {v}?",
        "To where did {s} move its {n} from {v}?",
        "In which town did {s} have its {n} right after {v}?",
    ),
    "first": (
        "Where was the first {n} of {s}?",
        "In which town was the first {n} of {s}?",
        "Where did {s} open its first {n}?",
    ),
    "previous": (
        "Where was the previous {n} of {s}?",
        "Where did {s} have its {n} before the present one?",
        "In which town was the former {n} of {s}, right before the present one?",
    ),
}
_COUNT = {
    "now": (
        "How many {n} does {s} have?",
        "How many {n} does {s} have now?",
        "What is the current number of {n} of {s}?",
    ),
    "as_of": (
        "How many {n} did {s} have {w}?",
        "{W}, how many {n} did {s} have?",
        "What was the number of {n} of {s} {w}?",
    ),
    "before": (
        "How many {n} did {s} have just before {d}?",
        "Just before {d}, how many {n} did {s} have?",
        "What was the number of {n} of {s} right before {d}?",
    ),
    "after": (
        "How many {n} did {s} have just after {d}?",
        "Just after {d}, how many {n} did {s} have?",
        "What was the number of {n} of {s} right after {d}?",
    ),
}
_PRICE = {
    "now": (
        "What does a {n} of {s} cost?",
        "How much does {s} charge for a {n} now?",
        "What is the current price of a {n} of {s}?",
    ),
    "as_of": (
        "What did a {n} of {s} cost {w}?",
        "{W}, how much did {s} charge for a {n}?",
        "What was the price of a {n} of {s} {w}?",
    ),
    "before": (
        "What did a {n} of {s} cost just before {d}?",
        "Just before {d}, how much did {s} charge for a {n}?",
        "What was the price of a {n} of {s} right before {d}?",
    ),
    "after": (
        "What did a {n} of {s} cost just after {d}?",
        "Just after {d}, how much did {s} charge for a {n}?",
        "What was the price of a {n} of {s} right after {d}?",
    ),
}
_SCHEDULE = {
    "now": (
        "For which day is the opening of the {n} of {s} planned?",
        "On which day is the {n} of {s} due to open now?",
        "What is the current opening day of the {n} of {s}?",
    ),
    "as_of": (
        "For which day was the opening of the {n} of {s} planned {w}?",
        "{W}, on which day was the {n} of {s} due to open?",
        "What was the planned opening day of the {n} of {s} {w}?",
    ),
    "before": (
        "For which day was the opening of the {n} of {s} planned just before {d}?",
        "Just before {d}, on which day was the {n} of {s} due to open?",
        "What was the planned opening day of the {n} of {s} right before {d}?",
    ),
    "after": (
        "For which day was the opening of the {n} of {s} planned just after {d}?",
        "Just after {d}, on which day was the {n} of {s} due to open?",
        "What was the planned opening day of the {n} of {s} right after {d}?",
    ),
}
_MEMBERS = {
    "now": (
        "Who is a {n} of {s}?",
        "Who is now a {n} of {s}?",
        "Name a current {n} of {s}.",
    ),
    "as_of": (
        "Who was a {n} of {s} {w}?",
        "{W}, who was a {n} of {s}?",
        "Name someone who was a {n} of {s} {w}.",
    ),
}

QUESTIONS: Mapping[Style, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Style.OFFICE: _OFFICE,
        Style.PLACE: _PLACE,
        Style.COUNT: _COUNT,
        Style.PRICE: _PRICE,
        Style.SCHEDULE: _SCHEDULE,
        Style.MEMBERS: _MEMBERS,
    }
)
"""Style -> what is asked -> its wordings; what is not there is not asked of that style."""
