"""Index terms of a text: words, folded and stemmed, of texts and queries alike.

Words are runs of letters and digits, without case and accents; English ones are reduced to their
stem (Snowball's English stemmer). Chinese, Japanese and Korean runs, which have no spaces, become
overlapping pairs of characters, as in Lucene's CJK analyser.
"""

import re
import unicodedata
from functools import cache

import Stemmer

VERSION = "porter2-cjk2"
"""Name of this way of making terms; a store records it, because terms only match their like."""

_WORD = re.compile(r"\w+")
_ACCENT = re.compile(r"[\u0300-\u036f]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def terms(text: str) -> list[str]:
    """The index terms of a text, in order, repeated as often as they occur.

    >>> terms("The Committees met in Zürich")
    ['the', 'committe', 'met', 'in', 'zurich']
    >>> terms("東京都 2024")
    ['東京', '京都', '2024']
    """
    words = words_of(text)
    return words if not words else list(_stemmer().stemWords(words))


def words_of(text: str) -> list[str]:
    """The folded words of a text before stemming."""
    folded = text.casefold()
    if folded.isascii():
        return _WORD.findall(folded)
    folded = _ACCENT.sub("", unicodedata.normalize("NFKD", folded))
    # Decomposing has taken Korean syllables apart; compose them again.
    folded = unicodedata.normalize("NFC", folded)
    found = []
    for word in _WORD.findall(folded):
        if _CJK.search(word):
            found.extend(_cjk_pairs(word))
        else:
            found.append(word)
    return found


def _cjk_pairs(word: str) -> list[str]:
    found, at = [], 0
    for run in _CJK.finditer(word):
        if run.start() > at:
            found.append(word[at : run.start()])
        piece = run[0]
        found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        at = run.end()
    if at < len(word):
        found.append(word[at:])
    return found


@cache
def _stemmer() -> Stemmer.Stemmer:
    # Its cache of words costs more than it saves: most words of a large store are rare.
    return Stemmer.Stemmer("english", 0)
