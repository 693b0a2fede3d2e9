"""Takes tags, comments, addresses, plain links, list marks and open brackets out of wikitext.

They are most of a page's markup, patterns find them faster than the parser does, and the parser
takes quadratic time or worse on what is never closed: 200 seconds for `<div ` ten thousand times,
minutes for 50 kB of `{{a|`. What is left holds no `<`, no address, and every bracket has its other.
"""

import html
import re
from operator import itemgetter

CELL_END = "\x00"
"""Ends a table cell until its row is complete; no XML document can hold this character."""
_NO_ADDRESS = "\x01"

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Neither a reference nor the others hold themselves; an unclosed one ends where the next starts,
# or it would swallow the text up to there.
_REFERENCE = re.compile(
    r"<ref\b[^<>]*/>|<ref\b[^<>]*>[^<]*(?:<(?!/?ref\b)[^<]*)*</ref\s*>", re.IGNORECASE
)
_SILENT = re.compile(
    r"<(references|gallery|math|chem|ce|score|timeline|syntaxhighlight|source|imagemap|graph|"
    r"templatestyles|mapframe|maplink|hiero|style|script|inputbox|categorytree|indicator)\b"
    r"[^<>]*(?:/>|>[^<]*(?:<(?!/?\1\b)[^<]*)*</\1\s*>)",
    re.IGNORECASE,
)
_VERBATIM = re.compile(
    r"<(nowiki|pre)\b[^<>/]*>([^<]*(?:<(?!/?\1\b)[^<]*)*)</\1\s*>", re.IGNORECASE
)
_BREAK = re.compile(
    r"<(?:br|hr|p|div|blockquote|poem|center|li|/tr|/p|/div)\b[^<>]*>", re.IGNORECASE
)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINK = re.compile(
    r"\[(?:[a-zA-Z]{3,10}:)?//[^\s\[\]<>]*[ \t]*((?:[^\[\]\n]|\[\[[^\[\]\n]*\]\])*)\]"
)
# Links that are only words: no namespace, no anchor, nothing inside, no sign of a template's
# parameters. Nine of ten are, and to the parser each would be five tokens.
_LABELLED = re.compile(r"\[\[[^\[\]{}|<>\n:=#]*\|([^\s\[\]{}|<>=][^\[\]{}|<>\n=]*)\]\]")
_UNLABELLED = re.compile(r"\[\[([^\[\]{}|<>\n:=#]+)\]\]")
_label = itemgetter(1)
# The parser knows tables only at the start of a line.
_TABLE_START = re.compile(r"^[ \t:*#;]+\{\|", re.MULTILINE)
_LIST_ITEM = re.compile(r"^[:;]*+[*#][*#:;]*+", re.MULTILINE)
_INDENTED = re.compile(r"^[:;]++", re.MULTILINE)
_OPENING = re.compile(r"\[+")
_BRACKET = re.compile(r"\{\{|\}\}|\[\[|\]\]")
_TABLE_BRACKET = re.compile(r"\{\{|\}\}|\[\[|\]\]|^\{\||^[ \t]*\|\}(?!\})", re.MULTILINE)
_OPENERS = {"}}": "{{", "]]": "[[", "|}": "{|"}
_MAX_DEPTH = 30
_SPECIAL = re.compile(r"[\[\]{}|<>='*#:;!-]")


def without_tags(wikitext: str) -> str:
    """Return wikitext without tags, comments and references; links to the web become their label.

    What was verbatim is written in character references, to be decoded when parsing is done.
    """
    text = wikitext.replace(CELL_END, "").replace(_NO_ADDRESS, "")
    if "<" in text:
        text = _COMMENT.sub("", text)
        text = _REFERENCE.sub("", text)
        text = _SILENT.sub("", text)
        text = _VERBATIM.sub(_escaped, text)
        text = _BREAK.sub("\n", text)
        text = _CELL.sub(CELL_END, text)
        text = _TAG.sub("", text).replace("<", "&lt;")
    if "//" in text:
        text = _LINK.sub(r"\1", text).replace("//", f"{_NO_ADDRESS}//")
    text = _LABELLED.sub(_label, text)
    text = _UNLABELLED.sub(_label, text)
    text = _OPENING.sub(_escaped_if_single, text)
    if "{|" in text:
        text = _TABLE_START.sub("{|", text)
    text = _LIST_ITEM.sub("- ", text)
    text = _INDENTED.sub(" ", text)
    return _with_closed_brackets(text)


def _escaped_if_single(match: re.Match[str]) -> str:
    return "&#91;" if len(match[0]) == 1 else match[0]


def decoded(text: str) -> str:
    """Return parsed text with its character references decoded and its addresses whole."""
    if "&" in text:
        text = html.unescape(text)
    return text.replace(_NO_ADDRESS, "").replace(CELL_END, " | ")


def _with_closed_brackets(text: str) -> str:
    """Escape opening brackets that nothing closes, and those too deep to be more than noise."""
    parts = []
    last = 0
    for position in sorted(_unclosed(text)):
        parts.append(text[last:position])
        parts.append("".join(f"&#{ord(char)};" for char in text[position : position + 2]))
        last = position + 2
    return "".join([*parts, text[last:]])


def _unclosed(text: str) -> list[int]:
    unclosed: list[int] = []
    open_brackets: list[tuple[str, int]] = []
    n_open = dict.fromkeys(_OPENERS.values(), 0)
    pattern = _TABLE_BRACKET if "{|" in text else _BRACKET
    for match in pattern.finditer(text):
        bracket = match[0][-2:]
        opener = _OPENERS.get(bracket)
        if opener is None and len(open_brackets) < _MAX_DEPTH:
            open_brackets.append((bracket, match.end() - 2))
            n_open[bracket] += 1
        elif opener is None:
            unclosed.append(match.end() - 2)
        elif n_open[opener]:
            while open_brackets[-1][0] != opener:
                found, position = open_brackets.pop()
                n_open[found] -= 1
                unclosed.append(position)
            open_brackets.pop()
            n_open[opener] -= 1
    return unclosed + [position for _, position in open_brackets]


def _escaped(match: re.Match[str]) -> str:
    return _SPECIAL.sub(lambda special: f"&#{ord(special[0])};", match[2])
