"""Joins paragraphs under headings into one text with sections. Knows nothing about file formats."""

from typing import NamedTuple

from rag_lifelong.types import Locator, Section


class _Heading(NamedTuple):
    level: int
    title: str
    fragment: str


class Outline:
    """Collects headings and paragraphs in reading order.

    Headings go into the sections, not into the text, because every chunk repeats them as its
    context. A heading with nothing under it would be lost that way, so it is kept as text.
    """

    def __init__(self, *, keep_empty_headings: bool = True) -> None:
        self._keep_empty_headings = keep_empty_headings
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._locators: list[Locator] = []
        self._path: list[_Heading] = []
        self._is_path_used = True
        self._fragment = ""

    def add_heading(self, level: int, title: str) -> None:
        """Start a section; it lies inside the last heading of a smaller level."""
        title = " ".join(title.split())
        if not title:
            return
        self.leave(level)
        self._path.append(_Heading(level, title, self._fragment))
        self._is_path_used = False

    def leave(self, level: int) -> None:
        """End the sections of this level and deeper; what comes now is under none of them."""
        if self._path and level <= self._path[-1].level:
            self._flush_heading()
        while self._path and self._path[-1].level >= level:
            self._path.pop()

    def add_place(self, fragment: str) -> None:
        """Say where in the file lies what comes now: `page=3`, as in `Locator`."""
        self._fragment = fragment

    def add_text(self, text: str) -> None:
        """Append text to the open section, a blank line after what is there."""
        text = text.strip()
        if not text:
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        if self._fragment and self._fragment != self._last_fragment():
            self._locators.append(Locator(self._length, self._fragment))
        headings = tuple(heading.title for heading in self._path)
        if not self._sections or self._sections[-1].headings != headings:
            self._sections.append(Section(self._length, headings))
        self._parts.append(text)
        self._length += len(text)
        self._is_path_used = True

    def finish(self) -> tuple[str, tuple[Section, ...]]:
        """Return the text and its sections; a text without headings has none."""
        self._flush_heading()
        text = "".join(self._parts)
        if all(not section.headings for section in self._sections):
            return text, ()
        return text, tuple(self._sections)

    @property
    def locators(self) -> tuple[Locator, ...]:
        """Where in the file the text lies; complete after `finish`."""
        return tuple(self._locators)

    def _last_fragment(self) -> str:
        return self._locators[-1].fragment if self._locators else ""

    def _flush_heading(self) -> None:
        if self._keep_empty_headings and not self._is_path_used and self._path:
            heading = self._path.pop()
            # A place that has been named since is where the next text lies, not this heading.
            here, self._fragment = self._fragment, heading.fragment
            self.add_text(heading.title)
            self._fragment = here
