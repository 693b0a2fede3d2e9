"""Names of people and places that do not exist, none given twice.

Every word begins with letters that begin no English word ("Kv", "Zr"), so that no model can have
read about who bears it. Every name has two words, so that none is part of another.
"""

from collections.abc import Sequence
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What sort of thing a name is of."""

    PERSON = "person"
    COMPANY = "company"
    TOWN = "town"
    CLUB = "club"
    LABORATORY = "laboratory"


_ONSETS = ("Bz", "Dl", "Gv", "Hv", "Kv", "Kz", "Pz", "Tl", "Vz", "Zb", "Zd", "Zg", "Zm", "Zr")
_VOWELS = ("a", "e", "i", "o", "u")
_MIDDLES = ("b", "d", "g", "l", "m", "n", "r", "s", "t", "v")
_TAILS = (
    *("bask", "dorp", "dun", "fell", "gorm", "hask", "lomp", "lund", "mesk", "morn", "nask"),
    *("nidd", "pell", "quin", "rosk", "rund", "shom", "tamp", "tesk", "vorn", "wick", "yarn"),
)
_LAST_WORDS = {
    Kind.COMPANY: ("Mills", "Motors", "Foods", "Freight", "Glass", "Optics", "Paper", "Tools"),
    Kind.TOWN: ("Bay", "Bridge", "Cross", "Ford", "Heath", "Hill", "Moor", "Vale"),
    Kind.CLUB: ("Albion", "Athletic", "Harriers", "Rangers", "Rovers", "United", "Wanderers"),
    Kind.LABORATORY: ("Institute", "Laboratory", "Observatory", "Research Station"),
}


class Names:
    """Makes names, each once."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._words: set[str] = set()
        self._given: set[str] = set()

    def new(self, kind: Kind) -> str:
        """The name of something new, no word of which was made before."""
        last = _LAST_WORDS.get(kind)
        return self._give(f"{self._word()} {self._draw.choice(last) if last else self._word()}")

    def like(self, name: str, kind: Kind) -> str:
        """The name of something else that shares a word with a name.

        People share the last word (a surname), others the first; when a name has no namesake left,
        it is a wholly new name.
        """
        first, last = name.split(" ", 1)
        if kind is Kind.PERSON:
            return self._give(f"{self._word()} {last}")
        free = [w for w in _LAST_WORDS[kind] if f"{first} {w}" not in self._given]
        return self._give(f"{first} {self._draw.choice(free)}") if free else self.new(kind)

    def _give(self, name: str) -> str:
        self._given.add(name)
        return name

    def _word(self) -> str:
        """A word that was not made before; it grows when the short ones run out."""
        word = self._one_of(_ONSETS, _VOWELS, _TAILS)
        while word in self._words:
            word = self._one_of(_ONSETS, _VOWELS, _MIDDLES, _VOWELS, _TAILS)
        self._words.add(word)
        return word

    def _one_of(self, *parts: Sequence[str]) -> str:
        return "".join(self._draw.choice(part) for part in parts)
