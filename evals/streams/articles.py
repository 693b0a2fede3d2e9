"""Dated articles as several benchmarks are given them: one JSON object a line, often gzipped."""

from collections.abc import Iterator
from pathlib import Path

from evals.streams.files import at, read_jsonl, required, required_date
from evals.types import SourceDocument


def read_articles(path: Path) -> Iterator[SourceDocument]:
    """The articles of a file: `doc_id`, `timestamp` (an ISO date), `title`, `text`, perhaps `url`.

    An article is published at the first moment of its date.

    Raises:
        EvalError: If the file is missing, or a line lacks one of these or holds something else.
    """
    for line, row in read_jsonl(path):
        where = at(path, line)
        yield SourceDocument(
            doc_id=required(row, "doc_id", where),
            title=required(row, "title", where),
            text=required(row, "text", where),
            published_at=required_date(row, "timestamp", where).start,
            url=required(row, "url", where) if "url" in row else "",
        )
