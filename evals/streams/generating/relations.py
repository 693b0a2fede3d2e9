"""What can be told of the things in a generated world: relations and how their values change."""

from dataclasses import dataclass
from enum import StrEnum

from evals.streams.generating.names import Kind


class Style(StrEnum):
    """How a relation is spoken of."""

    OFFICE = "office"
    """A person holds it."""
    PLACE = "place"
    """A town it is in."""
    COUNT = "count"
    """How many there are of something."""
    PRICE = "price"
    """What something costs, in crowns."""
    SCHEDULE = "schedule"
    """The day for which something is planned."""
    MEMBERS = "members"
    """Any number at once: people or companies that belong to it."""


class Course(StrEnum):
    """What becomes of a fact in the course of a stream."""

    STABLE = "stable"
    UPDATED = "updated"
    REVERTED = "reverted"
    RETROACTIVE = "retroactive"
    """A change is told in a later period than the one it held from."""
    ANNOUNCED = "announced"
    """A change is told in an earlier period than the one it holds from."""
    LATE = "late"
    """A change is told at once, by a document that arrives in a later period."""

    @property
    def later_periods(self) -> int:
        """How many periods after its first it needs at least."""
        match self:
            case Course.STABLE:
                return 0
            case Course.UPDATED:
                return 1
            case _:
                return 2


@dataclass(frozen=True, slots=True)
class Relation:
    """Something that can be told of one kind of thing."""

    of: Kind
    noun: str
    style: Style
    values: Kind | None = None
    """What its values name, if they are names."""

    @property
    def is_functional(self) -> bool:
        """Whether it has one value at a time."""
        return self.style is not Style.MEMBERS

    @property
    def courses(self) -> tuple[Course, ...]:
        """What can become of its facts, each as often as it is in here."""
        return _COURSES if self.style in _FREE else _PLAIN_COURSES


_FREE = {Style.OFFICE, Style.PLACE, Style.PRICE}
"""Styles in which a change can be announced, or come to light later."""
_PLAIN_COURSES = (
    Course.UPDATED,
    Course.STABLE,
    Course.REVERTED,
    Course.STABLE,
    Course.UPDATED,
    Course.LATE,
)
_COURSES = (
    Course.UPDATED,
    Course.RETROACTIVE,
    Course.STABLE,
    Course.REVERTED,
    Course.ANNOUNCED,
    Course.UPDATED,
    Course.STABLE,
    Course.LATE,
    Course.STABLE,
)

RELATIONS = (
    Relation(Kind.COMPANY, "chief executive", Style.OFFICE, Kind.PERSON),
    Relation(Kind.COMPANY, "head office", Style.PLACE, Kind.TOWN),
    Relation(Kind.COMPANY, "employees", Style.COUNT),
    Relation(Kind.COMPANY, "supplier", Style.MEMBERS, Kind.COMPANY),
    Relation(Kind.COMPANY, "board member", Style.MEMBERS, Kind.PERSON),
    Relation(Kind.COMPANY, "finance director", Style.OFFICE, Kind.PERSON),
    Relation(Kind.TOWN, "mayor", Style.OFFICE, Kind.PERSON),
    Relation(Kind.TOWN, "inhabitants", Style.COUNT),
    Relation(Kind.TOWN, "tram ticket", Style.PRICE),
    Relation(Kind.TOWN, "new bridge", Style.SCHEDULE),
    Relation(Kind.TOWN, "fire chief", Style.OFFICE, Kind.PERSON),
    Relation(Kind.CLUB, "head coach", Style.OFFICE, Kind.PERSON),
    Relation(Kind.CLUB, "captain", Style.OFFICE, Kind.PERSON),
    Relation(Kind.CLUB, "training ground", Style.PLACE, Kind.TOWN),
    Relation(Kind.CLUB, "season ticket", Style.PRICE),
    Relation(Kind.CLUB, "sponsor", Style.MEMBERS, Kind.COMPANY),
    Relation(Kind.LABORATORY, "director", Style.OFFICE, Kind.PERSON),
    Relation(Kind.LABORATORY, "main site", Style.PLACE, Kind.TOWN),
    Relation(Kind.LABORATORY, "researchers", Style.COUNT),
    Relation(Kind.LABORATORY, "new wing", Style.SCHEDULE),
    Relation(Kind.LABORATORY, "partner", Style.MEMBERS, Kind.COMPANY),
)


def relations_of(kind: Kind) -> tuple[Relation, ...]:
    """What can be told of a kind of thing."""
    return tuple(relation for relation in RELATIONS if relation.of is kind)
