"""How much of real files of many formats is read, by this project and by its peers.

    python -m benchmarks.formats /path/to/data/documents/textract [--only ours,markitdown]

The files are the test data of textract (MIT), most with the text a person expects of them beside.
A file counts as found if 95 % of the expected words are in what was read, as often as expected;
words are compared without case and punctuation, and every file with less than all is listed.
Libraries that are not installed are named as missing; to compare, run it where they are installed
(`pip install "markitdown[all]" pypdf pdfplumber …`).
"""

import argparse
import importlib
import io
import logging
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

SENTENCE = "the quick brown fox jumps over the lazy dog"
REPETITIONS = 3
FOUND_SHARE = 0.95
# What has words only in its pixels or its sound, and formats that no candidate here reads.
NOT_TEXT = frozenset({"gif", "jpg", "mp3", "ogg", "png", "tiff", "wav", "doc", "ps"})

Reader = Callable[[Path, str], str]


def main() -> None:
    """Print a table of the candidates, and below each the files of which it missed words."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="textract's folder, which holds `tests/`")
    parser.add_argument("--only", default="", help="candidates, comma-separated")
    parser.add_argument("--show", action="store_true", help="print the words that were missed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    cases = list(_cases(options.folder / "tests"))
    wanted = set(filter(None, options.only.split(",")))
    print(f"{len(cases)} files with expected text\n")
    print(f"{'candidate':<22} {'formats':<28} {'found':>9} {'seconds':>9} {'MB':>6}  licence")
    for candidate in CANDIDATES:
        if not wanted or candidate.name in wanted:
            _run(candidate, cases, shows_words=options.show)


@dataclass(frozen=True)
class Case:
    """A file and the words expected of it."""

    path: Path
    suffix: str
    words: Counter[str]


@dataclass(frozen=True)
class Candidate:
    """A way to read files of some formats."""

    name: str
    suffixes: frozenset[str]
    load: Callable[[], Reader]
    packages: tuple[str, ...]
    licence: str = field(default="")


def _cases(tests: Path) -> Iterator[Case]:
    for path in sorted(tests.rglob("*")):
        suffix = path.suffix.lstrip(".") or path.name.split("_")[0]
        folder = path.parent.name
        if not path.is_file() or folder in NOT_TEXT - {"doc"} or suffix in NOT_TEXT:
            continue
        if suffix == "txt" and folder != "txt":
            continue
        expected = path.with_suffix(".txt")
        if folder == "no_ext":
            whole = tests / suffix / f"{path.name.removeprefix(suffix + '_')}.txt"
            expected = whole
        if path.stem.startswith("standardized") or not expected.exists():
            text = SENTENCE
        else:
            text = expected.read_text(encoding="utf-8", errors="replace")
        yield Case(path, suffix, Counter(_words(text)))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"[\u00ad\u200b]", "", text).casefold())


def _run(candidate: Candidate, cases: list[Case], *, shows_words: bool) -> None:
    own = [case for case in cases if case.suffix in candidate.suffixes]
    formats = " ".join(sorted({case.suffix for case in own}))
    formats = formats if len(formats) <= 28 else f"{len({c.suffix for c in own})} of them"
    try:
        read = candidate.load()
    except ImportError as e:
        print(f"{candidate.name:<22} {formats:<28} missing: {e.name}")
        return
    misses = []
    n_found = 0
    seconds = 0.0
    for case in own:
        text, took = _timed(read, case)
        seconds += took
        missed = case.words - Counter(_words(text))
        n_found += missed.total() <= (1 - FOUND_SHARE) * case.words.total()
        if missed:
            misses.append((case, missed))
    size = _megabytes(candidate.packages)
    print(
        f"{candidate.name:<22} {formats:<28} {n_found:>4}/{len(own):<4} "
        f"{seconds:>9.2f} {size:>6.1f}  {candidate.licence or _licence(candidate.packages)}"
    )
    for case, missed in misses:
        share = 1 - missed.total() / max(1, case.words.total())
        name = f"{case.path.parent.name}/{case.path.name}"
        words = f": {' '.join(list(missed)[:12])}" if shows_words else ""
        print(f"    {name}: {share:.1%} of {case.words.total()} words{words}")


def _timed(read: Reader, case: Case) -> tuple[str, float]:
    """What is read, and the least time of several."""
    text, times = "", []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        try:
            text = read(case.path, case.suffix)
        except Exception as e:  # noqa: BLE001  (a candidate may fail in any way)
            text = ""
            print(f"    {case.path.parent.name}/{case.path.name}: {type(e).__name__}: {e}"[:120])
            return text, time.perf_counter() - started
        times.append(time.perf_counter() - started)
    return text, min(times)


def _megabytes(packages: tuple[str, ...]) -> float:
    """Installed size of the packages themselves, not of what they pull in."""
    total = 0
    for package in packages:
        try:
            files = distribution(package).files or ()
        except PackageNotFoundError:
            continue
        total += sum(
            Path(str(file.locate())).stat().st_size
            for file in files
            if Path(str(file.locate())).is_file()
        )
    return total / 1e6


def _licence(packages: tuple[str, ...]) -> str:
    for package in packages[:1]:
        try:
            metadata = distribution(package).metadata
        except PackageNotFoundError:
            return ""
        classifiers = [
            value.rpartition("::")[2].strip()
            for value in metadata.get_all("Classifier") or ()
            if value.startswith("License")
        ]
        named = metadata.get("License-Expression") or " ".join(classifiers[:1])
        return str(named or (metadata.get("License") or "").split("\n")[0])[:40]
    return ""


# Candidates


def _ours() -> Reader:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from pathlib import PurePath

    from ingest.parsers import parse

    def read(path: Path, suffix: str) -> str:
        parts: list[str] = []
        for parsed in parse(path, name=PurePath(f"{path.stem}.{suffix}")):
            parts += [parsed.title, parsed.text]
            above: tuple[str, ...] = ()
            for section in parsed.sections:
                parts += [one for one in section.headings if one not in above]
                above = section.headings
        return "\n".join(parts)

    return read


def _markitdown() -> Reader:
    module = importlib.import_module("markitdown")
    reader = module.MarkItDown()

    def read(path: Path, suffix: str) -> str:
        info = module.StreamInfo(extension=f".{suffix}")
        return str(reader.convert_stream(io.BytesIO(path.read_bytes()), stream_info=info))

    return read


def _docling() -> Reader:
    module = importlib.import_module("docling.document_converter")
    converter = module.DocumentConverter()
    return lambda path, _: str(converter.convert(path).document.export_to_text())


def _pypdf() -> Reader:
    module = importlib.import_module("pypdf")
    return lambda path, _: "\n".join(p.extract_text() for p in module.PdfReader(path).pages)


def _pdfminer() -> Reader:
    module = importlib.import_module("pdfminer.high_level")
    return lambda path, _: str(module.extract_text(path))


def _pdfplumber() -> Reader:
    module = importlib.import_module("pdfplumber")

    def read(path: Path, _: str) -> str:
        with module.open(path) as pdf:
            return "\n".join(page.extract_text() or "" for page in pdf.pages)

    return read


def _pypdfium2() -> Reader:
    module = importlib.import_module("pypdfium2")

    def read(path: Path, _: str) -> str:
        with module.PdfDocument(path) as pdf:
            return "\n".join(page.get_textpage().get_text_range() for page in pdf)

    return read


def _pymupdf() -> Reader:
    module = importlib.import_module("pymupdf")
    return lambda path, _: "\n".join(page.get_text() for page in module.open(path))


def _trafilatura() -> Reader:
    module = importlib.import_module("trafilatura")
    return lambda path, _: module.extract(_page(path), favor_recall=True) or ""


def _readability() -> Reader:
    module = importlib.import_module("readability")
    html = importlib.import_module("lxml.html")

    def read(path: Path, _: str) -> str:
        summary = module.Document(_page(path)).summary()
        return " ".join(html.fromstring(summary).itertext())

    return read


def _inscriptis() -> Reader:
    module = importlib.import_module("inscriptis")
    return lambda path, _: str(module.get_text(_page(path)))


def _page(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _calamine() -> Reader:
    module = importlib.import_module("python_calamine")

    def read(path: Path, _: str) -> str:
        with module.CalamineWorkbook.from_path(path) as book:
            sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
        return "\n".join(" ".join(map(_cell, row)) for rows in sheets for row in rows)

    return read


def _openpyxl() -> Reader:
    module = importlib.import_module("openpyxl")

    def read(path: Path, _: str) -> str:
        book = module.load_workbook(path, read_only=True, data_only=True)
        rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
        return "\n".join(" ".join("" if c is None else _cell(c) for c in row) for row in rows)

    return read


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _odfdo() -> Reader:
    module = importlib.import_module("odfdo")
    return lambda path, _: str(module.Document(path).body.inner_text)


_PDF, _HTML = frozenset({"pdf"}), frozenset({"html"})
_ALL = frozenset(
    {
        "csv", "docx", "eml", "epub", "html", "json", "msg", "ods", "odt", "pdf", "pptx", "psv",
        "rtf", "tsv", "txt", "xls", "xlsx",
    }
)  # fmt: skip
CANDIDATES = (
    Candidate("ours", _ALL, _ours, ("rag-lifelong",)),
    Candidate("markitdown", _ALL, _markitdown, ("markitdown",)),
    Candidate("docling", _ALL, _docling, ("docling-slim",)),
    Candidate("pypdfium2", _PDF, _pypdfium2, ("pypdfium2",)),
    Candidate("pypdf", _PDF, _pypdf, ("pypdf",)),
    Candidate("pdfminer.six", _PDF, _pdfminer, ("pdfminer.six",)),
    Candidate("pdfplumber", _PDF, _pdfplumber, ("pdfplumber", "pdfminer.six")),
    Candidate("pymupdf", _PDF, _pymupdf, ("pymupdf",)),
    Candidate("trafilatura", _HTML, _trafilatura, ("trafilatura",)),
    Candidate("readability-lxml", _HTML, _readability, ("readability-lxml",)),
    Candidate("inscriptis", _HTML, _inscriptis, ("inscriptis",)),
    Candidate(
        "python-calamine", frozenset({"xls", "xlsx", "ods"}), _calamine, ("python-calamine",)
    ),
    Candidate("openpyxl", frozenset({"xlsx"}), _openpyxl, ("openpyxl",)),
    Candidate("odfdo", frozenset({"ods", "odt"}), _odfdo, ("odfdo",)),
)

if __name__ == "__main__":
    main()
