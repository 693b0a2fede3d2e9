"""How relations that infoboxes state are asked about in English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evals.streams.wiki_facts import DESCRIPTION
from rag_lifelong.temporal import Interval, Precision, parse_when


@dataclass(frozen=True, slots=True)
class Relation:
    """How a relation is asked about: `Who is` + `the mayor of Elm`."""

    phrase: str
    """What is asked about, with `{page}` for the page."""
    ask: str = "What is"
    asked: str = "What was"
    """The same in the past."""

    def now(self, page: str) -> tuple[str, ...]:
        """Three ways to ask for what holds when asked.

        >>> relation_of("mayor").now("Elm")[0]
        'Who is the mayor of Elm?'
        """
        about = f"{_small(self.ask)} {self.phrase.format(page=page)}"
        return (f"{_large(about)}?", f"Currently, {about}?", f"{_large(about)} at the moment?")

    def then(self, page: str, when: str, precision: Precision) -> tuple[str, ...]:
        """Three ways to ask for what held in a month or on a day.

        >>> relation_of("population total").then("Elm", "March 2021", Precision.MONTH)[1]
        'In March 2021, what was the population of Elm?'
        """
        about = f"{_small(self.asked)} {self.phrase.format(page=page)}"
        word = "in" if precision is Precision.MONTH else "on"
        return (
            f"{_large(about)} {word} {when}?",
            f"{_large(word)} {when}, {about}?",
            f"As of {when}, {about}?",
        )

    def statement(self, page: str, value: str) -> str:
        """A sentence that gives the value.

        >>> relation_of("mayor").statement("Elm", "Anna Berg")
        'The mayor of Elm is Anna Berg.'
        """
        verb = self.ask.split()[-1]
        return f"{_large(self.phrase.format(page=page))} {verb} {value}."


_WHO = ("Who is", "Who was")
_WHO_ALL = ("Who are", "Who were")
_ALL = ("What are", "What were")
_WHERE = ("Where is", "Where was")
_PEOPLE = (
    "captain|ceo|chairman|chairperson|chancellor|coach|commander|dean|director|editor|governor|"
    "head coach|headmaster|headteacher|leader|manager|mayor|minister|monarch|owner|president|"
    "prime minister|principal|rector|spouse|superintendent|vice president"
)
_RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        **{name: Relation(f"the {name} of {{page}}", *_WHO) for name in _PEOPLE.split("|")},
        DESCRIPTION: Relation("{page}"),
        "leader name": Relation("the leader of {page}", *_WHO),
        "ceo": Relation("the CEO of {page}", *_WHO),
        "children": Relation("the children of {page}", *_WHO_ALL),
        "currentclub": Relation("the club of {page}"),
        "current members": Relation("the current members of {page}", *_WHO_ALL),
        "founder": Relation("the founder of {page}", *_WHO),
        "headquarters": Relation("the headquarters of {page}", *_WHERE),
        "hq location": Relation("the headquarters of {page}", *_WHERE),
        "incumbent": Relation("the current holder of the office {page}", *_WHO),
        "key people": Relation("the key people of {page}", *_WHO_ALL),
        "latest release version": Relation("the latest released version of {page}"),
        "members": Relation("the members of {page}", *_WHO_ALL),
        "num employees": Relation("the number of employees of {page}"),
        "num episodes": Relation("the number of episodes of {page}"),
        "parent": Relation("the parent organization of {page}"),
        "population": Relation("the population of {page}"),
        "population estimate": Relation("the estimated population of {page}"),
        "population total": Relation("the population of {page}"),
        "presenter": Relation("the presenter of {page}", *_WHO),
        "starring": Relation("the stars of {page}", *_WHO_ALL),
        "website": Relation("the website of {page}"),
    }
)
"""Parameters of infoboxes -> how they are asked about, where not by their own name."""

_UNASKED = re.compile(
    r".*\d.*|(?:.* )?(?:names?|title|type|label|date|year|as of|file|lang)|"
    r".*(?:abbreviation|caption|code|colou?r|footnotes|latitude|link|longitude|magnitude|rank)|"
    r"above|below|data|established|fullname|header|iso.*|known for|postal.*|timezone.*|utc.*"
)
"""Parameters that name the page, lay it out or qualify another."""
_PLURAL = re.compile(r"\w+[^aiosu]s")
_MAX_LABEL_WORDS = 4


def relation_of(parameter: str) -> Relation | None:
    """How a parameter is asked about; None for those that make no question.

    >>> relation_of("patron saint").now("Elm")[0]
    'What is the patron saint of Elm?'
    """
    if parameter in _RELATIONS:
        return _RELATIONS[parameter]
    words = parameter.split()
    if _UNASKED.fullmatch(parameter) or len(words) > _MAX_LABEL_WORDS:
        return None
    if not all(map(str.isalpha, words)):
        return None
    phrase = f"the {parameter} of {{page}}"
    return Relation(phrase, *_ALL) if _PLURAL.fullmatch(words[-1]) else Relation(phrase)


def when_of(window: Interval) -> tuple[str, Precision]:
    """A month or day in words: `March 2021`, `4 March 2021`."""
    start = window.start
    if window == parse_when(f"{start:%Y-%m}")[0]:
        return f"{start:%B %Y}", Precision.MONTH
    return f"{start.day} {start:%B %Y}", Precision.DAY


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _large(text: str) -> str:
    return text[:1].upper() + text[1:]
