"""Source code and settings: the text as it is, under the definitions of its outermost level.

Definitions are found by how their lines begin, one expression for many languages. Pygments knows
more, but its lexers can take time that grows with the square of a file that is made for it.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from ingest.parsers.plain import line_locators
from ingest.text import read_text
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Section

_MAX_LINE_CHARS = 500
_DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|abstract|final|static|sealed|open|data"
    r"|async|unsafe|declare|pub(?:\([a-z]+\))?)\s+){0,6}"
    r"(?:class|interface|struct|enum|trait|impl|protocol|module|namespace|type|def|func|function|fn"
    r"|fun|sub|object|record|contract)\b\*?\s+(?:\([^()]*\)\s*)?(?P<name>[\w$.:<>]+)",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure|trigger|index)\s+"
    r"(?:if\s+not\s+exists\s+)?(?P<name>[\w.\"`\[\]]+)",
    re.IGNORECASE,
)
_C = re.compile(r"[A-Za-z_][\w\s*&:<>,]{0,200}?(?<![\w:~])(?P<name>[A-Za-z_~][\w:~]*)\([^;=]*$")
_SHELL = re.compile(r"(?:function\s+)?(?P<name>[\w-]+)\s*\(\)\s*\{?.*")
_SETTINGS = re.compile(r"\[\[?(?P<name>[^\[\]]+)\]\]?\s*$")
_LATEX = re.compile(r"\\(?:part|chapter|(?:sub){0,2}section)\*?\s*\{(?P<name>[^{}]+)\}")
_BY_SUFFIX = {
    **dict.fromkeys((".c", ".cc", ".cpp", ".h", ".hpp"), (_DEFINITION, _C)),
    **dict.fromkeys((".sh", ".bash", ".zsh"), (_SHELL,)),
    **dict.fromkeys((".toml", ".ini", ".cfg", ".conf"), (_SETTINGS,)),
    **dict.fromkeys((".css", ".xml", ".yaml", ".yml"), ()),
    ".sql": (_SQL,),
    ".tex": (_LATEX,),
}


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the file; it tells no title and no date.

    Raises:
        ParseError: If the file is empty or is no text.
    """
    source = read_text(path)
    text = source.strip("\n").rstrip()
    n_before = len(source) - len(source.lstrip("\n"))
    patterns = _BY_SUFFIX.get(name.suffix.lower(), (_DEFINITION,))
    yield Parsed(
        text=text, sections=_sections(text, patterns), locators=line_locators(text, n_before)
    )


def _sections(text: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[Section, ...]:
    """From each definition that is not indented to the next; it is also in the text."""
    sections: list[Section] = []
    start = 0
    for line in text.split("\n"):
        if patterns and line[:1].strip() and len(line) <= _MAX_LINE_CHARS:
            found = next((match for p in patterns if (match := p.match(line))), None)
            if found is not None:
                sections.append(Section(start, (found["name"].strip(" :<>."),)))
        start += len(line) + 1
    if sections and sections[0].start:
        sections.insert(0, Section(0, ()))
    return tuple(sections)
