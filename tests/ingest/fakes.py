"""A store that knows only what a test tells it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rag_lifelong.ports import Held

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class FakeKnown:
    fingerprints: dict[str, str] = field(default_factory=dict)
    revisions: set[tuple[str, str]] = field(default_factory=set)
    contents: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    titles: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    failures: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Fingerprint and reason of what is given up, by origin."""

    def fingerprint(self, origin: str) -> str | None:
        return self.fingerprints.get(origin)

    def has_revision(self, doc_id: str, revision_id: str) -> bool:
        return (doc_id, revision_id) in self.revisions

    def origins_under(self, prefix: str) -> list[str]:
        return [origin for origin in self.fingerprints if origin.startswith(prefix)]

    def origins_like(self, fingerprint: str, content: str = "") -> list[str]:
        return [
            origin
            for origin, seen in self.fingerprints.items()
            if seen == fingerprint or (content and self.contents.get(origin) == content)
        ]

    def document_base(self, origin: str) -> str:
        return self.bases.get(origin, origin)

    def held(self, prefix: str) -> Iterator[Held]:
        ids = self.open_documents(prefix)
        return (Held(doc_id, *self.titles.get(doc_id, ("", _LONG_AGO))) for doc_id in ids)

    def reached(self, origin: str, fingerprint: str) -> int | None:
        return self.positions.get((origin, fingerprint))

    def given_up(self, origin: str, fingerprint: str) -> str | None:
        state, reason = self.failures.get(origin, ("", ""))
        return reason if state == fingerprint else None

    def failures_at(self, uri: str) -> list[str]:
        return [one for one in self.failures if one == uri or one.startswith(f"{uri}/")]

    def open_documents(self, prefix: str) -> Iterator[str]:
        return (doc_id for doc_id in sorted(self.documents) if doc_id.startswith(prefix))
