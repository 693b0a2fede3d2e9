"""Whom or what a question is about, by name, and which texts name it.

A question's names are what it writes with a capital letter or a digit. A text names a thing when it
holds the words of the name near each other, the last of them counting most: news says "Lund" after
saying "Mette Lund" once. How much a word tells apart is counted over the texts that were found, so
nothing outside the time asked about has a say.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rag_lifelong.retrieval.time_languages import language_of, languages
from rag_lifelong.retrieval.time_words import compile_text

_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}|[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])[^\W_])+"
    r"(?:'(?!s\b)(?:(?![\u3400-\u9fff])[^\W_])+)*"
)
"""A word; "U.S." and "O'Neill" are one, the possessive's s is none, a Chinese character is one."""

_MOST_JOINTS = 2
_HEAD_WEIGHT = 2.0
_MINOR_WEIGHT = 0.05
"""Of initials and designators."""
_FAR_SHARE = 0.5
"""What a word of the name counts for that is in the text, but not near the name's last word."""
_NEAR = 3
"""Words that may come between those of a name, beyond their own number."""
_ACRONYM_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Name:
    """The words of a name, folded: without case, accents, points and apostrophes."""

    words: tuple[str, ...]

    @property
    def head(self) -> int:
        """Position of the word that is told where the others are not: a surname, mostly."""
        last = len(self.words) - 1
        while last > 0 and self.words[last] in _all().designators:
            last -= 1
        return last

    @property
    def spoken(self) -> tuple[str, ...]:
        """The words that stand for it where it was told before: the surname, or all characters."""
        return self.words if is_unspaced(self.words[self.head]) else (self.words[self.head],)

    @property
    def acronym(self) -> str:
        """Its first letters, if it is long enough to be told by them; else empty."""
        letters = "".join(word[0] for word in self.words)
        return letters if len(letters) >= _ACRONYM_LETTERS else ""


def names_in(question: str) -> tuple[Name, ...]:
    """The names a question writes, in order.

    >>> [name.words for name in names_in("Who is the CEO of Orn & Lund Mills, Inc.?")]
    [('orn', 'lund', 'mills', 'inc')]
    >>> names_in("who leads orn mills")
    ()
    """
    words = languages()[language_of(question)].names
    text = _plain(compile_text(words.relations).sub(" ", question))
    names: list[list[str]] = []
    joints = _MOST_JOINTS + 1
    end = 0
    for i, match in enumerate(_WORD.finditer(text)):
        word = match[0]
        is_apart = any(mark in text[end : match.start()] for mark in ';:?!"()。')
        end = match.end()
        is_opener = i == 0 and word.lower() in words.openers
        if _is_telling(word) and not is_opener and word not in words.particles:
            if names and joints <= _MOST_JOINTS and not is_apart:
                names[-1].append(_fold(word))
            else:
                names.append([_fold(word)])
            joints = 0
        else:
            joints += 1 if word.lower() in words.joints else _MOST_JOINTS + 1
    return tuple(Name(tuple(words)) for words in names)


class Text:
    """The words of a text and where each stands."""

    def __init__(self, text: str) -> None:
        self.written = [match[0] for match in _WORD.finditer(_plain(text))]
        self.words = [_fold(word) for word in self.written]
        self.places: dict[str, list[int]] = defaultdict(list)
        for place, (word, written) in enumerate(zip(self.words, self.written, strict=True)):
            self.places[word].append(place)
            if word in _all().abbreviations and written.isupper():
                for part in _all().abbreviations[word]:
                    self.places[part].append(place)

    def places_of(self, word: str) -> list[int]:
        """Where a word or its possessive without an apostrophe stands."""
        return self.places.get(word, []) + self.places.get(f"{word}s", [])


class Subject:
    """What a question is about: its names, and how much each word of them tells apart.

    Args:
        question: The question.
        found: Texts that were found for it, over which the words are counted.
    """

    def __init__(self, question: str, found: Sequence[Text]) -> None:
        self._rarity = _rarity(found)
        self.names = names_in(question)

    @property
    def words(self) -> frozenset[str]:
        """All words of the names."""
        return frozenset(word for name in self.names for word in name.words)

    def named_in(self, text: Text) -> float:
        """How much of the names a text holds, in [0, 1]: 1 where it writes them all in full."""
        weights = [self._weights(name) for name in self.names]
        total = sum(map(sum, weights))
        if not total:
            return 0.0
        held = (_held(n, w, text) for n, w in zip(self.names, weights, strict=True))
        return sum(held) / total

    def is_mentioned(self, text: Text) -> bool:
        """Whether a text holds the words that stand for some name."""
        return any(
            all(text.places_of(word) for word in name.spoken)
            or (name.acronym and name.acronym in text.places)
            for name in self.names
        )

    def _weights(self, name: Name) -> list[float]:
        unseen = max(self._rarity.values(), default=1.0)
        weights = []
        for place, word in enumerate(name.words):
            weight = self._rarity.get(word, unseen)
            if len(name.words) > 1 and (len(word) == 1 or (place and word in _all().designators)):
                weight *= _MINOR_WEIGHT
            weights.append(weight * (_HEAD_WEIGHT if place == name.head else 1.0))
        return weights


def subject_shares(subject: Subject, texts: Sequence[Text]) -> NDArray[np.float64]:
    """How much of the subject's names each text holds: [n], each in [0, 1]."""
    return np.array([subject.named_in(text) for text in texts], np.float64)


def _held(name: Name, weights: Sequence[float], text: Text) -> float:
    """Weight of the name's words that the text holds where it holds them best."""
    if name.acronym and name.acronym in text.places:
        return sum(weights)
    places = [text.places_of(word) for word in name.words]
    centres = places[name.head] or sorted({place for some in places for place in some})
    return max((_held_at(centre, name, weights, places, text) for centre in centres), default=0.0)


def _held_at(
    centre: int,
    name: Name,
    weights: Sequence[float],
    places: Sequence[Sequence[int]],
    text: Text,
) -> float:
    reach = len(name.words) + _NEAR
    before = _before(text, centre)
    has_head = bool(places[name.head])
    held, is_near = 0.0, False
    for k, word in enumerate(name.words):
        if any(abs(place - centre) <= reach for place in places[k]):
            held += weights[k]
            is_near |= k < name.head and len(word) > 1
        elif has_head and k < name.head and _is_short_for(before, word):
            held += weights[k]
            is_near = True
        elif places[k] and k != name.head:
            held += _FAR_SHARE * weights[k]
    is_other = (
        has_head
        and name.head > 0
        and not is_near
        and centre > 0
        and _is_telling(text.written[centre - 1])
        and before not in _all().titles
    )
    # Somebody of the same surname: "Anna Lund" where Mette Lund is asked about.
    return held - weights[name.head] / 2 if is_other else held


def _before(text: Text, place: int) -> str:
    """The word before a place; of initials ("E.J.") the first."""
    if not place:
        return ""
    return text.words[place - 1][:1] if "." in text.written[place - 1] else text.words[place - 1]


def _is_short_for(one: str, other: str) -> bool:
    """Whether two first names may be one: "Mat" and "Mathew", "M" and "Mathew", "Bill"."""
    if not one:
        return False
    if one in _all().short_names.get(other, ()) or other in _all().short_names.get(one, ()):
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == 1:
        return longer.startswith(shorter)
    return longer[:3] == shorter[:3] and (longer.startswith(shorter) or len(shorter) <= 4)


def _rarity(found: Sequence[Text]) -> Mapping[str, float]:
    counts: dict[str, int] = defaultdict(int)
    for text in found:
        for word in text.places:
            counts[word] += 1
    return {word: math.log1p(len(found) / count) for word, count in counts.items()}


def titles() -> frozenset[str]:
    """What may stand before a surname, in any language: "mr", "dr"."""
    return _all().titles


def is_unspaced(word: str) -> bool:
    """Whether a word is a character of a language that does not separate words."""
    return "\u3400" <= word[:1] <= "\u9fff"


def _is_telling(word: str) -> bool:
    return any(c.isupper() or c.isdigit() for c in word) or is_unspaced(word)


def _fold(word: str) -> str:
    return word.replace(".", "").replace("'", "").lower()


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@dataclass(frozen=True, slots=True)
class _Words:
    """Of all languages together: a text is often in another than the question."""

    designators: frozenset[str]
    titles: frozenset[str]
    openers: frozenset[str]
    short_names: Mapping[str, frozenset[str]]
    abbreviations: Mapping[str, tuple[str, ...]]


@cache
def _all() -> _Words:
    every = [words.names for words in languages().values()]
    short_names: dict[str, frozenset[str]] = defaultdict(frozenset)
    for words in every:
        for name, shorter in words.short_names.items():
            short_names[name] |= frozenset(shorter)
    return _Words(
        designators=frozenset().union(*(words.designators for words in every)),
        titles=frozenset().union(*(words.titles for words in every)),
        openers=frozenset().union(*(words.openers for words in every)),
        short_names=dict(short_names),
        abbreviations={k: v for words in every for k, v in words.abbreviations.items()},
    )
