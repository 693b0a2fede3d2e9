"""Whether an answer is right: exact match and token F1, and the same for answers that got old.

`exact_match` and `token_f1` are SQuAD's (Rajpurkar et al., arXiv 1606.05250) on text normalised by
`evals.metrics.normalisation`, with dates compared as exactly as the right answer tells them: "4
March 2021" is right where "March 2021" is, not the other way round. `squad_exact_match` and
`squad_f1` keep to SQuAD's own rules, for comparison with published numbers.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

from evals.metrics.normalisation import date_precision, normalise, tokens

__all__ = [
    "exact_match",
    "normalise",
    "part_match",
    "relaxed_match",
    "squad_exact_match",
    "squad_f1",
    "squad_normalise",
    "strict_match",
    "token_f1",
    "values_named",
]

_SQUAD_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_match(prediction: str, golds: Iterable[str]) -> bool:
    """Whether the prediction equals one of the right answers, both normalised.

    >>> exact_match("the White House", ["White House"]), exact_match("Paris, France", ["Paris"])
    (True, False)
    >>> exact_match("4 March 2021", ["2021-03"]), exact_match("March 2021", ["2021-03-04"])
    (True, False)
    """
    return any(_said(prediction, gold) == tokens(gold) != () for gold in golds)


def token_f1(prediction: str, golds: Iterable[str]) -> float:
    """Best harmonic mean of token precision and recall against any right answer; 0 without one.

    A date is one token.

    >>> round(token_f1("Paris, France", ["Paris"]), 3)
    0.667
    """
    return max((_f1(_said(prediction, gold), tokens(gold)) for gold in golds), default=0.0)


def relaxed_match(prediction: str, golds: Sequence[str]) -> bool:
    """Whether the prediction names a right answer, whatever else it says (FreshQA's RELAXED).

    Vu et al., "FreshLLMs", arXiv 2310.03214, there judged by people.

    >>> relaxed_match("It is Paris, in France", ["Paris"])
    True
    """
    return bool(values_named(prediction, golds))


def part_match(prediction: str, golds: Sequence[str], superseded: Sequence[str] = ()) -> bool:
    """Whether the prediction and a right answer lie one within the other, as runs of whole tokens.

    For benchmarks whose answers are labels of a knowledge base, which documents shorten. What a
    superseded value has as well does not tell it from the right one.

    >>> part_match("Stoke City", ["Stoke City F.C."]), part_match("Stoke", ["Derby County F.C."])
    (True, False)
    >>> part_match("WWE", ["WWE SmackDown"], ["WWE Raw"])
    False
    """
    return any(_within(prediction, gold) for gold in golds) and (
        exact_match(prediction, golds) or not any(_within(prediction, old) for old in superseded)
    )


def strict_match(prediction: str, golds: Sequence[str], superseded: Sequence[str]) -> bool:
    """Whether the prediction names a right answer and no value it replaced (FreshQA's STRICT).

    Vu et al., "FreshLLMs", arXiv 2310.03214. Naming old and new alike is not being right.

    >>> strict_match("Ada Byrne", ["Ada Byrne"], ["Tom Ruiz"])
    True
    >>> strict_match("Ada Byrne, formerly Tom Ruiz", ["Ada Byrne"], ["Tom Ruiz"])
    False
    """
    named = values_named(prediction, (*golds, *superseded))
    right = {normalise(gold) for gold in golds}
    return bool(named) and all(normalise(value) in right for value in named)


def values_named(text: str, values: Sequence[str]) -> tuple[str, ...]:
    """Which of the values a text names, each as a run of whole tokens, in the order given.

    Longer values are looked for first and what they cover is taken, so that a text that names
    "Paris Saint-Germain" does not name "Paris".

    >>> values_named("She plays for Paris Saint-Germain.", ["Paris", "Paris Saint-Germain"])
    ('Paris Saint-Germain',)
    """
    is_taken = [False] * len(tokens(text))
    named = set()
    for value in sorted(values, key=lambda value: -len(tokens(value))):
        wanted = tokens(value)
        places = _places(_said(text, value), wanted)
        if any(not any(is_taken[place : place + len(wanted)]) for place in places):
            named.add(wanted)
        for place in places:
            is_taken[place : place + len(wanted)] = [True] * len(wanted)
    return tuple(value for value in values if tokens(value) in named)


def squad_normalise(text: str) -> str:
    """SQuAD's own: lower case, no ASCII punctuation, no articles, single spaces, in this order.

    >>> squad_normalise("The 2019-20 season, a draw"), squad_normalise("A")
    ('201920 season draw', '')
    """
    plain = text.lower().translate(_ASCII_PUNCTUATION)
    return " ".join(_SQUAD_ARTICLES.sub(" ", plain).split())


def squad_exact_match(prediction: str, golds: Iterable[str]) -> bool:
    """Exact match as SQuAD v1.1 has it, by which dates and numbers are words like others.

    >>> squad_exact_match("1,000", ["1000"]), squad_exact_match("4 March 2021", ["2021-03-04"])
    (True, False)
    """
    said = squad_normalise(prediction)
    return any(said == squad_normalise(gold) for gold in golds)


def squad_f1(prediction: str, golds: Iterable[str]) -> float:
    """Token F1 as SQuAD v1.1 has it.

    >>> round(squad_f1("Paris, France", ["Paris"]), 3)
    0.667
    """
    said = squad_normalise(prediction).split()
    return max((_f1(said, squad_normalise(gold).split()) for gold in golds), default=0.0)


def _said(text: str, value: str) -> tuple[str, ...]:
    """The tokens of a text, its dates no more exact than the value's."""
    return tokens(text, dates=date_precision(value))


def _f1(said: Sequence[str], gold: Sequence[str]) -> float:
    shared = sum((Counter(said) & Counter(gold)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(said), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def _within(text: str, value: str) -> bool:
    said, wanted = _said(text, value), tokens(value)
    return bool(_places(said, wanted) or _places(wanted, said))


def _places(said: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where a run of tokens begins in another."""
    if not wanted:
        return []
    last = len(said) - len(wanted)
    return [place for place in range(last + 1) if said[place : place + len(wanted)] == wanted]
