"""Evidence for CLARK's questions at its six dates: is the first line one that states the answer?

    python benchmarks/clark.py --data DIR [--distractors docs.jsonl.gz] [--store DIR]
                               [--set by_names=false ...]

`--data` is a folder with CLARK's `docs.jsonl` and `questions.jsonl` (Li et al., arXiv 2406.11830).
All documents are in one store; a question is asked at its date, so what was published later is not
seen. `--distractors` adds articles (JSON lines with doc_id, timestamp, title, text), which nobody
asks about; `--some N` takes every Nth. A store that is there is used as it is.

R@1 is the share of the open questions whose first line is of a document that states the answer,
R@5 that one of five is; stale is the share whose first line states a superseded value. Questions
without a gold document are left out. The second figure also counts a first line that is labelled
with the same value for another subject and names this one ("Haley and Hanna play for ..."), which
states the answer though CLARK's labels do not say so. The last column is the precision of
supersession: of the documents reported as replaced that state the answer or a superseded value, the
share that state a superseded one. `--set` changes a setting of `[retrieval]`: that is how each part
is taken out. Prints a Markdown table of a row a setting.
"""

import argparse
import gzip
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import numpy as np
from numpy.typing import NDArray

from evals.learners.stream_store import as_document
from evals.types import SourceDocument
from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import RetrievalConfig, load_config
from rag_lifelong.loading import ModelLoader
from rag_lifelong.ports import Embedder, EmbeddingModel, Encoders, Known
from rag_lifelong.retrieval import retriever
from rag_lifelong.retrieval.finder import Found
from rag_lifelong.retrieval.lines import Line, choose_lines
from rag_lifelong.retrieval.plan import Moment, Plan
from rag_lifelong.retrieval.timeline import Resolved
from rag_lifelong.system import System
from rag_lifelong.types import Completed, ScanItem


class Remembering:
    """An embedder that embeds each question once, however many settings it is asked with."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._one = lru_cache(maxsize=None)(lambda text: embedder.embed([text])[0])

    @property
    def model(self) -> EmbeddingModel:
        """That of the embedder."""
        return self._embedder.model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts: [len(texts), dim]."""
        if len(texts) == 1:
            return np.stack([self._one(texts[0])])
        return self._embedder.embed(texts)


class Told:
    """Documents, as a source."""

    def __init__(self, documents: Sequence[SourceDocument]) -> None:
        self._documents = documents

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield each document."""
        for one in self._documents:
            yield as_document(one, "clark")
        yield Completed("clark", str(len(self._documents)))


@dataclass
class Replaced:
    """Documents that were reported as replaced, question by question.

    Replaced lines are not evidence, so they are noted where lines are chosen.
    """

    latest: frozenset[str] = frozenset()
    right: int = 0
    wrong: int = 0
    neither: int = 0

    def choose(
        self, found: Found, resolved: Resolved, plan: Plan, settings: RetrievalConfig
    ) -> list[Line]:
        """Choose lines as the retriever does, and note what is replaced."""
        self.latest = frozenset(found.chunks[i].revision_id for i in resolved.replaced)
        return choose_lines(found, resolved, plan, settings)

    def count(self, gold: set[str], stale: set[str]) -> None:
        """Count what the last question replaced."""
        self.right += len(self.latest & stale - gold)
        self.wrong += len(self.latest & gold)
        self.neither += len(self.latest - gold - stale)

    def __str__(self) -> str:
        judged = self.right + self.wrong
        share = f"{100 * self.right / judged:.1f}" if judged else "-"
        return f"{share} of {judged}, {self.neither} not labelled"


@dataclass(frozen=True)
class Labels:
    """Whom and what each document is about, as CLARK says; never seen by what is measured."""

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def also_state(self, document: str, gold: set[str], answers: Sequence[str]) -> bool:
        """Whether a document is labelled with an answer, and names the subject of a gold one."""
        row = self.rows.get(document, {})
        if not {row.get("object"), row.get("subject")} & set(answers):
            return False
        words = set(_words(f"{row['title']} {row['text']}"))
        return any(_words(self.rows[one]["subject"])[-1] in words for one in gold)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def main() -> None:
    """Make the store if it is not there, and ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--distractors", type=Path)
    parser.add_argument("--some", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="ask every Nth question only")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--set", nargs="*", action="append", default=[])
    parser.add_argument("--wrong", type=Path, help="write the questions whose first line is wrong")
    options = parser.parse_args()
    config = load_config()
    embedder = Remembering(ModelLoader(config).embedder(None))
    store = options.store or Path(tempfile.mkdtemp()) / "store"
    if not store.exists():
        documents = list(_documents(options.data / "docs.jsonl"))
        if options.distractors:
            documents += list(_documents(options.distractors))[:: options.some]
        System(config.model_copy(update={"store": store}), embedder=embedder).update(
            [Told(documents)]
        )
    questions = [
        row
        for row in _rows(options.data / "questions.jsonl")
        if row["type"] == "open" and row["gold_docs"]
    ]
    questions = questions[:: options.every]
    periods = sorted({row["period"] for row in questions})
    labels = Labels({row["doc_id"]: row for row in _rows(options.data / "docs.jsonl")})
    head = " | ".join([*periods, "replaced"])
    sys.stdout.write(f"| | {head} |\n|---|{'---|' * (len(periods) + 1)}\n")
    with StoreSnapshot(store) as snapshot:
        for changes in [[], *options.set]:
            settings = RetrievalConfig.model_validate(
                config.retrieval.model_dump()
                | {"quote_chars": 0}
                | dict(change.split("=", 1) for change in changes)
            )
            chosen = config.model_copy(update={"retrieval": settings})
            encoders = Encoders(embedder, ModelLoader(chosen).reranker())
            replaced = Replaced()
            retriever.choose_lines = replaced.choose
            cells, wrong = _ask(questions, labels, replaced, snapshot, (encoders, settings))
            name = " ".join(changes) or "as configured"
            sys.stdout.write(f"| {name} | {' | '.join(cells[p] for p in periods)} | {replaced} |\n")
            sys.stdout.flush()
            if options.wrong:
                options.wrong.write_text("\n".join(wrong), encoding="utf-8")


def _ask(
    questions: Sequence[Mapping[str, Any]],
    labels: Labels,
    replaced: Replaced,
    snapshot: StoreSnapshot,
    how: tuple[Encoders, RetrievalConfig],
) -> tuple[dict[str, str], list[str]]:
    """R@1, the same with like labels, R@5 and stale of each period, and what went wrong."""
    scores = defaultdict(list)
    wrong = []
    for row in questions:
        asked_at = datetime.fromisoformat(str(row["question_time"])).replace(tzinfo=UTC)
        moment = Moment(asked_at=asked_at)
        found = retriever.retrieve(str(row["question"]), moment, snapshot, *how).evidence
        lines = [one.chunk.revision_id for one in found]
        gold, stale = set(row["gold_docs"]), set(row["stale_docs"])
        first = set(lines[:1])
        replaced.count(gold, stale)
        like = first and not first & stale and labels.also_state(lines[0], gold, row["answers"])
        scores[row["period"]].append(
            (first <= gold, first <= gold or like, gold & set(lines[:5]), first & stale)
        )
        if not first <= gold:
            shown = [
                f"  {o.chunk.date} {o.score:.2f} {o.why} {o.chunk.text[:160]!r}" for o in found
            ]
            wrong.append("\n".join([f"{row['qid']} {row['question']} {row['answers']}", *shown]))
    cells = {
        str(period): " / ".join(
            f"{100 * np.mean([bool(value) for value in column]):.1f}"
            for column in zip(*values, strict=True)
        )
        for period, values in scores.items()
    }
    return cells, wrong


def _documents(path: Path) -> Iterator[SourceDocument]:
    for row in _rows(path):
        if row["text"].strip():
            published = datetime.fromisoformat(row["timestamp"][:10]).replace(tzinfo=UTC)
            yield SourceDocument(
                doc_id=row["doc_id"],
                title=row["title"] or "",
                text=row["text"],
                published_at=published,
            )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, which may be compressed."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from map(json.loads, filter(None, text.decode("utf-8").split("\n")))


if __name__ == "__main__":
    main()
