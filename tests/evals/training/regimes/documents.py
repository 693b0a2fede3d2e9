"""Documents made for a test."""

from datetime import UTC, datetime

from evals.types import SourceDocument


def document(
    text: str, *, title: str = "News of Orn Mills", doc_id: str = "d1", on: str = "2019-03-06"
) -> SourceDocument:
    published = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC)
    return SourceDocument(doc_id=doc_id, title=title, text=text, published_at=published)
