"""The sentences of documents: several for each way a value comes up.

Fields: `s` the subject, `v` the value, `n` the relation's noun, `d` the day it began, `o` the value
before. A value with a unit is always followed by it.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from babel.dates import format_date

from evals.streams.generating.relations import Relation, Style

_OFFICE = {
    "since": (
        "{v} has been {n} of {s} since {d}.",
        "Since {d}, the {n} of {s} has been {v}.",
        "{s} has had {v} as its {n} since {d}.",
    ),
    "first": (
        "{v} became the first {n} of {s} on {d}.",
        "On {d}, {s} got its first {n}, {v}.",
    ),
    "began": (
        "On {d}, {v} became {n} of {s}.",
        "{s} made {v} its {n} on {d}.",
        "{v} took over as {n} of {s} on {d}.",
        "The post of {n} of {s} went to {v} on {d}.",
    ),
    "today": (
        "{v} started work today as the new {n} of {s}.",
        "{s} has a new {n} from today, {v}.",
    ),
    "returned": (
        "{v} returned as {n} of {s} on {d}.",
        "On {d}, {s} brought back {v} as its {n}.",
    ),
    "revealed": (
        "It became known that {v} has been {n} of {s} since {d}.",
        "{s} disclosed that {v} had already become its {n} on {d}.",
    ),
    "announced": (
        "{v} will become {n} of {s} on {d}.",
        "{s} said that {v} would take over as its {n} on {d}.",
    ),
    "still": (
        "{v}, the {n} of {s}, opened a charity fair.",
        "Asked about the year, {v}, who is {n} of {s}, was content.",
        "The {n} of {s}, {v}, thanked the volunteers.",
    ),
    "state": ("The {n} of {s} is {v}.",),
    "recall": ("Until then the post was held by {o}.", "The post had been held by {o}."),
}
_PLACE = {
    "since": (
        "The {n} of {s} has been in {v} since {d}.",
        "Since {d}, {s} has had its {n} in {v}.",
    ),
    "first": (
        "{s} opened its first {n} in {v} on {d}.",
        "On {d}, {v} became the place of the first {n} of {s}.",
    ),
    "began": (
        "{s} moved its {n} to {v} on {d}.",
        "On {d}, the {n} of {s} came to {v}.",
        "The {n} of {s} was moved to {v} on {d}.",
    ),
    "today": (
        "{s} moved its {n} to {v} today.",
        "From today the {n} of {s} is in {v}.",
    ),
    "returned": (
        "{s} moved its {n} back to {v} on {d}.",
        "On {d}, the {n} of {s} returned to {v}.",
    ),
    "revealed": (
        "It became known that the {n} of {s} has been in {v} since {d}.",
        "{s} disclosed that it had already moved its {n} to {v} on {d}.",
    ),
    "announced": (
        "{s} will move its {n} to {v} on {d}.",
        "The {n} of {s} is to move to {v} on {d}.",
    ),
    "still": (
        "Visitors came to {v}, where the {n} of {s} is.",
        "{s} showed schools around its {n} in {v}.",
    ),
    "state": ("The {n} of {s} is in {v}.",),
    "recall": ("Until then it was in {o}.", "It had been in {o}."),
}
_COUNT = {
    "since": (
        "{s} has had {v} {n} since {d}.",
        "Since {d}, the number of people counted at {s} has been {v} {n}.",
    ),
    "began": (
        "{s} counted {v} {n} on {d}.",
        "A count on {d} found {v} {n} at {s}.",
        "As of {d}, {s} has {v} {n}.",
    ),
    "today": (
        "{s} has {v} {n} as of today.",
        "Counted today, {s} has {v} {n}.",
    ),
    "returned": (
        "On {d}, {s} was back at {v} {n}.",
        "{s} counted {v} {n} again on {d}.",
    ),
    "still": (
        "{s}, with its {v} {n}, drew up a plan for the winter.",
        "A leaflet went out to the {v} {n} of {s}.",
    ),
    "state": ("{s} has {v} {n}.",),
    "recall": ("The count before had been {o}.", "It had been {o} before."),
}
_PRICE = {
    "since": (
        "A {n} of {s} has cost {v} crowns since {d}.",
        "Since {d}, {s} has charged {v} crowns for a {n}.",
    ),
    "began": (
        "On {d}, {s} set the price of a {n} at {v} crowns.",
        "A {n} of {s} costs {v} crowns from {d} on.",
        "{s} began to charge {v} crowns for a {n} on {d}.",
    ),
    "today": (
        "From today a {n} of {s} costs {v} crowns.",
        "{s} charges {v} crowns for a {n} from today.",
    ),
    "returned": (
        "On {d}, {s} put the price of a {n} back to {v} crowns.",
        "A {n} of {s} costs {v} crowns again from {d} on.",
    ),
    "revealed": (
        "Receipts show that {s} has charged {v} crowns for a {n} since {d}.",
        "It became known that a {n} of {s} has cost {v} crowns since {d}.",
    ),
    "announced": (
        "A {n} of {s} will cost {v} crowns from {d} on.",
        "{s} said that it would charge {v} crowns for a {n} from {d} on.",
    ),
    "still": (
        "Buyers queued for a {n} of {s}, which costs {v} crowns.",
        "{s} sells a {n} for {v} crowns, a survey notes.",
    ),
    "state": ("A {n} of {s} costs {v} crowns.",),
    "recall": ("The price before was {o} crowns.", "It had cost {o} crowns."),
}
_SCHEDULE = {
    "since": (
        "Since {d}, the {n} of {s} has been due to open on {v}.",
        "The plan of {d} is still in force: the {n} of {s} opens on {v}.",
    ),
    "began": (
        "On {d}, the opening of the {n} of {s} was set for {v}.",
        "By a decision of {d}, the {n} of {s} will open on {v}.",
        "{s} decided on {d} to open its {n} on {v}.",
    ),
    "today": (
        "{s} decided today that its {n} will open on {v}.",
        "The opening of the {n} of {s} was set for {v} today.",
    ),
    "returned": (
        "On {d}, the opening of the {n} of {s} was put back to the old day, {v}.",
        "{s} decided on {d} that its {n} would open on {v} after all.",
    ),
    "still": (
        "Work on the {n} of {s}, which is due to open on {v}, goes on.",
        "Neighbours of {s} look forward to the {n}, due to open on {v}.",
    ),
    "state": ("The {n} of {s} is due to open on {v}.",),
    "recall": ("The day planned before was {o}.", "It had been due on {o}."),
}
_MEMBERS = {
    "since": (
        "{v} has been a {n} of {s} since {d}.",
        "Since {d}, {s} has had {v} as a {n}.",
    ),
    "began": (
        "On {d}, {v} became a {n} of {s}.",
        "{s} gained {v} as a {n} on {d}.",
        "{v} joined {s} as a {n} on {d}.",
    ),
    "ended": (
        "On {d}, {v} ceased to be a {n} of {s}.",
        "{s} lost {v} as a {n} on {d}.",
        "{v} has not been a {n} of {s} any more since {d}.",
    ),
    "still": (
        "{v}, a {n} of {s}, took part in a fair.",
        "A prize went to {v}, known to the jury as a {n} of {s}.",
    ),
    "state": ("{v} is a {n} of {s}.",),
}

SENTENCES: Mapping[Style, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Style.OFFICE: _OFFICE,
        Style.PLACE: _PLACE,
        Style.COUNT: _COUNT,
        Style.PRICE: _PRICE,
        Style.SCHEDULE: _SCHEDULE,
        Style.MEMBERS: _MEMBERS,
    }
)
"""Style -> what is said (a step of a story, or one of `ended`, `still`, `state`, `recall`)."""

TITLES = (
    "{s} and its {n}",
    "News of {s}",
    "{s} in brief",
    "What is new at {s}",
    "Report from {s}: {n}",
)

FILLERS = (
    "Few people took notice at first.",
    "The local radio reported on it in the evening.",
    "Rain fell for most of the day.",
    "No further details were given.",
    "A short ceremony closed the day.",
    "Neighbours said that they had expected it.",
    "Questions were answered in writing only.",
    "The matter will be on the agenda of the next meeting.",
    "An exhibition of old photographs can be seen until the end of the week.",
    "The reporters were offered tea.",
)

ARCHIVED = (
    "From our archive: this article first appeared on {d}.",
    "Reprinted from the issue of {d}.",
)


def in_words(day: datetime) -> str:
    """The day as documents write it.

    >>> in_words(datetime(2019, 3, 4))
    '4 March 2019'
    """
    return format_date(day, "d MMMM y", locale="en")


def statement(relation: Relation, subject: str, value: str) -> str:
    """The sentence that states a value without its time."""
    (sentence,) = SENTENCES[relation.style]["state"]
    return sentence.format(s=subject, v=value, n=relation.noun)
