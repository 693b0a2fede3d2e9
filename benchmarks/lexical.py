"""Lexical search over dated texts: SQLite's FTS5 and tantivy beside the store's inverted lists.

    python benchmarks/lexical.py build INDEX N DIR         build one index, once
    python benchmarks/lexical.py query N DIR [ENGINE...]   time all that are built, taking turns
    python benchmarks/lexical.py all --sizes 10000,100000,1000000 --dir DIR

`--words wikipedia` makes the texts from the English sample under RAG_LIFELONG_DATA instead of
made-up words. The peer is not among the project's requirements; it is left out if it is missing:

    pip install tantivy

Every index holds the same N texts of 60 to 100 words and is appended to in batches of 512, each
committed. A question has four words; its answer is the 10 texts of highest BM25 of all, or of those
valid at some time in a window that 1 % of the texts pass. The words of a `mixed` question are one
rare (in 10 to 200 texts of a million), two middling (0.1 to 1 % of the texts) and one common (3 to
20 %); the other kinds of question have four of one sort. No word is one of the stopwords the store
leaves out.

    fts5-bm25     FTS5's own ranking, joined with the times; statistics of the whole table
    fts5-lists    term and text of each occurrence from FTS5, BM25 over the passing texts in numpy
    tantivy       boolean query and ranges over fast fields; statistics of the whole index
    tantivy-as-of the same after a count of each word in the window, which boosts correct for; the
                  mean length stays that of the whole index (only asked with a window)
    ours          the store's inverted lists, BM25 over the passing texts in numpy

Agreement is the share of an engine's ten that are among the ten of an exact BM25 over the passing
texts, counted without any index; equal scores count as agreement. FTS5 stems by Porter's first
algorithm and not, as the others, by his second, and tantivy rounds lengths to a byte: that alone
costs them some. After another batch `fts5-bm25` and `tantivy` give other scores to a question about
the past, and so does `tantivy-as-of` by the mean length; the other two give the same.

Engines take turns question by question in one process. Warm is the fastest repeat of a question;
the first is reported too. Cold is the first question after the index's files were dropped from the
page cache. Prints JSON lines and Markdown tables.
"""

import argparse
import functools
import importlib.util
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]
sys.path.append(str(Path(__file__).resolve().parents[1]))

from indexes import lexical, postings, rows, schema, tokens

SAMPLE = "wikidumps/gensim_enwiki-latest-pages-articles1-shortened.xml.bz2"
K = 10
BATCH = 512
REPEATS = 3
KINDS = {
    "mixed": ("rare", "middling", "middling", "common"),
    "rare": ("rare",) * 4,
    "middling": ("middling",) * 4,
    "common": ("common",) * 4,
}
"""The sorts of the four words of each kind of question."""
QUESTIONS = {"mixed": 200, "rare": 20, "middling": 20, "common": 20}
SHARE = 0.01
"""How much of the texts a window lets pass."""

_SEED = 8
_BLOCK = 1_024
_VOCABULARY = 300_000
_HEAD = 300
"""The most frequent words, which are in no text's own."""
_DRIFT = 10_000
"""By how many ranks the words that texts have of their own move over the whole span."""
_SUFFIXES = ("", "s", "ed", "ing", "er", "ers", "ation", "ly", "ness", "al", "ity", "ive", "able")
_START_US = 1_104_537_600_000_000
_SPAN_US = 20 * 365 * 86_400 * 1_000_000
_LIFE_US = int(_SPAN_US * SHARE / 2)
"""How long a text is valid, and how long a window is: a text passes if they touch."""

Ints = NDArray[np.int64]
Window = tuple[int, int] | None
"""[lo, hi) in microseconds, or all time."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--words", choices=WORDS, default="made-up")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("index", choices=INDEXES)
    querying = commands.add_parser("query")
    for one in (building, querying):
        one.add_argument("n", type=int)
        one.add_argument("dir", type=Path)
    querying.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    everything = commands.add_parser("all")
    everything.add_argument("--sizes", default="10000,100000,1000000")
    everything.add_argument("--dir", type=Path, required=True)
    given = parser.parse_args()
    match given.command:
        case "build":
            print(json.dumps(build(given.index, Corpus(given.words, given.n, given.dir))))
        case "query":
            query(Corpus(given.words, given.n, given.dir), given.engines or list(ENGINES))
        case "all":
            for n in map(int, given.sizes.split(",")):
                for index in INDEXES:
                    command = ["--words", given.words, "build", index, str(n), str(given.dir)]
                    subprocess.run([sys.executable, __file__, *command], check=False)
                query(Corpus(given.words, n, given.dir), list(ENGINES))


class MadeUp:
    """Words of made-up roots and English suffixes, by Zipf's law; the first are the stopwords.

    A quarter of a text is drawn from eight words of its own, so that words come back within it.
    Which words are likely to be a text's own changes over the years.
    """

    def __init__(self, _folder: Path) -> None:
        rng = np.random.default_rng([_SEED, 1])
        syllables = [c + v + e for c in "bdfgklmnprstv" for v in "aeiou" for e in ("", "n", "r")]
        made = dict.fromkeys(sorted(lexical._STOPWORDS))
        roots: list[str] = []
        while len(made) < _VOCABULARY:
            if 4 * len(roots) <= len(made):
                length = 2 + min(2, int(np.log10(1 + len(roots) / 200)))
                chosen = rng.integers(0, len(syllables), length)
                roots.append("".join(syllables[at] for at in chosen))
            root = roots[int(rng.integers(len(roots)))]
            made[root + _SUFFIXES[int(rng.integers(len(_SUFFIXES)))]] = None
        self.forms = list(made)
        frequency = 1 / (np.arange(len(made)) + 2.7)
        self._cumulative = np.cumsum(frequency / frequency.sum())

    def draw(self, rng: np.random.Generator, lengths: Ints, ages: NDArray[np.float64]) -> Ints:
        """The words of texts of those lengths and ages (0 to 1), one text after the other."""
        text = np.repeat(np.arange(len(lengths)), lengths)
        rare = self._cumulative[_HEAD]
        own = self._ranks(rare + (1 - rare) * rng.random((len(lengths), 8)))
        moved = own - _HEAD + (_DRIFT * ages).astype(np.int64)[:, None]
        own = _HEAD + moved % (len(self.forms) - _HEAD)
        drawn = self._ranks(rng.random(len(text)))
        is_own = rng.random(len(text)) < 0.25
        return np.where(is_own, own[text, rng.integers(0, 8, len(text))], drawn)

    def _ranks(self, uniform: NDArray[np.float64]) -> Ints:
        return np.minimum(np.searchsorted(self._cumulative, uniform), len(self.forms) - 1)


class Wikipedia:
    """Words of the English Wikipedia sample as the project cleans it.

    Half of a text is drawn from 200 consecutive words, half from all of the sample. Where the 200
    words are follows the years, within a tenth of the sample.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "words.npy"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            np.save(path, np.array(list(_words_of_sample())))
        forms, self._stream = np.unique(np.load(path), return_inverse=True)
        self.forms = forms.tolist()

    def draw(self, rng: np.random.Generator, lengths: Ints, ages: NDArray[np.float64]) -> Ints:
        """The words of texts of those lengths and ages (0 to 1), one text after the other."""
        places = (ages + 0.1 * rng.random(len(ages))) % 1.0 * (len(self._stream) - 200)
        starts = np.repeat(places.astype(np.int64), lengths)
        near = starts + rng.integers(0, 200, len(starts))
        anywhere = rng.integers(0, len(self._stream), len(starts))
        return self._stream[np.where(rng.random(len(starts)) < 0.5, near, anywhere)]


def _words_of_sample() -> Iterator[str]:
    from indexes.writer import StoreWriter
    from ingest.sources.wikipedia import WikipediaSource

    def now() -> datetime:
        return datetime.now(UTC)

    dump = Path(os.environ["RAG_LIFELONG_DATA"]) / SAMPLE
    with tempfile.TemporaryDirectory() as folder, StoreWriter(Path(folder), now=now) as writer:
        for item in WikipediaSource(dump).scan(writer):
            yield from tokens.words_of(getattr(item, "text", ""))


WORDS: dict[str, Callable[[Path], MadeUp | Wikipedia]] = {
    "made-up": MadeUp,
    "wikipedia": Wikipedia,
}


@dataclass(frozen=True)
class Question:
    """Four words, a window, and which texts may be among the ten best of all and of the window."""

    kind: str
    words: list[str]
    lo: int
    hi: int
    best: list[int]
    best_in_window: list[int]

    def windows(self) -> tuple[Window, Window]:
        """All time, and the window."""
        return None, (self.lo, self.hi)

    def agreement(self, window: Window, found: Sequence[int]) -> float:
        """The share of what was to be found that was."""
        best = self.best if window is None else self.best_in_window
        if not best:
            return float(not found)
        return len(set(best).intersection(found)) / min(K, len(best))


class Corpus:
    """The texts, their times and the questions; all follows from the seed and the size."""

    def __init__(self, words: str, n: int, folder: Path) -> None:
        self.n = n
        self.folder = folder / words / str(n)
        self._words = functools.partial(WORDS[words], folder / words)
        self.folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([_SEED, 2])
        self.valid_from = rng.integers(_START_US, _START_US + _SPAN_US, n)
        self.valid_to = self.valid_from + _LIFE_US
        self.n_words = rng.integers(60, 101, n).astype(np.int32)

    @functools.cached_property
    def words(self) -> MadeUp | Wikipedia:
        """Where words come from."""
        return self._words()

    def passes(self, window: Window) -> NDArray[np.bool_]:
        """Whether each text passes."""
        if window is None:
            return np.ones(self.n, np.bool_)
        return (self.valid_from < window[1]) & (self.valid_to > window[0])

    def passing(self, window: Window) -> Ints:
        """The texts that pass, ascending."""
        return np.arange(self.n) if window is None else np.flatnonzero(self.passes(window))

    def batches(self) -> Iterator[tuple[int, list[str]]]:
        """The texts in order, with the number of the first."""
        forms = self.words.forms
        for first, ids, lengths in self._blocks():
            drawn = [forms[at] for at in ids.tolist()]
            ends = np.cumsum(lengths).tolist()
            made = [" ".join(drawn[e - n : e]) for n, e in zip(lengths.tolist(), ends, strict=True)]
            for at in range(0, len(made), BATCH):
                yield first + at, made[at : at + BATCH]

    def questions(self) -> list[Question]:
        """The questions and their exact answers."""
        path = self.folder / "questions.json"
        if not path.exists():
            made = [asdict(question) for question in self._make_questions()]
            path.write_text(json.dumps(made))
        return [Question(**one) for one in json.loads(path.read_text())]

    def _blocks(self) -> Iterator[tuple[int, Ints, Ints]]:
        """First text, words, lengths of each block."""
        for block, first in enumerate(range(0, self.n, _BLOCK)):
            lengths = self.n_words[first : first + _BLOCK].astype(np.int64)
            ages = (self.valid_from[first : first + _BLOCK] - _START_US) / _SPAN_US
            rng = np.random.default_rng([_SEED, 3, block])
            yield first, self.words.draw(rng, lengths, ages), lengths

    def _make_questions(self) -> Iterator[Question]:
        forms = self.words.forms
        terms = ["_".join(tokens.terms(form)) for form in forms]
        known = {term: number for number, term in enumerate(dict.fromkeys(terms))}
        term_of = np.array([known[term] for term in terms])
        df = np.zeros(len(known), np.int64)
        for _, of_text, _ in self._occurrences(term_of, len(known)):
            df += np.bincount(of_text, minlength=len(known))
        chosen = list(self._choose(term_of, df))
        lists = self._lists(term_of, {term for _, at in chosen for term in term_of[at].tolist()})
        rng = np.random.default_rng([_SEED, 5])
        for kind, at in chosen:
            lo = int(rng.integers(_START_US + _LIFE_US, _START_US + _SPAN_US - _LIFE_US))
            window = (lo, lo + _LIFE_US)
            held = [lists[term] for term in term_of[at].tolist()]
            found = [self._exact(held, self.passes(one)) for one in (None, window)]
            yield Question(kind, [forms[word] for word in at], *window, *found)

    def _occurrences(self, term_of: Ints, n_terms: int) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Text, term and count of each pair of them, block by block."""
        for first, ids, lengths in self._blocks():
            text = np.repeat(np.arange(len(lengths)), lengths)
            pairs, counts = np.unique(text * n_terms + term_of[ids], return_counts=True)
            yield first + pairs // n_terms, pairs % n_terms, counts

    def _choose(self, term_of: Ints, df: Ints) -> Iterator[tuple[str, Ints]]:
        """The kind and the words of each question."""
        of_word = df[term_of]
        is_word = np.array(
            [len(form) > 2 and form not in lexical._STOPWORDS for form in self.words.forms]
        )
        n = self.n
        sorts = {
            "rare": (max(3, n // 100_000), max(10, n // 5_000)),
            "middling": (n // 1_000, n // 100),
            "common": (3 * n // 100, n // 5),
        }
        words = {
            sort: np.flatnonzero(is_word & (of_word >= low) & (of_word <= high))
            for sort, (low, high) in sorts.items()
        }
        rng = np.random.default_rng([_SEED, 4])
        for kind, number in QUESTIONS.items():
            for _ in range(number):
                at = np.zeros(4, np.int64)
                while len(set(term_of[at].tolist())) < 4:
                    at = np.array([rng.choice(words[sort]) for sort in KINDS[kind]])
                yield kind, at

    def _lists(self, term_of: Ints, wanted: set[int]) -> dict[int, tuple[Ints, Ints]]:
        """The texts of each wanted term, and how often each holds it."""
        n_terms = int(term_of.max()) + 1
        is_wanted = np.zeros(n_terms, np.bool_)
        is_wanted[list(wanted)] = True
        parts = [
            [part[is_wanted[term]] for part in (term, text, counts)]
            for text, term, counts in self._occurrences(term_of, n_terms)
        ]
        term, text, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(term, kind="stable")
        edges = np.searchsorted(term[order], np.arange(n_terms + 1))
        return {
            one: (
                text[order[edges[one] : edges[one + 1]]],
                counts[order[edges[one] : edges[one + 1]]],
            )
            for one in wanted
        }

    def _exact(self, lists: list[tuple[Ints, Ints]], passes: NDArray[np.bool_]) -> list[int]:
        """The texts that are as good as the tenth best or better."""
        scores = bm25(lists, passes, self.n_words)
        found = np.flatnonzero(scores)
        if len(found) > K:
            least = np.partition(scores[found], -K)[-K]
            found = found[scores[found] >= least - 1e-9]
        return found.tolist()


def bm25(
    lists: list[tuple[Ints, Ints]], passes: NDArray[np.bool_], n_words: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The score of each text, by the statistics of the passing ones: straight from the formula."""
    total = int(passes.sum())
    mean = n_words[passes].mean()
    scores = np.zeros(len(passes))
    for texts, counts in lists:
        df = int(passes[texts].sum())
        idf = np.log(1 + (total - df + 0.5) / (df + 0.5))
        length = 1 - lexical.B + lexical.B * n_words[texts] / mean
        scores[texts] += idf * counts * (lexical.K1 + 1) / (counts + lexical.K1 * length)
    scores[~passes] = 0
    return scores


def top(texts: Ints, scores: NDArray[np.float64]) -> list[int]:
    """The K texts of highest score, best first, as the store's snapshot takes them."""
    if len(scores) > K:
        least = np.partition(scores, -K)[-K]
        texts, scores = texts[scores >= least], scores[scores >= least]
    return texts[np.lexsort((texts, -scores))[:K]].tolist()


class Index(ABC):
    """An index over all texts, built once in a folder and then opened."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        self.folder = folder
        self.corpus = corpus

    @abstractmethod
    def create(self) -> None:
        """Make it empty, ready to be added to."""

    @abstractmethod
    def add(self, lo: int, texts: list[str]) -> None:
        """Add and commit texts `lo, lo + 1, …`."""

    @abstractmethod
    def finish(self) -> None:
        """Let what goes on in the background end, and close."""

    @abstractmethod
    def open(self) -> None:
        """Make ready to be asked, as a process that has just started would."""

    def disk_bytes(self) -> int:
        """Bytes of its files."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def drop_cache(self) -> None:
        """Have its files forgotten by the page cache."""
        for file in self.folder.rglob("*"):
            if file.is_file():
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
                    os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Fts5(Index):
    """SQLite's full-text index, without the texts themselves, as the store had it at first."""

    module = "sqlite3"
    _tokenize = "tokenize='porter unicode61 remove_diacritics 2'"

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.folder / "fts5.sqlite3", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        return db

    def create(self) -> None:
        """Two tables: the index, and the times."""
        self._db = self._connect()
        self._db.execute(
            f"CREATE VIRTUAL TABLE texts USING fts5(text, content='', {self._tokenize})"
        )
        self._db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(texts, 'instance')")
        self._db.execute("CREATE TABLE times (text_no INTEGER PRIMARY KEY, valid_from, valid_to)")

    def add(self, lo: int, texts: list[str]) -> None:
        """One transaction; FTS5 merges as it goes."""
        starts, ends = (
            column[lo : lo + len(texts)].tolist()
            for column in (self.corpus.valid_from, self.corpus.valid_to)
        )
        numbers = range(lo, lo + len(texts))
        with rows.transaction(self._db):
            self._db.executemany(
                "INSERT INTO texts (rowid, text) VALUES (?, ?)", zip(numbers, texts, strict=True)
            )
            self._db.executemany(
                "INSERT INTO times VALUES (?, ?, ?)", zip(numbers, starts, ends, strict=True)
            )

    def finish(self) -> None:
        """Close."""
        self._db.close()

    def open(self) -> None:
        """A connection in a read transaction, and a table to have words stemmed by."""
        self._db = self._connect()
        self._db.execute(f"CREATE VIRTUAL TABLE temp.asked USING fts5(text, {self._tokenize})")
        self._db.execute("CREATE VIRTUAL TABLE temp.stems USING fts5vocab(temp, asked, 'row')")
        self._db.execute("BEGIN")

    def ranked(self, words: list[str], window: Window) -> list[int]:
        """FTS5's own ranking."""
        match = " OR ".join(f'"{word}"' for word in words)
        if window is None:
            found = self._db.execute(
                "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (match, K)
            )
        else:
            found = self._db.execute(
                "SELECT texts.rowid FROM texts CROSS JOIN times ON text_no = texts.rowid"
                " WHERE texts MATCH ? AND valid_from < ? AND valid_to > ?"
                " ORDER BY bm25(texts) LIMIT ?",
                (match, window[1], window[0], K),
            )
        return [number for (number,) in found]

    def lists(self, words: list[str], window: Window) -> list[int]:
        """Inverted lists from FTS5, scored over the passing texts."""
        self._db.execute("DELETE FROM asked")
        self._db.execute("INSERT INTO asked VALUES (?)", (" ".join(words),))
        stems = [stem for (stem,) in self._db.execute("SELECT term FROM stems").fetchall()]
        held = []
        for stem in stems:
            found = self._db.execute(
                "SELECT doc, count(*) FROM terms WHERE term = ? GROUP BY doc", (stem,)
            ).fetchall()
            texts, counts = np.array(found, np.int64).reshape(-1, 2).T
            held.append((texts, counts))
        scores = bm25(held, self.corpus.passes(window), self.corpus.n_words)
        found = np.flatnonzero(scores)
        return top(found, scores[found])


class Tantivy(Index):
    """tantivy, with one writing thread, without positions and without the texts themselves."""

    module = "tantivy"

    def create(self) -> None:
        """An index with the numbers as fast fields."""
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="en_stem", index_option="freq")
        for name in ("text_no", "valid_from", "valid_to"):
            builder.add_integer_field(name, fast=True)
        self._index = tantivy.Index(builder.build(), path=str(self.folder))
        self._writer = self._index.writer(num_threads=1)

    def add(self, lo: int, texts: list[str]) -> None:
        """One commit; merges run in the background."""
        import tantivy

        corpus = self.corpus
        for number, text in enumerate(texts, start=lo):
            document = tantivy.Document()
            document.add_text("text", text)
            document.add_integer("text_no", number)
            document.add_integer("valid_from", int(corpus.valid_from[number]))
            document.add_integer("valid_to", int(corpus.valid_to[number]))
            self._writer.add_document(document)
        self._writer.commit()

    def finish(self) -> None:
        """Wait for the merges."""
        self._writer.wait_merging_threads()

    def open(self) -> None:
        """A searcher, and the analyser that `en_stem` is."""
        from tantivy import Filter, Index, TextAnalyzerBuilder, Tokenizer

        self._index = Index.open(str(self.folder))
        self._searcher = self._index.searcher()
        builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(40))
        builder = builder.filter(Filter.lowercase()).filter(Filter.stemmer("english"))
        self._analyzer = builder.build()

    def ranked(self, words: list[str], window: Window) -> list[int]:
        """What tantivy itself ranks highest."""
        return self._best(self._index.parse_query(" ".join(words), ["text"]), window)

    def as_of(self, words: list[str], window: Window) -> list[int]:
        """Its ranking, with each word's weight made that of the window by a boost."""
        from tantivy import Occur, Query

        whole = self._searcher.num_docs
        passing = self._count(Query.all_query(), window)
        weighted = []
        for word in words:
            stem = self._analyzer.analyze(word)[0]
            query = Query.term_query(self._index.schema, "text", stem, index_option="freq")
            df = self._count(query, window)
            if df:
                weight = _idf(passing, df) / _idf(whole, self._searcher.doc_freq("text", stem))
                weighted.append((Occur.Should, Query.boost_query(query, weight)))
        return self._best(Query.boolean_query(weighted), window) if weighted else []

    def _within(self, query: Any, window: Window) -> Any:
        from tantivy import FieldType, Occur, Query

        if window is None:
            return query
        model = self._index.schema
        ranges = (
            Query.range_query(
                model, "valid_from", FieldType.Integer, upper_bound=window[1], include_upper=False
            ),
            Query.range_query(
                model, "valid_to", FieldType.Integer, lower_bound=window[0], include_lower=False
            ),
        )
        unscored = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in ranges]
        return Query.boolean_query([(Occur.Must, query), *unscored])

    def _count(self, query: Any, window: Window) -> int:
        found = self._searcher.search(self._within(query, window), limit=1, count=True)
        number: int = found.count
        return number

    def _best(self, query: Any, window: Window) -> list[int]:
        hits = self._searcher.search(self._within(query, window), limit=K, count=False).hits
        numbers: list[int] = self._searcher.fast_field_values("text_no", [at for _, at in hits])
        return numbers


def _idf(total: int, df: int) -> float:
    return float(np.log(1 + (total - df + 0.5) / (df + 0.5)))


class Ours(Index):
    """The store's inverted lists in a database of the store's schema."""

    module = "indexes"

    def create(self) -> None:
        """An empty store database."""
        path = self.folder / schema.DATABASE
        schema.create(path)
        self._db = schema.connect(path, write=True)

    def add(self, lo: int, texts: list[str]) -> None:
        """One transaction, then the merges that are due."""
        terms = [tokens.terms(text) for text in texts]
        with rows.transaction(self._db):
            postings.add(self._db, lo, terms)
        postings.merge(self._db)

    def finish(self) -> None:
        """Close."""
        self._db.close()

    def open(self) -> None:
        """A connection in a read transaction."""
        self._db = schema.connect(self.folder / schema.DATABASE, write=False)
        self._db.execute("BEGIN")

    def ranked(self, words: list[str], window: Window) -> list[int]:
        """The store's lexical search, over all texts or those of the window."""
        terms = lexical.query_terms(" ".join(words))
        passes = self.corpus.passes(window)
        return top(*lexical.bm25(self._db, terms, np.flatnonzero(passes), self.corpus.n_words))


INDEXES: dict[str, type[Fts5] | type[Tantivy] | type[Ours]] = {
    "fts5": Fts5,
    "tantivy": Tantivy,
    "ours": Ours,
}
ENGINES = {
    "fts5-bm25": ("fts5", "ranked"),
    "fts5-lists": ("fts5", "lists"),
    "tantivy": ("tantivy", "ranked"),
    "tantivy-as-of": ("tantivy", "as_of"),
    "ours": ("ours", "ranked"),
}
"""The index of each engine, and the method that answers."""


def build(name: str, corpus: Corpus) -> dict[str, Any]:
    """Build an index, unless it is built; what is reported of it is kept beside it.

    Seconds are those of the index's own work, without making up the texts; CPU seconds count all
    threads.
    """
    report_path = corpus.folder / f"{name}.json"
    if report_path.exists():
        built: dict[str, Any] = json.loads(report_path.read_text())
        return built
    made = INDEXES[name](corpus.folder / name, corpus)
    if importlib.util.find_spec(made.module) is None:
        return {"index": name, "n": corpus.n, "error": "not installed"}
    shutil.rmtree(made.folder, ignore_errors=True)
    made.folder.mkdir(parents=True)
    made.create()
    seconds, cpu, slowest = 0.0, 0.0, 0.0
    for lo, texts in corpus.batches():
        started, busy = time.perf_counter(), time.process_time()
        made.add(lo, texts)
        taken = time.perf_counter() - started
        seconds, cpu = seconds + taken, cpu + time.process_time() - busy
        slowest = max(slowest, taken)
    started, busy = time.perf_counter(), time.process_time()
    made.finish()
    report = {
        "index": name,
        "n": corpus.n,
        "build_s": round(seconds + time.perf_counter() - started, 1),
        "cpu_s": round(cpu + time.process_time() - busy, 1),
        "slowest_batch_s": round(slowest, 2),
        "bytes_per_text": round(made.disk_bytes() / corpus.n, 1),
    }
    report_path.write_text(json.dumps(report))
    return report


@dataclass
class Asked:
    """What an engine took for a question in a window, and how far it agreed."""

    kind: str
    is_windowed: bool
    ms: list[float]
    agreement: float


def query(corpus: Corpus, engines: Sequence[str]) -> None:
    """Time the built engines side by side; print JSON lines and tables."""
    questions = corpus.questions()
    results: dict[str, dict[str, Any]] = {}
    answer: dict[str, Callable[[list[str], Window], list[int]]] = {}
    for engine in engines:
        name, method = ENGINES[engine]
        results[engine] = {"engine": engine, "n": corpus.n, "error": "not built"}
        index = INDEXES[name](corpus.folder / name, corpus)
        if (corpus.folder / f"{name}.json").exists() and importlib.util.find_spec(index.module):
            built = build(name, corpus)
            answer[engine] = getattr(index, method)
            results[engine] = {"engine": engine, **built, **cold(index, method, questions[0])}
    asked = measure(questions, answer)
    for engine in answer:
        results[engine] |= summary(asked[engine])
    for result in results.values():
        print(json.dumps(result))
    print(json.dumps({"n": corpus.n, "mask_ms": mask_ms(corpus, questions)}))
    print(tables(corpus.n, results))


def cold(index: Index, method: str, question: Question) -> dict[str, float]:
    """Milliseconds to open an index and to answer, with nothing of it in the page cache."""
    index.drop_cache()
    started = time.perf_counter()
    index.open()
    opened = time.perf_counter()
    getattr(index, method)(question.words, question.windows()[1])
    return {
        "open_ms": round(1_000 * (opened - started), 1),
        "cold_ms": round(1_000 * (time.perf_counter() - opened), 1),
    }


def measure(
    questions: Sequence[Question], answer: dict[str, Callable[[list[str], Window], list[int]]]
) -> dict[str, list[Asked]]:
    """Every question of every engine, all over again for each repeat; the engines take turns."""
    asked: dict[str, list[Asked]] = {engine: [] for engine in answer}
    for repeat in range(REPEATS):
        at = dict.fromkeys(answer, 0)
        for number, question in enumerate(questions):
            for window in question.windows():
                turn = (number + repeat) % len(answer)
                for engine in [*list(answer)[turn:], *list(answer)[:turn]]:
                    if window is None and engine == "tantivy-as-of":
                        continue
                    started = time.perf_counter()
                    found = answer[engine](question.words, window)
                    ms = 1_000 * (time.perf_counter() - started)
                    if repeat == 0:
                        agreement = question.agreement(window, found)
                        is_windowed = window is not None
                        asked[engine].append(Asked(question.kind, is_windowed, [], agreement))
                    asked[engine][at[engine]].ms.append(ms)
                    at[engine] += 1
    return asked


def summary(asked: Sequence[Asked]) -> dict[str, Any]:
    """Times and agreement of an engine by kind of question, without a window and with one."""
    found: dict[str, Any] = {}
    for is_windowed, name in ((False, "all"), (True, "window")):
        for kind in KINDS:
            chosen = [a for a in asked if a.kind == kind and a.is_windowed == is_windowed]
            if not chosen:
                continue
            warm = [min(one.ms) for one in chosen]
            found[f"{name}/{kind}"] = {
                "p50_ms": round(statistics.median(warm), 3),
                "p95_ms": round(statistics.quantiles(warm, n=20, method="inclusive")[-1], 3),
                "first_p50_ms": round(statistics.median(one.ms[0] for one in chosen), 3),
                "agreement": round(statistics.fmean(one.agreement for one in chosen), 4),
            }
    return found


def mask_ms(corpus: Corpus, questions: Sequence[Question]) -> float:
    """Milliseconds that `ours` takes to find what passes a window, by comparing all times."""
    taken = []
    for question in questions:
        started = time.perf_counter()
        corpus.passing(question.windows()[1])
        taken.append(1_000 * (time.perf_counter() - started))
    return round(statistics.median(taken), 3)


def tables(n: int, results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table of the mixed questions, and one of the kinds."""
    columns = [
        f"{n:,} texts", "build s (CPU)", "bytes/text", "open / cold ms", "no window", "1 % pass",
    ]  # fmt: skip
    kinds = [f"{kind}, {name}" for name in ("all", "window") for kind in KINDS]
    lines, by_kind = [columns, ["---"] * len(columns)], [["p50 ms", *kinds], ["---"] * 9]
    for engine, result in results.items():
        if "error" in result:
            lines.append([engine, result["error"], *[""] * (len(columns) - 2)])
            continue
        lines.append(
            [
                engine,
                f"{result['build_s']:g} ({result['cpu_s']:g})",
                f"{result['bytes_per_text']:g}",
                f"{result['open_ms']:.3g} / {result['cold_ms']:.3g}",
                *(_cell(result.get(f"{name}/mixed")) for name in ("all", "window")),
            ]
        )
        cells = [result.get(f"{name}/{kind}") for name in ("all", "window") for kind in KINDS]
        by_kind.append(
            [
                engine,
                *(f"{one['p50_ms']:.3g} ({one['agreement']:.2f})" if one else "" for one in cells),
            ]
        )
    note = "Mixed questions: p50 / p95 in ms (agreement with the exact ten). Then p50 by kind."
    drawn = ["\n".join("| " + " | ".join(line) + " |" for line in one) for one in (lines, by_kind)]
    return "\n\n".join([drawn[0], note, drawn[1]])


def _cell(measured: dict[str, float] | None) -> str:
    if measured is None:
        return ""
    times = f"{measured['p50_ms']:.3g} / {measured['p95_ms']:.3g}"
    return f"{times} ({measured['agreement']:.3f})"


if __name__ == "__main__":
    main()
