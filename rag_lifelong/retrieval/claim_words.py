"""What a language's file says of names and claims; texts are in the notation of `time_words`.

Without case and accents are the words of lists: they are compared with words that were folded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ConfigDict

from rag_lifelong.retrieval.time_words import Text, TimeWords

_STRICT = ConfigDict(extra="forbid")
_NEVER = "(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWords:
    """How a language writes names.

    Attributes:
        relations: What is written with capitals, or beside a name, and is none: "the CEO of".
        joints: Words inside a name, as in "Bank of England".
        openers: Words that are capital only because a sentence begins with them.
        particles: Words, in a language without spaces characters, that are in no name.
        designators: Ends of names that say what sort of thing it is, and are left out as often as
            not.
        titles: What may stand before a surname in place of a first name.
        short_names: First names that are written otherwise for short, by the full one.
        abbreviations: Names of two letters, which may be none in small letters: "us".
    """

    __pydantic_config__ = _STRICT

    relations: Text = _NEVER
    joints: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    particles: frozenset[str] = frozenset()
    designators: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    short_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    abbreviations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWords:
    """How a language states what is asked, and what states nothing.

    Attributes:
        no_relation: Words that tell no relation from another.
        date: A date in words, which is no part of what is claimed.
        reprint: What says that a text was told before.
        tentative: What says that something may be, and not that it is.
        many: Questions for one of several things that hold at once, or for several.
        person: Questions that the name of a person answers.
        number: Questions that a number answers.
        name: Questions that a name or a number of whatever sort answers.
        orders: Sentences that tell the reader what to do.
        addressed: Words that speak to the reader.
        goes_on: Beginnings of sentences about what the sentence before is about.
        no_answer: What is written in place of an answer where nothing is known.
    """

    __pydantic_config__ = _STRICT

    no_relation: frozenset[str] = frozenset()
    date: Text = _NEVER
    reprint: Text = _NEVER
    tentative: Text = _NEVER
    many: Text = _NEVER
    person: Text = _NEVER
    number: Text = _NEVER
    name: Text = _NEVER
    orders: Text = _NEVER
    addressed: Text = _NEVER
    goes_on: Text = _NEVER
    no_answer: Text = _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageWords(TimeWords):
    """All that a language's file holds.

    Attributes:
        names: How names are written.
        claims: How things are stated.
    """

    __pydantic_config__ = _STRICT

    names: NameWords = NameWords()
    claims: ClaimWords = ClaimWords()
