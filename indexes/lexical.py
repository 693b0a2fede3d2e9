"""BM25 over exactly the texts that pass a time filter.

FTS5's own `bm25()` uses today's document frequencies, so a later ingest would change the scores of
a question about the past. Here FTS5 keeps the inverted lists, and the statistics (document
frequency, mean length) are counted over the passing texts alone: what did not exist, or did not
hold, has no say.
"""

import sqlite3

import numpy as np
from numpy.typing import NDArray

from indexes.schema import TOKENIZER

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
    """The distinct index terms of a query, as FTS5's tokenizer makes them, stopwords left out."""
    words = " ".join(w for w in query.replace("\0", " ").split() if _bare(w) not in _STOPWORDS)
    scratch = sqlite3.connect(":memory:")
    try:
        scratch.execute(f"CREATE VIRTUAL TABLE q USING fts5(text, tokenize='{TOKENIZER}')")
        scratch.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(q, 'row')")
        scratch.execute("INSERT INTO q VALUES (?)", (words.encode("utf-8", "replace").decode(),))
        return [term for (term,) in scratch.execute("SELECT term FROM terms ORDER BY term")]
    finally:
        scratch.close()


def bm25(
    db: sqlite3.Connection,
    terms: list[str],
    text_nos: NDArray[np.int64],
    n_words: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Score of each text in `text_nos` (ascending); `n_words` are their lengths: both [m]."""
    scores = np.zeros(len(text_nos))
    if not len(text_nos):
        return scores
    norm = K1 * (1 - B + B * n_words / max(float(n_words.mean()), 1.0))
    for term in terms:
        postings = db.execute(
            "SELECT doc, count(*) FROM texts_terms WHERE term = ? GROUP BY doc", (term,)
        ).fetchall()
        if not postings:
            continue
        docs, counts = np.array(postings, np.int64).T
        at = np.searchsorted(text_nos, docs)
        held = at < len(text_nos)
        held[held] = text_nos[at[held]] == docs[held]
        at, tf = at[held], counts[held]
        idf = np.log1p((len(text_nos) - len(at) + 0.5) / (len(at) + 0.5))
        scores[at] += idf * tf * (K1 + 1) / (tf + norm[at])
    return scores


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]").casefold()
