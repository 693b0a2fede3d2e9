"""Names, numbers and titles that look like times: "Theresa May", "2001 seats", "Catch-22"."""

import re
from collections.abc import Callable

from rag_lifelong.retrieval.time_patterns import Found
from rag_lifelong.retrieval.time_words import Kind, Lead, TimeWords, compile_text


class Traps:
    """Tells the times of one language from what only looks like them."""

    def __init__(self, words: TimeWords) -> None:
        self._words = words
        self._article_end = compile_text(rf"(?<!\w)(?:{words.article})$")
        self._label = compile_text(words.traps.label)
        self._counted = compile_text(words.traps.counted)
        self._edition = compile_text(words.traps.edition)
        self._title = compile_text(words.traps.title)
        self._last_time = compile_text(words.traps.last_time)
        self._clause_start = compile_text(words.clause_start)
        self._checks: dict[str, Callable[[str, Found], bool]] = {
            "year": self._is_number,
            "surname": self._is_surname,
            "month": self._is_name_or_verb,
            "capital": is_capitalised,
            "small": _is_small,
        }

    def catch(self, text: str, time: Found) -> bool:
        """Whether what was found is no time."""
        return bool(time.pattern.trap) and self._checks[time.pattern.trap](text, time)

    def tells_last_time(self, text: str, time: Found) -> bool:
        """Whether it tells when something was last so: "for the first time since 1979"."""
        before = text[max(0, time.start - _LOOK_BACK) : time.start]
        return time.lead is Lead.SINCE and self._last_time.search(before) is not None

    def _is_number(self, text: str, time: Found) -> bool:
        """Whether the year is a count, a label or a title."""
        start, end = time.date_start, time.date_end
        before, after = text[max(0, start - _LOOK_BACK) : start], text[end : end + 1]
        is_quoted = before[-1:] in _QUOTES and after in _QUOTES and bool(before and after)
        is_labelled = self._counted.match(text, end) or self._label.search(before)
        return (
            is_quoted
            or is_labelled is not None
            or self._is_after_capital_article(before, start)
            or (time.lead is None and not time.has_part and self._is_title(text, time, before))
        )

    def _is_title(self, text: str, time: Found, before: str) -> bool:
        """Whether a year without a preposition is a title or a part of one."""
        in_future = time.values["year"] > time.asked_year
        return (
            before.endswith("-")
            or self._title.match(text, time.date_end) is not None
            or (
                in_future
                and _CAPITALISED_END.search(before) is not None
                and self._edition.match(text, time.date_end) is None
            )
        )

    def _is_after_capital_article(self, before: str, start: int) -> bool:
        article = self._article_end.search(before)
        return article is not None and start > len(article[0]) and article[0][0].isupper()

    def _is_surname(self, text: str, time: Found) -> bool:
        """Whether the month and year are a name and a year, as in "Theresa May 2017"."""
        return (
            time.lead is None
            and time.values["month"] in self._words.surname_months
            and _NAME_END.search(text[max(0, time.date_start - _LOOK_BACK) : time.date_start])
            is not None
        )

    def _is_name_or_verb(self, text: str, time: Found) -> bool:
        """Whether the bare month, day or weekday is more likely a name, an event or a verb."""
        month = time.values.get("month")
        word = text[time.date_start : time.date_end].split()[-1]
        if time.pattern.kind is Kind.RELATIVE:
            is_verb = time.values["which"] == 0 and month in self._words.verb_months
            return (is_verb and word.islower()) or _CAPITAL_NEXT.match(text, time.end) is not None
        if time.lead in (Lead.DURING, Lead.AS_OF) or "day" in time.values:
            return _CAPITAL_NEXT.match(text, time.end) is not None
        return self._clause_start.match(text, time.end) is None


def is_capitalised(text: str, time: Found) -> bool:
    """Whether it is a word of a name, as in "USA Today"."""
    return is_capital_at(text, time.date_start)


def is_capital_at(text: str, place: int) -> bool:
    """Whether a word is capitalised without beginning the text, which is not all in capitals."""
    return text[place].isupper() and bool(text[:place].strip()) and not text.isupper()


def _is_small(text: str, time: Found) -> bool:
    """Whether letters that mean a date only in capitals are small: "in 79 ad campaigns"."""
    return text[time.date_start : time.date_end].islower()


_QUOTES = "\"'\u201c\u201d\u00ab\u00bb"
_LOOK_BACK = 40
_CAPITAL_NEXT = re.compile(r"\s+(?!I\b)[^\W\d_a-z]")
_CAPITALISED_END = re.compile(r"[\w,'] [A-Z]\w*[ -]$")
_NAME_END = re.compile(r"\b[A-Z][a-z]+ $")
