"""Benchmarks as streams of periods, each read from its published layout by one module.

To add one, write a module with a function `load(path, *, seed=0, ...) -> Stream` decorated with
`pydantic.validate_call` (its keyword arguments are the benchmark's options, which come as strings
from the command line) and add its line to `STREAMS`. Modules are imported when they are chosen.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from evals.types import Stream
from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """A benchmark that can be evaluated on."""

    target: str
    """"module:function" that loads it."""
    summary: str
    layout: str = ""
    """What its path must hold; empty if it is made, not read."""

    def loader(self) -> Callable[..., Stream]:
        """The function that loads it."""
        module, _, name = self.target.partition(":")
        load: Callable[..., Stream] = getattr(importlib.import_module(module), name)
        return load


STREAMS: Mapping[str, StreamEntry] = MappingProxyType(
    {
        "generated": StreamEntry(
            "evals.streams.generated:load",
            "invented entities whose facts change, with exact validity",
        ),
        "jsonl": StreamEntry(
            "evals.streams.jsonl:load",
            "your own documents and questions",
            "a folder with documents.jsonl and questions.jsonl (see docs/evaluation.md)",
        ),
        "realtimeqa": StreamEntry(
            "evals.streams.realtimeqa:load",
            "RealTime QA (arXiv 2207.13332): weekly news quizzes with dated articles",
            "questions.jsonl and docs.jsonl.gz, or the published weekly files under past/",
        ),
        "clark": StreamEntry(
            "evals.streams.clark:load",
            "CLARK of ERASE (arXiv 2406.11830): facts that change, asked at six dates",
            "a folder with docs.jsonl and questions.jsonl",
        ),
        "timeqa": StreamEntry(
            "evals.streams.timeqa:load",
            "TimeQA (arXiv 2108.06314): time-dependent questions over Wikipedia pages",
            "human_annotated_*.json, or the published easy/hard files",
        ),
        "situatedqa": StreamEntry(
            "evals.streams.situatedqa:load",
            "SituatedQA (arXiv 2109.06157), temporal part: answers that depend on the date",
            "temp.*.jsonl",
        ),
        "streamingqa": StreamEntry(
            "evals.streams.streamingqa:load",
            "StreamingQA (arXiv 2205.11388): questions written and asked along 14 years of news",
            "streaminqa_*.jsonl(.gz), and the articles as jsonl beside them if you have them",
        ),
        "templama": StreamEntry(
            "evals.streams.templama:load",
            "TempLAMA (arXiv 2106.15110): yearly cloze questions from Wikidata",
            "train.json, val.json, test.json (one JSON object a line)",
        ),
        "freshqa": StreamEntry(
            "evals.streams.freshqa:load",
            "FreshQA (arXiv 2310.03214): weekly releases of questions with changing answers",
            "the released csv files, one a release",
        ),
        "ckl": StreamEntry(
            "evals.streams.ckl:load",
            "CKL (arXiv 2110.03215): invariant, updated and new LAMA",
            "the published csv files of IL, UL, NL",
        ),
        "temporalwiki": StreamEntry(
            "evals.streams.temporalwiki:load",
            "TemporalWiki (arXiv 2204.14211): monthly changed and unchanged Wikidata probes",
            "the published TWiki_Diffsets and TWiki_Probes csv files",
        ),
        "history": StreamEntry(
            "evals.streams.history:load",
            "a MediaWiki history dump: changes of infoboxes and first sentences become questions",
            "a pages-meta-history dump, compressed or not",
        ),
    }
)
"""Name of a benchmark -> what loads it."""


def load_stream(name: str, path: Path | None = None, *, seed: int = 0, **options: str) -> Stream:
    """Load a benchmark.

    Args:
        name: One of `STREAMS`.
        path: Where its files lie; None for one that is made.
        seed: Of what is made, or of what is drawn from it.
        options: The benchmark's own settings.

    Raises:
        EvalError: If there is no such benchmark, a file is missing or not in its layout, or an
            option is unknown or wrong.
    """
    entry = STREAMS.get(name)
    if entry is None:
        raise EvalError(f"no benchmark {name!r}", hint=f"one of: {', '.join(STREAMS)}")
    if entry.layout and path is None:
        raise EvalError(f"{name} needs its files: {entry.layout}", hint="name them with --data")
    if path is not None and not path.exists():
        raise EvalError(f"no such file or folder: {path}", hint=f"{name} needs {entry.layout}")
    try:
        return entry.loader()(path, seed=seed, **options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvalError(
            f"option {where!r} of {name}: {first['msg']}",
            hint=f"see `rag-lifelong eval list {name}`",
        ) from error
