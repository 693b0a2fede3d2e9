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
    passes: NDArray[np.bool_],
    n_words: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The passing texts that hold a term, ascending, and their scores: both [n].

    Args:
        db: The database with the postings.
        terms: Distinct terms of the query, sorted (a sum depends on its order).
        passes: Whether each text passes: [texts].
        n_words: Length of each text in words: [texts].
    """
    total = int(np.count_nonzero(passes))
    if not total or not terms:
        return np.empty(0, np.int64), np.empty(0)
    mean = max(float(n_words.sum(where=passes, dtype=np.int64)) / total, 1.0)
    scores = np.zeros(len(passes))
    touched = []
    for term in terms:
        docs, counts = postings.of_term(db, term)
        held = passes[docs]
        docs, tf = docs[held], counts[held]
        if not len(docs):
            continue
        idf = np.log1p((total - len(docs) + 0.5) / (len(docs) + 0.5))
        norm = K1 * (1 - B + B * n_words[docs] / mean)
        scores[docs] += idf * tf * (K1 + 1) / (tf + norm)
        touched.append(docs)
    if not touched:
        return np.empty(0, np.int64), np.empty(0)
    found = np.flatnonzero(scores) if len(touched) > 1 else touched[0]
    return found, scores[found]
