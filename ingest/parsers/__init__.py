"""Parsers by file suffix. A new format is one file here and one line in the table.

A parser's module, and the library behind it, is imported when its first file is met.
"""

import errno
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePath

from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed, Parser

PARSERS = {
    ".txt": "ingest.parsers.plain:parse",
    ".text": "ingest.parsers.plain:parse",
    ".log": "ingest.parsers.plain:parse",
    ".md": "ingest.parsers.markdown:parse",
    ".markdown": "ingest.parsers.markdown:parse",
    ".rst": "ingest.parsers.rst:parse",
    ".org": "ingest.parsers.org:parse",
    ".ipynb": "ingest.parsers.notebook:parse",
    ".html": "ingest.parsers.html:parse",
    ".htm": "ingest.parsers.html:parse",
    ".xhtml": "ingest.parsers.html:parse",
    ".pdf": "ingest.parsers.pdf:parse",
    ".docx": "ingest.parsers.docx:parse",
    ".pptx": "ingest.parsers.pptx:parse",
    ".xlsx": "ingest.parsers.spreadsheet:parse",
    ".xlsm": "ingest.parsers.spreadsheet:parse",
    ".xls": "ingest.parsers.xls:parse",
    ".odt": "ingest.parsers.opendocument:parse",
    ".odp": "ingest.parsers.opendocument:parse",
    ".ods": "ingest.parsers.opendocument:parse",
    ".rtf": "ingest.parsers.rtf:parse",
    ".epub": "ingest.parsers.epub:parse",
    ".eml": "ingest.parsers.mail:parse",
    ".mbox": "ingest.parsers.mail:parse_mailbox",
    ".msg": "ingest.parsers.outlook:parse",
    ".csv": "ingest.parsers.tabular:parse",
    ".tsv": "ingest.parsers.tabular:parse",
    ".psv": "ingest.parsers.tabular:parse",
    ".json": "ingest.parsers.json_:parse",
    ".jsonl": "ingest.parsers.json_:parse_lines",
    ".ndjson": "ingest.parsers.json_:parse_lines",
    **dict.fromkeys(
        (
            ".bash", ".c", ".cc", ".cfg", ".conf", ".cpp", ".cs", ".css", ".go", ".h", ".hpp",
            ".ini", ".java", ".js", ".jsx", ".kt", ".lua", ".mjs", ".php", ".pl", ".pm", ".ps1",
            ".py", ".pyi", ".r", ".rb", ".rs", ".scala", ".sh", ".sql", ".swift", ".tex", ".toml",
            ".ts", ".tsx", ".xml", ".yaml", ".yml", ".zsh",
        ),
        "ingest.parsers.source:parse",
    ),
    **dict.fromkeys(
        (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
        "ingest.parsers.picture:parse",
    ),
}  # fmt: skip


def parser_for(suffix: str) -> Parser | None:
    """Return the parser of a suffix (`.md`), or None for a format that is not read."""
    entry = PARSERS.get(suffix.lower())
    if entry is None:
        return None
    module_name, _, function = entry.partition(":")
    parser: Parser = getattr(import_module(module_name), function)
    return parser


def parse(path: Path, *, name: PurePath | None = None) -> Iterator[Parsed]:
    """Yield the documents of a file by the parser of its suffix.

    `name` is what the file is called where its path does not tell.

    Raises:
        ParseError: If the format is not read, or the file is not what its name says.
        OSError: If it cannot be read.
    """
    name = path if name is None else name
    parser = parser_for(name.suffix)
    if parser is None:
        raise ParseError(f"unsupported format {name.suffix.lower() or '(no suffix)'}")
    try:
        yield from parser(path, name)
    except OSError as e:
        # zipfile goes wherever a damaged directory of the archive sends it.
        if e.errno == errno.EINVAL:
            raise ParseError("damaged file: it points outside itself") from e
        raise
