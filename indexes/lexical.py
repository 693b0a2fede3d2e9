"""BM25 over exactly the texts that pass a time filter.

The usual engines score with today's document frequencies, so that a later ingest changes the
scores of a question about the past. Here the statistics (document frequency, mean length) are
counted over the passing texts alone: what did not exist, or did not hold, has no say.
"""

import sqlite3

import numpy as np
from numpy.typing import NDArray

from indexes import postings, tokens

K1 = 1.2
B = 0.75
"""BM25's usual constants (Robertson & Zaragoza 2009; the defaults of Lucene)."""

_FEW_SHARE = 1 / 32
"""Below this share of all texts, sorting those found is faster than looking at every score."""

_STOPWORDS = frozenset(
    """
    a an and are as at be by did do does for from had has have he her his how i in is it its of on
    or she that the their there they this to was were what when where which who whom whose why will
    with would you
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)
"""English words too common to tell texts apart; their inverted lists are the longest ones."""


def query_terms(query: str) -> list[str]:
    """The distinct index terms of a query, sorted, stopwords left out.

    >>> query_terms("Who met in Geneva?")
    ['geneva', 'met']
    """
    words = " ".join(word for word in tokens.words_of(query) if word not in _STOPWORDS)
    return sorted(set(tokens.terms(words)))


def bm25(
    db: sqlite3.Connection,
    terms: list[str],
    text_nos: NDArray[np.int64],
    n_words: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The passing texts that hold a term, ascending, and their scores: both [n].

    Args:
        db: The database with the postings.
        terms: Distinct terms of the query, sorted (a sum depends on its order).
        text_nos: The texts that pass, ascending: [m].
        n_words: Length of each text in words, passing or not: [texts].
    """
    total = len(text_nos)
    passes = None
    if total < len(n_words):
        passes = np.zeros(len(n_words), np.bool_)
        passes[text_nos] = True
    lengths = n_words if passes is None else n_words[text_nos]
    mean = max(float(lengths.sum(dtype=np.int64)) / max(total, 1), 1.0)
    scores = np.zeros(len(n_words))
    touched = [np.empty(0, np.int64)]
    for term in terms:
        docs, counts = postings.of_term(db, term)
        if passes is not None:
            held = passes[docs]
            docs, counts = docs[held], counts[held]
        idf = np.log1p((total - len(docs) + 0.5) / (len(docs) + 0.5))
        norm = K1 * (1 - B + B * n_words[docs] / mean)
        scores[docs] += idf * counts * (K1 + 1) / (counts + norm)
        touched.append(docs)
    held_by_any = np.concatenate(touched)
    if len(held_by_any) < _FEW_SHARE * len(n_words):
        found = np.unique(held_by_any)
    else:
        found = np.flatnonzero(scores > 0)  # numpy looks at booleans four times as fast
    return found, scores[found]
