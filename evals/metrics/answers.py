"""Answer metrics of extractive question answering, as SQuAD defines them.

Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without accents, punctuation, articles and extra spaces.

    Accents go too (as in DrQA), so that "François" and "Francois" agree.

    >>> normalise("The  François Hollande.")
    'francois hollande'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_ARTICLES.sub(" ", plain.translate(_PUNCTUATION)).split())


def exact_match(prediction: str, golds: Iterable[str]) -> bool:
    """Whether the prediction equals one of the right answers, both normalised.

    >>> exact_match("the White House", ["White House"]), exact_match("Paris, France", ["Paris"])
    (True, False)
    """
    said = normalise(prediction)
    return any(said == normalise(gold) for gold in golds)


def token_f1(prediction: str, golds: Iterable[str]) -> float:
    """Best harmonic mean of token precision and recall against any right answer; 0 without one.

    >>> round(token_f1("Paris, France", ["Paris"]), 3)
    0.667
    """
    return max((_f1(normalise(prediction).split(), normalise(g).split()) for g in golds), default=0)


def _f1(said: list[str], gold: list[str]) -> float:
    shared = sum((Counter(said) & Counter(gold)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(said), shared / len(gold)
    return 2 * precision * recall / (precision + recall)
