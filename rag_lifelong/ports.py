"""The seams: what each part needs of the others, as protocols of a few methods.

An implementation is chosen in `rag_lifelong.system` alone, for the two models with the help of
`rag_lifelong.loading`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol

from rag_lifelong.types import (
    Chunk,
    ChunkText,
    Completed,
    Document,
    Ended,
    Gone,
    Locator,
    Moved,
    Reached,
    Redirect,
    Revision,
    ScanItem,
    Section,
    Settled,
    Skipped,
    TimeFilter,
    Unchanged,
    Visited,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag_lifelong.types import Dated


@dataclass(frozen=True, slots=True)
class Held:
    """A document that holds now: the title of its revision, and since when that holds."""

    doc_id: str
    title: str
    since: datetime


class Known(Protocol):
    """What a source may ask of the store, to read only what changed."""

    def fingerprint(self, origin: str) -> str | None:
        """The fingerprint of the origin when it was last completed and not gone since, or None."""
        ...

    def has_revision(self, doc_id: str, revision_id: str) -> bool:
        """Whether this revision of the document is stored."""
        ...

    def origins_under(self, prefix: str) -> list[str]:
        """Origins whose URI starts with the prefix and that are not gone."""
        ...

    def origins_like(self, fingerprint: str, content: str = "") -> list[str]:
        """Origins last seen with this fingerprint, gone or not, or not gone with this content."""
        ...

    def document_base(self, origin: str) -> str:
        """What the ids of documents read from the origin begin with: its URI unless it moved."""
        ...

    def open_documents(self, prefix: str) -> Iterator[str]:
        """Ids, in order, of the documents that hold now and whose id starts with the prefix."""
        ...

    def held(self, prefix: str) -> Iterator[Held]:
        """The same documents with more about them."""
        ...

    def reached(self, origin: str, fingerprint: str) -> int | None:
        """Where the reading of an origin in this state was when it stopped, if it told."""
        ...

    def given_up(self, origin: str, fingerprint: str) -> str | None:
        """Why an origin in this state is not to be tried again, or None if it may be."""
        ...

    def failures_at(self, uri: str) -> list[str]:
        """Origins noted to have failed: the one of the URI, and those under it as a folder."""
        ...


class Source(Protocol):
    """A place documents come from."""

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield what changed since the store last looked, in constant memory.

        Raises:
            SourceError: If the source as a whole cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A document as a parser reads it out of a file: text, structure and the dates it claims."""

    text: str
    title: str = ""
    """Empty when the file tells none."""
    key: str = ""
    """Names one record of a file that holds many; empty for a file that is one document."""
    sections: tuple[Section, ...] = ()
    locators: tuple[Locator, ...] = ()
    dates: "tuple[Dated, ...]" = ()
    """Every date the file gives for itself, best first."""


class Parser(Protocol):
    """Reads one file into documents."""

    def __call__(self, path: Path, name: PurePath) -> Iterator[Parsed]:
        """Yield the documents of a file.

        Args:
            path: Where its bytes are; a name without meaning for what was unpacked or fetched.
            name: What it is called.

        Raises:
            ParseError: If the file is not what its name says, or is damaged.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Identity of what made a vector: vectors compare only within one model, version and dtype."""

    name: str
    version: str
    """Fingerprint of the weights."""
    dtype: str
    dim: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version} ({self.dtype}, {self.dim} dims)"


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> EmbeddingModel:
        """Identity of the vectors this embedder makes."""
        ...

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return vectors of shape [len(texts), dim], each of L2 norm 1, in the order given."""
        ...


class Reranker(Protocol):
    """Scores texts against a question, reading both together."""

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> "NDArray[np.float32]":
        """How well each text matches the question: shape [len(texts)], each in [0, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class Encoders:
    """The models that compare a question with texts."""

    embedder: Embedder
    reranker: Reranker | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a reader is asked: the instruction, and the user's turn with the evidence in it."""

    system: str
    user: str

    def goes_on(self, before: "Prompt | None") -> bool:
        """Whether it is the prompt before with more at its end."""
        return (
            before is not None
            and self.system == before.system
            and self.user.startswith(before.user)
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a reader's answer and the natural logarithm of its probability, where told."""

    text: str
    logprob: float | None = None


class Reader(Protocol):
    """A frozen language model that reads a prompt and writes an answer."""

    @property
    def name(self) -> str:
        """Name of the model, as reported with each answer."""
        ...

    def read(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Token]:
        """Yield the answer piece by piece as it is made, deterministically (greedy decoding).

        Raises:
            ModelError: If the model fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by a search, by its number in the store, with the search's own score."""

    chunk_no: int
    score: float


@dataclass(frozen=True, slots=True)
class Appended:
    """What a commit did, in documents, revisions and texts."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Counts of what a snapshot holds."""

    documents: int
    """Of which a revision holds now."""
    ended: int
    """Documents of which none does any more."""
    jobs_waiting: int
    """What could not be read and is tried again."""
    jobs_dead: int
    """What could not be read and is left."""
    revisions: int
    chunks: int
    vectors: int
    store_bytes: int
    date_sources: dict[str, int]
    """Of the documents that hold now, how many are dated by what."""
    contradicted_dates: int
    """Of the documents that hold now, how many have another date that contradicts theirs."""


class Snapshot(Known, Protocol):
    """The store as of one commit; later commits do not disturb it."""

    @property
    def embedding_model(self) -> EmbeddingModel | None:
        """What made the vectors; None while there are none."""
        ...

    def search_dense(self, vector: "NDArray[np.float32]", time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest cosine among those that pass the filter, best first."""
        ...

    def search_lexical(self, query: str, time: TimeFilter, k: int) -> list[Hit]:
        """The k chunks of highest BM25 among those that pass the filter, best first.

        Term statistics are those of the chunks that pass, so that nothing outside the filter,
        and nothing that came later, changes a score.
        """
        ...

    def vectors_of(self, chunk_nos: Sequence[int]) -> "NDArray[np.float32]":
        """The stored vectors of chunks: shape [len(chunk_nos), dim]."""
        ...

    def chunks(self, chunk_nos: Sequence[int], known_at: datetime | None) -> list[Chunk]:
        """The chunks of these numbers, in the order given."""
        ...

    def also_at(self, chunk_no: int, time: TimeFilter) -> tuple[str, ...]:
        """Citations of the other documents that hold a chunk's text and pass the filter."""
        ...

    def first_told(self, chunk_no: int, sentence: str, known_at: datetime | None) -> datetime:
        """From when on a chunk's document held a sentence of it, or any document its whole text."""
        ...

    def documents(self, time: TimeFilter) -> Iterator[Revision]:
        """The revisions that pass the filter."""
        ...

    def history(self, doc_id: str, known_at: datetime | None) -> list[Revision]:
        """All revisions of a document by valid time, as was known at `known_at`."""
        ...

    def redirect_target(self, title: str, time: TimeFilter) -> str | None:
        """The title that `title` was last another name of in that time, or None."""
        ...

    def status(self) -> StoreStatus:
        """Counts of what is stored."""
        ...


@dataclass(frozen=True, slots=True)
class ChunkedDocument:
    """A document and the chunks it was split into."""

    document: Document
    chunks: tuple[ChunkText, ...]
    sketch: bytes = b""
    """MinHash signature (uint32 values) by which copies are found; empty: not to be found."""


StoreItem = (
    ChunkedDocument | Redirect | Completed | Gone | Ended | Moved | Reached | Skipped | Settled
    | Visited
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of new texts, in the order `Writer.new_texts` gave them: float32 [n, dim]."""

    model: EmbeddingModel
    vectors: "NDArray[np.float32]"


class Writer(Known, Protocol):
    """The store's writing side; what `Known` answers includes every committed batch."""

    def new_texts(self, documents: Iterable[ChunkedDocument]) -> list[str]:
        """The distinct chunk texts that the store has no vector of yet, in order."""
        ...

    def commit(self, items: Sequence[StoreItem], embedded: Embedded | None = None) -> Appended:
        """Store a batch durably, or nothing of it.

        Raises:
            IndexStoreError: If the store cannot take it; it stays as it was.
        """
        ...

    def copies(
        self, sketch: bytes, *, until: datetime, least: float, limit: int
    ) -> list[tuple[ChunkText, ...]]:
        """Chunks of stored documents with at least this estimated similarity, most similar first.

        Of documents with equal similarity the one stored first comes first. Those that hold only
        from after `until` are left out.
        """
        ...

    def has_document(self, doc_id: str) -> bool:
        """Whether any revision of the document is stored."""
        ...

    def upkeep(self) -> None:
        """Do what keeps searches fast and is due; never changes an answer."""
        ...

    def count_unchanged(self, item: Unchanged) -> int:
        """How many open documents an unchanged origin stands for."""
        ...
