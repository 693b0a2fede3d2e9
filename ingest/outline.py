"""Joins paragraphs under headings into one text with sections. Knows nothing about file formats."""

from rag_lifelong.types import Section


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
        self._path: list[tuple[int, str]] = []
        self._is_path_used = True

    def add_heading(self, level: int, title: str) -> None:
        """Start a section; it lies inside the last heading of a smaller level."""
        title = " ".join(title.split())
        if not title:
            return
        if level <= (self._path[-1][0] if self._path else 0):
            self._flush_heading()
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, title))
        self._is_path_used = False

    def add_text(self, text: str) -> None:
        """Append text to the open section, a blank line after what is there."""
        text = text.strip()
        if not text:
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        headings = tuple(title for _, title in self._path)
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

    def _flush_heading(self) -> None:
        if self._keep_empty_headings and not self._is_path_used and self._path:
            _, title = self._path.pop()
            self.add_text(title)
