"""How fast a dump is read and cleaned, how good the text is, and what the next dump costs.

    python benchmarks/dump.py speed  DUMP [--mb 150] [--rounds 3] [--peers PYTHON]
    python benchmarks/dump.py text   DUMP [--peers PYTHON]
    python benchmarks/dump.py next   DUMP [--seeds 5]
    python benchmarks/dump.py memory DUMP

DUMP is any pages-articles file; small ones are repeated, with new page numbers, into a multistream
bzip2 of `--mb` MB of XML in a temporary folder. PYTHON is an interpreter that has the peers:
gensim, mwxml, mwparserfromhell, wikiextractor, rapidgzip, indexed_bzip2; what it lacks is named.
Every tool runs in a process of its own; CPU is that of the process and all it started.
"""

import argparse
import bz2
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

PAGES_A_STREAM = 20
SLOW_MB = 8
"""What is read with tools that take a second a MB."""


# Tools: each reads a dump and returns how many articles it read.


def ours_parse(path: str, _limit: int) -> int:
    """Ours, the XML alone."""
    from ingest.dumps.export import Revision
    from ingest.sources.mediawiki import read_dump

    events = read_dump(Path(path), namespaces=frozenset({0}))
    return sum(isinstance(event, Revision) for event in events)


def ours_clean(path: str, _limit: int, *, n_workers: int | None = None) -> int:
    """Ours, as ingestion reads."""
    from ingest.sources.wikipedia import WikipediaSource
    from rag_lifelong.types import Document

    items = WikipediaSource(Path(path), n_workers=n_workers).scan(_nothing_known())
    return sum(isinstance(item, Document) for item in items)


def ours_clean_alone(path: str, limit: int) -> int:
    """Ours, without workers."""
    return ours_clean(path, limit, n_workers=1)


def gensim_parse(path: str, _limit: int) -> int:
    """Gensim's pages."""
    from gensim.corpora.wikicorpus import extract_pages

    return sum(1 for _ in extract_pages(bz2.BZ2File(path), ("0",)))


def gensim_filter(path: str, limit: int) -> int:
    """Gensim's pages through its filter."""
    from gensim.corpora.wikicorpus import extract_pages, filter_wiki

    n = 0
    for _, text, _ in extract_pages(bz2.BZ2File(path), ("0",)):
        filter_wiki(text)
        n += 1
        if n >= limit > 0:
            break
    return n


def gensim_corpus(path: str, _limit: int) -> int:
    """Gensim's corpus, tokens and all."""
    from gensim.corpora.wikicorpus import WikiCorpus

    corpus = WikiCorpus(path, dictionary={}, processes=2, article_min_tokens=0)
    return sum(1 for _ in corpus.get_texts())


def mwxml_parse(path: str, _limit: int) -> int:
    """The revisions of mwxml."""
    import mwxml

    with bz2.open(path) as file:
        pages = mwxml.Dump.from_file(file)
        return sum(1 for page in pages if page.namespace == 0 for _ in page)


def mwxml_strip_code(path: str, limit: int) -> int:
    """Those, cleaned by mwparserfromhell."""
    import mwparserfromhell
    import mwxml

    n = 0
    with bz2.open(path) as file:
        for page in mwxml.Dump.from_file(file):
            for revision in page if page.namespace == 0 else ():
                mwparserfromhell.parse(revision.text or "").strip_code()
                n += 1
            if n >= limit > 0:
                break
    return n


def wikiextractor_clean(path: str, _limit: int) -> int:
    """Its command, without expanding templates."""
    command = [sys.executable, "-m", "wikiextractor.WikiExtractor", "--no-templates", "-q",
               "--processes", "2", "--json", "-o", "-", path]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        return sum(1 for _ in process.stdout)


def bz2_limit(path: str, _limit: int) -> int:
    """What decompressing takes."""
    with bz2.BZ2File(path) as file:
        while file.read(1 << 18):
            pass
    return -1


def rapidgzip_limit(path: str, _limit: int) -> int:
    """The same with rapidgzip."""
    import rapidgzip

    with rapidgzip.open(path, parallelization=2) as file:
        while file.read(1 << 20):
            pass
    return -1


def indexed_bzip2_limit(path: str, _limit: int) -> int:
    """The same with indexed_bzip2."""
    import indexed_bzip2

    with indexed_bzip2.open(path, parallelization=2) as file:
        while file.read(1 << 20):
            pass
    return -1


Tool = Callable[[str, int], int]
PARSE: dict[str, Tool] = {
    "limit: bz2 module, 1 thread": bz2_limit,
    "limit: indexed_bzip2, 2 threads": indexed_bzip2_limit,
    "limit: rapidgzip, 2 threads": rapidgzip_limit,
    "rag-lifelong": ours_parse,
    "gensim extract_pages": gensim_parse,
    "mwxml": mwxml_parse,
}
CLEAN: dict[str, Tool] = {
    "rag-lifelong, 2 workers": ours_clean,
    "rag-lifelong, in process": ours_clean_alone,
    "gensim WikiCorpus, 2 processes": gensim_corpus,
    "gensim filter_wiki": gensim_filter,
    "wikiextractor --no-templates, 2 processes": wikiextractor_clean,
    "mwxml + mwparserfromhell strip_code": mwxml_strip_code,
}
SLOW = {"gensim filter_wiki", "mwxml + mwparserfromhell strip_code"}


def speed(arguments: argparse.Namespace) -> None:
    """Print how fast each tool reads the same file, taking turns."""
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "enwiki-20260101-pages-articles-multistream.xml.bz2"
        n_articles, n_bytes = repeated(Path(arguments.dump), big, arguments.mb)
        size = n_bytes / 1e6
        print(f"{size:.0f} MB of XML, {n_articles} articles, {big.stat().st_size / 1e6:.0f} MB bz2")
        limit = int(n_articles * min(1, SLOW_MB / size))
        runs: dict[str, list[tuple[float, float]]] = {}
        missing: dict[str, str] = {}
        for _ in range(arguments.rounds):
            for name in [*PARSE, *CLEAN]:
                if name in missing:
                    continue
                found = _run(name, big, limit if name in SLOW else 0, arguments.peers)
                if isinstance(found, str):
                    missing[name] = found
                    continue
                n, seconds, cpu = found
                share = 1.0 if n < 0 or name not in SLOW else n / n_articles
                runs.setdefault(name, []).append((size * share / seconds, cpu / seconds))
        for title, tools in (("parse alone", PARSE), ("parse and clean", CLEAN)):
            print(f"\n{title}\n{'tool':44}{'MB/s, median (least-most)':>28}", end="")
            print(f"{'cores':>8}{'MB a CPU s':>12}")
            for name in tools:
                if name in missing:
                    print(f"{name:44}{missing[name]:>28}")
                    continue
                rates, cores = zip(*runs[name], strict=True)
                spread = f"({min(rates):.1f}-{max(rates):.1f})"
                print(
                    f"{name:44}{statistics.median(rates):>14.1f} {spread:>13}"
                    f"{statistics.median(cores):>8.2f}"
                    f"{statistics.median(r / c for r, c in runs[name]):>12.1f}"
                )


def _run(name: str, path: Path, limit: int, peers: str) -> tuple[int, float, float] | str:
    """(articles, seconds, CPU seconds) of one tool, or why there are none."""
    python = sys.executable if name.startswith("rag-lifelong") else peers
    command = [python, __file__, "tool", name, str(path), str(limit)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["failed"])[-1]
        return "not installed" if "ModuleNotFoundError" in last else last[:60]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(done.stdout.split()[-1]), seconds, cpu


def tool(arguments: argparse.Namespace) -> None:
    """Run one tool (in a process of its own)."""
    print((PARSE | CLEAN)[arguments.name](arguments.path, arguments.limit))


def repeated(source: Path, target: Path, mb: float) -> tuple[int, int]:
    """Write the pages of a dump over and over; return (articles, bytes of XML)."""
    head, pages = pages_of(source)
    n_articles = n_bytes = 0
    number = 1
    with target.open("wb") as file:
        file.write(bz2.compress(head))
        while n_bytes < mb * 1e6:
            for start in range(0, len(pages), PAGES_A_STREAM):
                stream = b""
                for page in pages[start : start + PAGES_A_STREAM]:
                    stream += re.sub(rb"<id>\d+</id>", b"<id>%d</id>" % number, page, count=1)
                    n_articles += b"<ns>0</ns>" in page
                    number += 1
                file.write(bz2.compress(stream))
                n_bytes += len(stream)
        file.write(bz2.compress(b"</mediawiki>\n"))
    return n_articles, n_bytes


def pages_of(source: Path) -> tuple[bytes, list[bytes]]:
    """What stands before the first page of a dump, and its pages."""
    from ingest.dumps.compression import blocks

    xml = b"".join(block.data for block in blocks(source))
    pages = re.findall(rb"[ \t]*<page>.*?</page>\n?", xml, re.DOTALL)
    return xml[: xml.index(b"<page>")], pages


# Text: what each tool makes of the same pages.


def ours_text(wikitext: str) -> str:
    """What we make of a page."""
    from ingest.wikitext import clean

    text, sections, _ = clean(wikitext)
    headings = "\n".join(heading for section in sections for heading in section.headings)
    return f"{text}\n{headings}"


def gensim_text(wikitext: str) -> str:
    """What gensim makes of it."""
    from gensim.corpora.wikicorpus import filter_wiki

    return str(filter_wiki(wikitext))


def strip_code_text(wikitext: str) -> str:
    """What mwparserfromhell makes of it."""
    import mwparserfromhell

    return str(mwparserfromhell.parse(wikitext).strip_code())


def wikiextractor_text(wikitext: str) -> str:
    """What wikiextractor makes of it."""
    from wikiextractor.extract import Extractor

    return "\n".join(Extractor(1, 1, "u", "T", [wikitext]).clean_text(wikitext))


TEXT: dict[str, Callable[[str], str]] = {
    "rag-lifelong": ours_text,
    "gensim filter_wiki": gensim_text,
    "mwparserfromhell strip_code": strip_code_text,
    "wikiextractor": wikiextractor_text,
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_REFERENCES = re.compile(r"<ref[^<>]*/>|<ref[^<>]*>.*?</ref>|<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[\[(?:[^\[\]|:]*\|)?([^\[\]|:]*)\]\]")
_BOX_LINE = re.compile(r"^\s*\|\s*[a-z_ ]+\s*=\s*([A-Za-z0-9][\w ,.'()-]{2,60})$", re.MULTILINE)
_QUANTITY = re.compile(r"\{\{convert\|([\d.,]+)\|([a-z0-9]+)[|}]")
_CELL = re.compile(r"^\|\s*(?![-}+])([A-Za-z][\w ,.'-]{3,60})$", re.MULTILINE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|svg|gif)", re.IGNORECASE)


def facts(wikitext: str) -> dict[str, list[str]]:
    """What a page says that its plain text should say too, found by patterns of its own."""
    source = _REFERENCES.sub("", wikitext).replace("&nbsp;", " ")
    sentences = []
    for line in source.split("\n"):
        plain = _LINK.sub(r"\1", line).replace("''", "").replace("'", "'")
        if re.match(r"[A-Z]", plain) and not re.search(r"[\[\]{}|<>&=]|https?:", plain):
            sentences += [s.strip() for s in _SENTENCE.split(plain) if len(s.split()) >= 5]
    boxes = [value.strip() for value in _BOX_LINE.findall(source) if not _PICTURE.search(value)]
    return {
        "sentences": sentences,
        "quantities": [f"{number} {unit}" for number, unit in _QUANTITY.findall(source)],
        "box values": boxes,
        "table cells": [cell.strip() for cell in _CELL.findall(source)],
    }


def text(arguments: argparse.Namespace) -> None:
    """Print what each tool keeps of the same pages, and what it leaves of markup."""
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages.json"
        pages.write_text(json.dumps(articles_of(Path(arguments.dump))))
        wanted = [facts(page) for page in json.loads(pages.read_text())]
        kinds = list(wanted[0])
        counts = ", ".join(f"{sum(len(w[kind]) for w in wanted)} {kind}" for kind in kinds)
        print(f"{len(wanted)} articles: {counts}")
        print(f"{'tool':30}" + "".join(f"{kind:>12}" for kind in kinds) + "   markup left a 10,000")
        for name in TEXT:
            python = sys.executable if name == "rag-lifelong" else arguments.peers
            out = Path(folder) / "out.json"
            command = [python, __file__, "clean", name, str(pages), str(out)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                print(f"{name:30}{(done.stderr.strip().splitlines() or ['failed'])[-1]}")
                continue
            _report_text(name, wanted, json.loads(out.read_text()))


def _report_text(name: str, wanted: list[dict[str, list[str]]], texts: list[str]) -> None:
    plain = [" ".join(one.replace("\xa0", " ").split()) for one in texts]
    cells = []
    for kind in wanted[0]:
        found = [s in one for w, one in zip(wanted, plain, strict=True) for s in w[kind]]
        cells.append(f"{sum(found) / max(1, len(found)):>12.1%}")
    n_chars = sum(map(len, texts))
    # A row of cells is written `| a | b |`; other bars are what is left of markup.
    rows = re.compile(r"^\|.*\|$", re.MULTILINE)
    signs = {sign: sum(one.count(sign) for one in texts) for sign in ("{{", "[[", "<ref", "'''")}
    signs["|"] = sum(rows.sub("", one).count("|") for one in texts)
    left = "  ".join(f"{sign} {count / n_chars * 1e4:.2f}" for sign, count in signs.items())
    print(f"{name:30}" + "".join(cells) + f"   {left}   ({n_chars / 1e6:.2f} M characters)")


def articles_of(dump: Path) -> list[str]:
    """The wikitext of a dump's articles."""
    from ingest.dumps.export import Revision
    from ingest.sources.mediawiki import read_dump

    events = read_dump(dump, namespaces=frozenset({0}))
    texts = [e.text for e in events if isinstance(e, Revision) and e.text]
    return [one for one in texts if not one.lstrip().lower().startswith("#redirect")]


def clean(arguments: argparse.Namespace) -> None:
    """Clean pages with one tool (in a process of its own)."""
    pages = json.loads(Path(arguments.pages).read_text())
    Path(arguments.out).write_text(json.dumps([TEXT[arguments.name](page) for page in pages]))


# The next dump: what changed, and what it costs.


def next_dump(arguments: argparse.Namespace) -> None:
    """Print what the next dump costs."""
    from ingest.sources.wikipedia import WikipediaSource
    from rag_lifelong.config import load_config
    from rag_lifelong.sourcing import cutter
    from rag_lifelong.system import System
    from rag_lifelong.testing import HashingEmbedder
    from rag_lifelong.types import Document

    head, pages = pages_of(Path(arguments.dump))
    for seed in range(arguments.seeds):
        later, edited = changed(pages, seed)
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "enwiki-20260101-pages-articles.xml.bz2"
            second = Path(folder) / "enwiki-20260201-pages-articles.xml.bz2"
            for path, content in ((first, pages), (second, later)):
                path.write_bytes(bz2.compress(head + b"".join(content) + b"</mediawiki>"))
            embedder = HashingEmbedder()
            system = System(load_config(flags={"store": Path(folder) / "s"}), embedder=embedder)
            system.ingest([first])
            before = set(embedder.embedded)
            n_before = len(embedder.embedded)
            started = time.perf_counter()
            report = system.ingest([second])
            seconds = time.perf_counter() - started
            cut = cutter(None, size=600)  # type: ignore[arg-type]
            new, touched = set(), 0
            for item in WikipediaSource(second, n_workers=1).scan(_nothing_known()):
                if isinstance(item, Document) and int(item.revision_id) > 10**10:
                    texts = [chunk.indexed_text for chunk in cut(item).chunks]
                    new.update(texts)
                    is_edit = item.revision_id in edited
                    touched += sum(not is_edit or edited[item.revision_id] in t for t in texts)
            changed_texts = len(new - before)
            print(
                f"seed {seed}: {report.added} added, {report.updated} updated, {report.closed} "
                f"ended, {len(report.skipped)} skipped, {seconds:.1f} s; embedded "
                f"{report.chunks_embedded} of {n_before}, texts that changed {changed_texts} "
                f"(ratio {report.chunks_embedded / changed_texts:.3f}), "
                f"chunks the edits touched {touched}"
            )


def changed(pages: list[bytes], seed: int) -> tuple[list[bytes], dict[str, str]]:
    """The pages a month later, 5% edited, 1% deleted, 1% new; the words of each edited revision."""
    chance = random.Random(seed)
    articles = [n for n, p in enumerate(pages) if b"<ns>0</ns>" in p and _PLACE.search(p)]
    n_each = max(1, len(articles) // 100)
    chosen = chance.sample(articles, 5 * n_each + 2 * n_each)
    edits, gone, models = (
        chosen[: 5 * n_each],
        chosen[5 * n_each : 6 * n_each],
        chosen[6 * n_each :],
    )
    later = list(pages)
    edited = {}
    for count, number in enumerate(edits):
        revision = str(10**10 + 1 + count)
        words = f"The survey of {seed}{count} found otherwise"
        later[number] = _with_sentence(later[number], revision, words, chance)
        edited[revision] = words
    for count, number in enumerate(models):
        new = re.sub(rb"<title>.*?</title>", b"<title>New page %d</title>" % count, pages[number])
        new = re.sub(rb"<id>\d+</id>", b"<id>%d</id>" % (900_000_000 + count), new, count=1)
        later.append(_with_sentence(new, str(2 * 10**10 + count), "It is new here", chance))
    return [page for number, page in enumerate(later) if number not in gone], edited


_PLACE = re.compile(rb"^[A-Z][^\n|{}<>]{80,}?[a-z]\. (?=[A-Z])", re.MULTILINE)
"""Between two sentences."""


def _with_sentence(page: bytes, revision: str, words: str, chance: random.Random) -> bytes:
    """The page with a sentence more after one of its sentences, as a new revision."""
    before, after = page.split(b"<revision>", 1)
    after = re.sub(rb"<id>\d+</id>", f"<id>{revision}</id>".encode(), after, count=1)
    after = re.sub(rb"<timestamp>.*?</", b"<timestamp>2026-01-15T10:00:00Z</", after, count=1)
    place = chance.choice([match.end() for match in _PLACE.finditer(after)])
    return b"<revision>".join([before, after[:place] + f"{words}. ".encode() + after[place:]])


# Memory


def memory(arguments: argparse.Namespace) -> None:
    """Print the peak memory of reading a dump once, twice, four times over."""
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 2, 4):
            path = Path(folder) / "enwiki-20260101-pages-articles-multistream.xml.bz2"
            _, n_bytes = repeated(Path(arguments.dump), path, 30 * times)
            for name in ("rag-lifelong, 2 workers", "rag-lifelong, in process"):
                command = [sys.executable, __file__, "peak", name, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                print(f"{n_bytes / 1e6:.0f} MB of XML, {name}: {done.stdout.strip()}")


def peak(arguments: argparse.Namespace) -> None:
    """Print the peak memory of one read (in a process of its own)."""
    CLEAN[arguments.name](arguments.path, 0)
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak {mine:.0f} MiB, largest worker {workers:.0f} MiB")


def _nothing_known() -> Any:
    from rag_lifelong.sourcing import _NothingKnown

    return _NothingKnown()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None], *names: str) -> Any:
        added = commands.add_parser(name)
        added.set_defaults(run=run)
        for one in names:
            added.add_argument(one)
        return added

    measured = command("speed", speed, "dump")
    measured.add_argument("--mb", type=float, default=150)
    measured.add_argument("--rounds", type=int, default=3)
    measured.add_argument("--peers", default=sys.executable)
    command("text", text, "dump").add_argument("--peers", default=sys.executable)
    command("next", next_dump, "dump").add_argument("--seeds", type=int, default=5)
    command("memory", memory, "dump")
    command("tool", tool, "name", "path").add_argument("limit", type=int)
    command("clean", clean, "name", "pages", "out")
    command("peak", peak, "name", "path")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
