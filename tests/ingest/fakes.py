"""A store that knows only what a test tells it."""

from dataclasses import dataclass, field


@dataclass
class FakeKnown:
    fingerprints: dict[str, str] = field(default_factory=dict)
    revisions: set[tuple[str, str]] = field(default_factory=set)

    def fingerprint(self, origin: str) -> str | None:
        return self.fingerprints.get(origin)

    def has_revision(self, doc_id: str, revision_id: str) -> bool:
        return (doc_id, revision_id) in self.revisions

    def origins_under(self, prefix: str) -> list[str]:
        return [origin for origin in self.fingerprints if origin.startswith(prefix)]
