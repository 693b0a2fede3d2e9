"""Wikitext to readable text with sections.

mwparserfromhell's C tokenizer does the parsing; its tokens are read in one pass here and its
tree is never built: on 106 long English articles the tokens take 0.2 s per million characters and
the tree 1.4 s. Comments and references, a third of such text, are cut out before. Knows nothing
about dumps.
"""

import html
import re
from collections.abc import Callable, Iterable

from mwparserfromhell.parser import CTokenizer, tokens
from mwparserfromhell.parser.tokenizer import Tokenizer

from ingest.outline import Outline
from ingest.wikitemplates import Parameter, is_infobox, render, render_infobox
from rag_lifelong.types import Section

_MAX_PARSED_CHARS = 3_000_000
"""Longer pages (MediaWiki's own limit is 2 MiB) are cleaned without parsing."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# A reference never holds another; an unclosed one must not swallow the text up to the next.
_REFERENCE = re.compile(
    r"<ref\b[^<>]*/>|<ref\b[^<>]*>[^<]*(?:<(?!/?ref\b)[^<]*)*</ref\s*>", re.IGNORECASE
)
_QUOTES = re.compile(r"'{2,5}")
_MAGIC = re.compile(r"__[A-Z]{3,25}__")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_BLANK_LINES = re.compile(r"\n{3,}")
_EMPTY_BRACKETS = re.compile(r"\((?:[\s,;:/]|or|also)*\)")
_SPACED_STOP = re.compile(r" ([.,;:](?=\s|\Z))")
_NESTED_ITEM = re.compile(r"^(?:- ){2,}", re.MULTILINE)
_OPENING_PUNCTUATION = re.compile(r"\((?:[;,:]\s*)+")
_LEFTOVER_LINE = re.compile(r"^(?:\{\||\|\}|\|-|[|!]\+?(?! )).*\n?", re.MULTILINE)
_LEFTOVER_MARKUP = re.compile(r"\[\[|\]\]|\{\{|\}\}|</?[a-zA-Z][a-zA-Z0-9]{0,20}\b[^<>\n]{0,200}>")

# Namespaces that hold no text to show (English names work in every wiki), and the local names of
# files and categories in the larger ones.
_SILENT_NAMESPACES = frozenset(
    "file image media category datei bild kategorie fichier catégorie archivo imagen categoría "
    "файл изображение категория картинка файл категорія grafika plik kategoria immagine categoria "
    "ficheiro imagem bestand afbeelding categorie fil fájl kép kategória soubor dosya tập_tin "
    "ファイル 画像 カテゴリ 文件 图像 分类 檔案 分類 파일 분류 ملف تصنيف קובץ קטגוריה".split()
)
_SILENT_SECTIONS = frozenset(
    {
        "references", "external links", "see also", "further reading", "notes and references",
        "bibliography", "sources", "notes", "footnotes", "citations", "works cited", "gallery",
        "einzelnachweise", "weblinks", "siehe auch", "literatur",
        "références", "liens externes", "voir aussi", "bibliographie",
        "referencias", "enlaces externos", "véase también", "bibliografía",
        "note", "collegamenti esterni", "voci correlate", "bibliografia",
        "примечания", "ссылки", "литература", "см. также",
        "източници", "външни препратки", "вижте също", "литература",
        "przypisy", "linki zewnętrzne", "zobacz też", "referências", "ligações externas",
        "ver também",
    }
)  # fmt: skip
_SILENT_TAGS = frozenset(
    "ref references gallery math chem ce score timeline syntaxhighlight source imagemap graph "
    "templatestyles mapframe maplink hiero style script noinclude inputbox categorytree "
    "indicator section".split()
)
_BLOCK_TAGS = frozenset("p div blockquote poem center table ul ol dl dd dt".split())

_List = list[str]


class _Frame:
    """One open bracket of the markup and what was read inside it so far."""

    __slots__ = ("has_attributes", "has_equals", "parameters", "parts", "tag")

    def __init__(self) -> None:
        self.parts: _List = []
        self.parameters: list[Parameter] = []
        self.has_equals = False
        self.tag = ""
        self.has_attributes = False


def clean(wikitext: str) -> tuple[str, tuple[Section, ...]]:
    """Return the readable text of a page and its sections; never fails.

    Infobox parameters come first as `key: value` lines; table rows are `| cell | cell |` lines;
    references, media, categories, navigation and the link sections at the end are left out.
    """
    source = _REFERENCE.sub("", _COMMENT.sub("", wikitext))
    if len(source) > _MAX_PARSED_CHARS:
        return _assemble(_without_parser(source), [])
    try:
        reader = _TokenReader()
        reader.read(_tokenize(source))
    except Exception:  # noqa: BLE001  the page is worth more than the markup: any parser bug ends here
        return _assemble(_without_parser(source), [])
    return _assemble(reader.pieces, reader.infobox)


def _tokenize(source: str) -> Iterable[tokens.Token]:
    tokenizer = Tokenizer() if CTokenizer is None else CTokenizer()
    # Bold and italics are quotes removed later: as tags they are the slowest thing to parse.
    read: Iterable[tokens.Token] = tokenizer.tokenize(source, 0, True)  # noqa: FBT003
    return read


class _TokenReader:
    """Turns a stream of tokens into text pieces and headings, with one stack of open brackets."""

    def __init__(self) -> None:
        self.pieces: list[str | tuple[int, str]] = []
        """Text, and (level, title) where a heading stands."""
        self.infobox: list[str] = []
        self._stack: list[_Frame] = []
        self._frame = _Frame()
        self._heading_level = 0

    def read(self, stream: Iterable[tokens.Token]) -> None:
        """Read all tokens."""
        text_token = tokens.Text
        handlers = _HANDLERS
        for token in stream:
            kind = type(token)
            if kind is text_token:
                self._frame.parts.append(token.text)
            else:
                handler = handlers.get(kind)
                if handler is not None:
                    handler(self, token)
        self._flush()

    def _flush(self) -> None:
        self.pieces.append("".join(self._frame.parts))
        self._frame.parts.clear()

    def _open(self, _token: tokens.Token) -> None:
        self._stack.append(self._frame)
        self._frame = _Frame()

    def _close(self) -> _Frame:
        closed = self._frame
        self._frame = self._stack.pop()
        return closed

    def _emit(self, text: str) -> None:
        self._frame.parts.append(text)

    # Templates: the name is the first parameter's value until the close.

    def _separate(self, _token: tokens.Token) -> None:
        frame = self._frame
        value = "".join(frame.parts)
        frame.parts.clear()
        if frame.has_equals:
            frame.parameters[-1] = Parameter(frame.parameters[-1].name, value)
        else:
            frame.parameters.append(Parameter("", value))
        frame.has_equals = False

    def _equals(self, _token: tokens.Token) -> None:
        frame = self._frame
        frame.parameters.append(Parameter("".join(frame.parts).strip(), ""))
        frame.parts.clear()
        frame.has_equals = True

    def _close_template(self, token: tokens.Token) -> None:
        self._separate(token)
        parameters = self._close().parameters
        name = " ".join(parameters[0].value.replace("_", " ").split()).lower()
        is_lead = not self._stack and len(self.pieces) == 0
        if is_infobox(name, parameters[1:], is_lead=is_lead):
            lines = render_infobox(parameters[1:])
            if self._stack:  # a box inside a box: its lines are part of the outer value
                self._emit("; ".join(lines))
            else:
                self.infobox.extend(lines)
        else:
            self._emit(render(name, parameters[1:]))

    def _close_argument(self, _token: tokens.Token) -> None:
        self._close()

    # Links

    def _close_wikilink(self, token: tokens.Token) -> None:
        self._separate(token)
        parameters = self._close().parameters
        target = parameters[0].value.strip()
        if len(parameters) == 1 or not parameters[1].value.strip():
            if _is_silent(target):
                return
            self._emit(target.lstrip(":").replace("#", " § ") if "#" in target else target.lstrip(":"))
        elif not _is_silent(target):
            self._emit(parameters[-1].value)

    def _close_external_link(self, token: tokens.Token) -> None:
        self._separate(token)
        parameters = self._close().parameters
        # A bare or bracketed URL without a label tells a reader nothing.
        self._emit(parameters[1].value if len(parameters) > 1 else "")

    # Entities: decoded at the end, together with those in attributes and leftovers.

    def _entity(self, token: tokens.Token) -> None:
        kind = type(token)
        if kind is tokens.HTMLEntityStart:
            self._emit("&")
        elif kind is tokens.HTMLEntityNumeric:
            self._emit("#")
        elif kind is tokens.HTMLEntityHex:
            self._emit(token.char)
        else:
            self._emit(";")

    # Headings

    def _open_heading(self, token: tokens.Token) -> None:
        if not self._stack:
            self._flush()
        self._heading_level = token.level
        self._open(token)

    def _close_heading(self, _token: tokens.Token) -> None:
        title = "".join(self._close().parts)
        if self._stack:
            self._emit(f"\n{title}\n")
        else:
            self.pieces.append((self._heading_level, title))

    # Tags: <open attributes> content </close>, or wiki tables and lists in the same tokens.

    def _open_tag(self, token: tokens.Token) -> None:
        self._open(token)

    def _attribute(self, _token: tokens.Token) -> None:
        # Text up to here was the tag's name; attributes are collected and thrown away.
        frame = self._frame
        if not frame.tag:
            frame.tag = "".join(frame.parts).strip().lower()
        frame.parts.clear()

    def _begin_content(self, token: tokens.Token) -> None:
        self._attribute(token)

    def _end_content(self, token: tokens.Token) -> None:
        """Content is complete; the tag's name is repeated in the closing tag and thrown away."""
        frame = self._frame
        frame.parameters.append(Parameter("", "".join(frame.parts)))
        frame.parts.clear()
        _ = token

    def _close_tag(self, _token: tokens.Token) -> None:
        closed = self._close()
        content = closed.parameters[-1].value if closed.parameters else ""
        self._emit(_render_tag(closed.tag, content))

    def _close_empty_tag(self, token: tokens.Token) -> None:
        self._attribute(token)
        self._emit(_EMPTY_TAGS.get(self._close().tag, ""))


_CELL = "\x00"
"""Ends a cell until its row is complete; no XML document can hold this character."""

_EMPTY_TAGS = {"br": "\n", "li": "- ", "dd": " ", "dt": "", "hr": "\n"}

_HANDLERS: dict[type[tokens.Token], Callable[[_TokenReader, tokens.Token], None]] = {
    tokens.TemplateOpen: _TokenReader._open,
    tokens.TemplateParamSeparator: _TokenReader._separate,
    tokens.TemplateParamEquals: _TokenReader._equals,
    tokens.TemplateClose: _TokenReader._close_template,
    tokens.ArgumentOpen: _TokenReader._open,
    tokens.ArgumentClose: _TokenReader._close_argument,
    tokens.WikilinkOpen: _TokenReader._open,
    tokens.WikilinkSeparator: _TokenReader._separate,
    tokens.WikilinkClose: _TokenReader._close_wikilink,
    tokens.ExternalLinkOpen: _TokenReader._open,
    tokens.ExternalLinkSeparator: _TokenReader._separate,
    tokens.ExternalLinkClose: _TokenReader._close_external_link,
    tokens.HTMLEntityStart: _TokenReader._entity,
    tokens.HTMLEntityNumeric: _TokenReader._entity,
    tokens.HTMLEntityHex: _TokenReader._entity,
    tokens.HTMLEntityEnd: _TokenReader._entity,
    tokens.HeadingStart: _TokenReader._open_heading,
    tokens.HeadingEnd: _TokenReader._close_heading,
    tokens.CommentStart: _TokenReader._open,
    tokens.CommentEnd: _TokenReader._close_argument,
    tokens.TagOpenOpen: _TokenReader._open_tag,
    tokens.TagAttrStart: _TokenReader._attribute,
    tokens.TagCloseOpen: _TokenReader._begin_content,
    tokens.TagOpenClose: _TokenReader._end_content,
    tokens.TagCloseClose: _TokenReader._close_tag,
    tokens.TagCloseSelfclose: _TokenReader._close_empty_tag,
}


def _is_silent(target: str) -> bool:
    """Whether a link shows media or files the page, instead of naming something."""
    namespace, colon, _ = target.partition(":")
    return bool(colon) and namespace.strip().replace(" ", "_").lower() in _SILENT_NAMESPACES


def _render_tag(tag: str, content: str) -> str:
    if tag in _SILENT_TAGS:
        return ""
    if tag in ("td", "th"):
        return " ".join(content.replace(_CELL, " ").split()) + _CELL
    if tag == "tr":
        return _row(content)
    if tag == "table":
        return f"\n\n{_table(content)}\n\n"
    if tag == "li":
        return f"\n- {content.strip()}"
    return f"\n{content}\n" if tag in _BLOCK_TAGS else content


def _row(content: str) -> str:
    cells = [cell.strip() for cell in content.split(_CELL)[:-1]]
    return f"\n| {' | '.join(cells)} |\n" if any(cells) else ""


def _table(content: str) -> str:
    """Lines of rows; a first row without its own mark is cells alone."""
    lines = []
    for line in content.split("\n"):
        stripped = line.strip()
        if _CELL in stripped:
            stripped = _row(stripped).strip()
        if stripped.strip("| "):
            lines.append(stripped)
    return "\n".join(lines)


def _assemble(
    pieces: Iterable[str | tuple[int, str]], infobox: list[str]
) -> tuple[str, tuple[Section, ...]]:
    outline = Outline(keep_empty_headings=False)
    outline.add_text(_tidy("\n".join(infobox)))
    silent_level = 0
    for piece in pieces:
        if isinstance(piece, str):
            if not silent_level:
                outline.add_text(_tidy(piece))
            continue
        level, title = piece[0], _tidy(piece[1])
        if silent_level and level > silent_level:
            continue
        silent_level = level if title.lower().strip(" :") in _SILENT_SECTIONS else 0
        if not silent_level:
            outline.add_heading(level, title)
    return outline.finish()


def _tidy(text: str) -> str:
    if not text or text.isspace():
        return ""
    text = html.unescape(text) if "&" in text else text
    text = text.replace(_CELL, " | ")
    text = _QUOTES.sub("", text)
    text = _MAGIC.sub("", text)
    text = _EMPTY_BRACKETS.sub("", text)
    text = _OPENING_PUNCTUATION.sub("(", text)
    text = _SPACES.sub(" ", text)
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    text = _SPACED_STOP.sub(r"\1", text)
    text = _NESTED_ITEM.sub("- ", text)
    text = _LEFTOVER_LINE.sub("", text)
    text = _LEFTOVER_MARKUP.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip()


_INNERMOST_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_LABELLED_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]")
_HEADING = re.compile(r"^(={1,6})[^\S\n]*([^\n]+?)[^\S\n]*\1[^\S\n]*$", re.MULTILINE)


def _without_parser(source: str) -> list[str | tuple[int, str]]:
    """What pattern matching alone makes of a page, for those that break or exceed the parser."""
    for _ in range(5):
        source, count = _INNERMOST_TEMPLATE.subn("", source)
        if not count:
            break
    source = _LABELLED_LINK.sub(r"\1", source)
    pieces: list[str | tuple[int, str]] = []
    position = 0
    for heading in _HEADING.finditer(source):
        pieces.append(source[position : heading.start()])
        pieces.append((len(heading[1]), heading[2]))
        position = heading.end()
    pieces.append(source[position:])
    return pieces
