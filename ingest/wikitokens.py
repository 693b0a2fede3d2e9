"""Reads the tokens of wikitext, in one pass, into text and headings. Leaves tidying to others."""

import re
from collections.abc import Callable, Iterable

from mwparserfromhell.parser import tokens

from ingest.infobox import is_infobox, kind_of, render_infobox
from ingest.wikitags import CELL_END
from ingest.wikitemplates import Parameter, one_line, render

Piece = str | tuple[int, str]
"""Text, or the level and title of a heading."""

# Namespaces that hold no text to show (English names work in every wiki), and the local names of
# files and categories in the larger ones.
_SILENT_NAMESPACES = frozenset(
    {
        "file", "image", "media", "category", "datei", "bild", "kategorie", "fichier",
        "catégorie", "archivo", "imagen", "categoría", "файл", "изображение", "категория",
        "картинка", "категорія", "grafika", "plik", "kategoria", "immagine", "categoria",
        "ficheiro", "imagem", "bestand", "afbeelding", "categorie", "fil", "fájl", "kép",
        "kategória", "soubor", "dosya", "tập_tin", "ファイル", "画像", "カテゴリ", "文件",
        "图像", "分类", "檔案", "分類", "파일", "분류", "ملف", "تصنيف", "קובץ", "קטגוריה",
    }
)  # fmt: skip
_PLAIN_TEMPLATE = re.compile(r"\{\{(?![{#])([^{}|\[\]]+)((?:\|[^{}\[\]]*)?)\}\}(?!\})")
_MAX_PLAIN_LINES = 3
_LIST_MARKS = {"li": "- ", "dd": " ", "dt": "", "hr": "\n"}


def without_plain_templates(wikitext: str) -> str:
    """Return wikitext with those templates rendered that hold words alone and are no infobox.

    They are most, and quicker to render here than to parse.
    """
    return _PLAIN_TEMPLATE.sub(_render_plain, wikitext)


def _render_plain(match: re.Match[str]) -> str:
    name = _template_name(match[1])
    body = match[2]
    # A box is written one parameter a line.
    if body.count("\n") > _MAX_PLAIN_LINES or is_infobox(name, [], is_lead=False):
        return match[0]
    parameters = [_parameter(part) for part in body.split("|")[1:]]
    text = render(name, parameters)
    # What would be read as a sign of markup stays for the parser.
    return match[0] if "|" in text or "=" in text else text


def _parameter(text: str) -> Parameter:
    name, equals, value = text.partition("=")
    return Parameter(name.strip(), value) if equals else Parameter("", text)


def _template_name(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).lower()


class _Frame:
    """One open bracket of the markup and what was read inside it so far."""

    __slots__ = ("has_equals", "parameters", "parts", "tag")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.parameters: list[Parameter] = []
        self.has_equals = False
        self.tag = ""


class TokenReader:
    """Turns a stream of tokens into text pieces and headings, with one stack of open brackets."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        """Text, and (level, title) where a heading stands."""
        self.infobox: list[str] = []
        self.kind = ""
        """What the first infobox is of."""
        self._stack: list[_Frame] = []
        self._frame = _Frame()
        self._heading_level = 0
        self._handlers: dict[type[tokens.Token], Callable[[tokens.Token], None]] = {
            tokens.TemplateOpen: self._open,
            tokens.TemplateParamSeparator: self._separate,
            tokens.TemplateParamEquals: self._equals,
            tokens.TemplateClose: self._close_template,
            tokens.ArgumentOpen: self._open,
            tokens.ArgumentClose: self._drop,
            tokens.WikilinkOpen: self._open,
            tokens.WikilinkSeparator: self._separate,
            tokens.WikilinkClose: self._close_wikilink,
            tokens.ExternalLinkOpen: self._open,
            tokens.ExternalLinkSeparator: self._separate,
            tokens.ExternalLinkClose: self._close_external_link,
            tokens.HTMLEntityStart: lambda _: self._emit("&"),
            tokens.HTMLEntityNumeric: lambda _: self._emit("#"),
            tokens.HTMLEntityHex: lambda token: self._emit(token.char),
            tokens.HTMLEntityEnd: lambda _: self._emit(";"),
            tokens.HeadingStart: self._open_heading,
            tokens.HeadingEnd: self._close_heading,
            tokens.CommentStart: self._open,
            tokens.CommentEnd: self._drop,
            tokens.TagOpenOpen: self._open,
            tokens.TagAttrStart: self._drop_attribute,
            tokens.TagCloseOpen: self._drop_attribute,
            tokens.TagOpenClose: self._end_content,
            tokens.TagCloseClose: self._close_tag,
            tokens.TagCloseSelfclose: self._close_empty_tag,
        }

    def read(self, stream: Iterable[tokens.Token]) -> None:
        """Read all tokens."""
        text_token = tokens.Text
        handlers = self._handlers
        append = self._frame.parts.append
        for token in stream:
            kind = type(token)
            if kind is text_token:
                append(token["text"])
            else:
                handler = handlers.get(kind)
                if handler is not None:
                    handler(token)
                    append = self._frame.parts.append
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
        name = _template_name(parameters[0].value)
        is_lead = not self._stack and len(self.pieces) == 0
        if is_infobox(name, parameters[1:], is_lead=is_lead):
            lines = render_infobox(parameters[1:])
            if self._stack:  # a box inside a box: its lines are part of the outer value
                self._emit("; ".join(lines))
            else:
                self.infobox.extend(lines)
                self.kind = self.kind or kind_of(name, parameters[1:])
        else:
            self._emit(render(name, parameters[1:]))

    def _drop(self, _token: tokens.Token) -> None:
        self._close()

    # Links

    def _close_wikilink(self, token: tokens.Token) -> None:
        self._separate(token)
        parameters = self._close().parameters
        target = parameters[0].value.strip()
        if len(parameters) == 1 or not parameters[1].value.strip():
            if _is_silent(target):
                return
            self._emit(
                target.lstrip(":").replace("#", " § ") if "#" in target else target.lstrip(":")
            )
        elif not _is_silent(target):
            self._emit(parameters[-1].value)

    def _close_external_link(self, token: tokens.Token) -> None:
        self._separate(token)
        parameters = self._close().parameters
        # A bare or bracketed URL without a label tells a reader nothing.
        self._emit(parameters[1].value if len(parameters) > 1 else "")

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

    # Tables and lists come in the tokens of HTML tags: open, attributes, content, close.

    def _drop_attribute(self, _token: tokens.Token) -> None:
        # Text up to here was the tag's name; attributes are collected and thrown away.
        frame = self._frame
        if not frame.tag:
            frame.tag = "".join(frame.parts).strip().lower()
        frame.parts.clear()

    def _end_content(self, _token: tokens.Token) -> None:
        """Content is complete; the tag's name is repeated in the closing tag and thrown away."""
        frame = self._frame
        frame.parameters.append(Parameter("", "".join(frame.parts)))
        frame.parts.clear()

    def _close_tag(self, _token: tokens.Token) -> None:
        closed = self._close()
        content = closed.parameters[-1].value if closed.parameters else ""
        self._emit(_render_tag(closed.tag, content))

    def _close_empty_tag(self, token: tokens.Token) -> None:
        self._drop_attribute(token)
        self._emit(_LIST_MARKS.get(self._close().tag, ""))


def _is_silent(target: str) -> bool:
    """Whether a link shows media or files the page, instead of naming something."""
    namespace, colon, _ = target.partition(":")
    return bool(colon) and namespace.strip().replace(" ", "_").lower() in _SILENT_NAMESPACES


def _render_tag(tag: str, content: str) -> str:
    if tag in ("td", "th"):
        return one_line(content.replace(CELL_END, " ")) + CELL_END
    if tag == "tr":
        return _row(content)
    return f"\n\n{_table(content)}\n\n" if tag == "table" else content


def _row(content: str) -> str:
    cells = [cell.strip() for cell in content.split(CELL_END)[:-1]]
    return f"\n| {' | '.join(cells)} |\n" if any(cells) else ""


def _table(content: str) -> str:
    """Lines of rows; a first row without its own mark is cells alone."""
    lines = []
    for line in content.split("\n"):
        stripped = line.strip()
        if CELL_END in stripped:
            stripped = _row(stripped).strip()
        if stripped.strip("| "):
            lines.append(stripped)
    return "\n".join(lines)
