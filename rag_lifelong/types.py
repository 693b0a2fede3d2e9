"""The nouns of the project: what flows between sources, store, retrieval and answers.

Values only, frozen and with slots; behaviour lives in functions elsewhere.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rag_lifelong.temporal import Interval, Precision, format_when


class DateSource(StrEnum):
    """Where a document's date comes from, best first."""

    DUMP_TIMESTAMP = "dump_timestamp"
    FRONT_MATTER = "front_matter"
    """Of Markdown, and the like of other text formats: reStructuredText fields, Org keywords."""
    HTML_META = "html_meta"
    """Meta elements, JSON-LD, microdata, and what htmldate finds."""
    EMAIL_HEADER = "email_header"
    FEED_ENTRY = "feed_entry"
    RECORD_FIELD = "record_field"
    PDF_INFO = "pdf_info"
    OFFICE_CORE = "office_core"
    """Core properties of docx, pptx and xlsx; the like of OpenDocument, EPUB and RTF."""
    EXIF = "exif"
    FILENAME = "filename"
    """In the name of the file or of the folders it lies in."""
    DATELINE = "dateline"
    """In the first lines of the text."""
    VERSION_CONTROL = "version_control"
    HTTP_HEADER = "http_header"
    MTIME = "mtime"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date with its precision and provenance.

    `interval` is all the time the date may mean: a year-only date is that whole year.
    """

    interval: Interval
    precision: Precision
    source: DateSource

    def __str__(self) -> str:
        return format_when(self.interval.start, self.precision)


class RevisionOrder(StrEnum):
    """How the revisions of one document follow each other."""

    VALID_TIME = "valid_time"
    """By their own timestamps, whatever order they arrive in (a wiki's history)."""
    ARRIVAL = "arrival"
    """What arrives last is what the source says now (a file that is edited)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a document's text, from `start` to the next section, under its headings."""

    start: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Locator:
    """A place inside a file, for citations, that begins at `start` of the document's text.

    `fragment` is what follows `#` in a URI: `page=3` (RFC 8118), `slide=2`, `line=10` (RFC 5147).
    """

    start: int
    fragment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One revision of one thing that a source tells about."""

    doc_id: str
    """Stable name of the thing over all its revisions."""
    revision_id: str
    origin: str
    """URI of the file the revision was read from."""
    uri: str
    """What a citation shows; may point inside the origin."""
    title: str
    text: str
    date: Dated
    order: RevisionOrder
    sections: tuple[Section, ...] = ()
    locators: tuple[Locator, ...] = ()
    other_dates: tuple[Dated, ...] = ()
    """Dates from other places that contradict `date`."""
    kind: str = ""
    """What sort of thing it is about, as its infobox says; empty where nothing does."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another title of a document."""

    alias: str
    target: str
    since: datetime | None = None
    """From when on it is one, as the source says; None where it says only that it is."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something a source could not read, and why.

    What could be read another time, or is told with the state it failed in, is noted in the store.
    """

    uri: str
    reason: str
    fingerprint: str = field(default="", compare=False)
    """State of the file that failed, which is not read again while it is in it."""
    is_transient: bool = field(default=False, compare=False)
    """Whether the same content may be read another time: a lock, a disk, a network failed."""
    is_whole: bool = field(default=False, compare=False)
    """Whether it is the source as a whole that could not be read this time."""

    @property
    def is_noted(self) -> bool:
        """Whether it is to be remembered."""
        return self.is_transient or bool(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Completed:
    """An origin was read to its end.

    `doc_ids` are all the documents it holds now, so that others that once came from it are closed;
    None says nothing about those it does not name.
    """

    origin: str
    fingerprint: str
    doc_ids: frozenset[str] | None = None
    content: str = ""
    """SHA-256 of the origin's bytes, by which it is known again after a move; empty: not told."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an origin that is not read to its end has been read, for a run that goes on there."""

    origin: str
    fingerprint: str
    position: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A document that its source stopped holding at a known time."""

    doc_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What was read from `origin` is now at `to`, unchanged: the same documents, cited there."""

    origin: str
    to: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An origin whose fingerprint is the one stored; it was not read."""

    origin: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An origin that was there and is no more: its documents end now."""

    origin: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was noted to have failed at an origin is no more: it was read, is another, or gone."""

    origin: str


@dataclass(frozen=True, slots=True)
class Visited:
    """A source that is visited on a schedule was asked what is new, be it in vain."""

    source: str


ScanItem = (
    Document | Redirect | Skipped | Completed | Unchanged | Gone | Ended | Moved | Reached | Settled
    | Visited
)  # fmt: skip


class JobState(StrEnum):
    """What becomes of something that could not be read."""

    WAITING = "waiting"
    """It is tried again."""
    DEAD = "dead"
    """It is left until its content changes or somebody asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that could not be read, as the store remembers it."""

    origin: str
    """URI of a file or folder, or the name of a source."""
    reason: str
    fingerprint: str
    is_transient: bool
    attempts: int
    state: JobState
    next_at: datetime
    """From when it is tried again, if it is."""
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What is to be done again, as of one commit."""

    due: tuple[Job, ...]
    """Jobs to be tried now, the longest due first; of very many not all."""
    waiting: int
    dead: int
    visits: dict[str, datetime]
    """When each source on a schedule was last asked."""


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A piece of a document as it is indexed.

    `text` is the document's own characters `start:end`; `context` (title and headings) is what
    those characters need around them to be found and understood. Both are embedded.
    """

    start: int
    end: int
    context: str
    text: str
    locator: str = ""
    """Fragment of a URI that leads to where the text begins; empty if the format has none."""

    @property
    def indexed_text(self) -> str:
        """What is embedded and searched."""
        return indexed_text(self.context, self.text)


def indexed_text(context: str, text: str) -> str:
    """What is embedded and searched of a chunk: its context, if it has one, and its text."""
    return f"{context}\n{text}" if context else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stored chunk with the revision it belongs to."""

    chunk_id: str
    doc_id: str
    revision_id: str
    uri: str
    title: str
    context: str
    text: str
    span: tuple[int, int]
    locator: str = ""
    """Fragment that leads to the chunk inside the file: `page=3`; empty if the format has none."""
    date: Dated
    valid_from: datetime
    valid_to: datetime | None
    """When the revision stopped holding; None while it holds."""
    recorded_at: datetime

    @property
    def citation(self) -> str:
        """URI that leads to the chunk itself, as far as its format allows."""
        joiner = "&" if "#" in self.uri else "#"
        return f"{self.uri}{joiner}{self.locator}" if self.locator else self.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A stored revision of a document, without its text."""

    doc_id: str
    revision_id: str
    uri: str
    title: str
    date: Dated
    valid_from: datetime
    valid_to: datetime | None
    """When it stopped holding; None while it holds."""
    recorded_at: datetime
    n_chunks: int
    other_dates: tuple[Dated, ...] = ()
    """Dates from other places that contradict `date`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is left of a forgotten document: hashes and counts."""

    doc_id_sha256: str
    forgotten_at: datetime
    revisions: int
    texts: int
    """Chunk texts destroyed; those another document has too are not among them."""
    texts_sha256: str
    """SHA-256 of the sorted SHA-256s of the texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFilter:
    """Which revisions count: at or over what valid time, and as known when.

    With `as_of`, of each document only its newest revision that was valid in the interval;
    with `between`, every revision valid at some time in the interval. Not both.
    """

    as_of: Interval | None = None
    between: Interval | None = None
    known_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.as_of is not None and self.between is not None:
            raise ValueError("as_of and between exclude each other")


class TimeRelation(StrEnum):
    """How a question's answer relates to the time or the event it names."""

    NONE = "none"
    """No time is named, or time is what is asked for ("when did …")."""
    NOW = "now"
    DURING = "during"
    """In, on, at, as of, between, from … to: some time in the window."""
    BEFORE = "before"
    """Before, until and by."""
    AFTER = "after"
    SINCE = "since"


class AskedFor(StrEnum):
    """What the answer is: it decides how many statements, of which times, are needed."""

    FACT = "fact"
    """What held at a time: of several statements the one of that time counts."""
    TIME = "time"
    """A date or duration ("when did …", "how long …"): no statement is too old."""
    TIMELINE = "timeline"
    """All that held, in order ("how did … change", "history of …", "list all …"): older statements
    are not replaced by newer ones."""


class CountedFrom(StrEnum):
    """Where a position in a sequence is counted from."""

    START = "start"
    """Of the window, or of all time: 1 is the first."""
    END = "end"
    """Of the window, or of all time: 1 is the last or the latest, 2 the last but one."""
    TIME = "time"
    """The anchor, else the window, else now: 0 is the one of that time, -1 previous, 1 next."""


@dataclass(frozen=True, slots=True)
class Ordinal:
    """Which of those that follow one another is asked for ("the third", "the previous")."""

    place: int
    counted_from: CountedFrom


@dataclass(frozen=True, slots=True)
class Anchor:
    """An event that tells the time asked about, which only a text can date."""

    relation: TimeRelation
    """How the time asked about relates to the event; never NONE or NOW."""
    event: str
    """The words of the event, to be looked up: "the merger", "Brandt was chancellor"."""
    phrase: str = field(default="", compare=False)
    """The event with the words that relate it ("after the merger"), where these are left out of a
    question that is asked for another time; empty where they are what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeIntent:
    """What a question says about time."""

    relation: TimeRelation
    window: Interval | None
    """The time meant, half-open; `before X` ends at the start of X, `after X` starts at its end."""
    phrase: str = ""
    """The words that were read as time."""
    topic: str = ""
    """The question without those words."""
    precision: Precision | None = None
    """How exactly the window's named ends are told; None without a window."""
    asks: AskedFor = AskedFor.FACT
    ordinal: Ordinal | None = None
    anchor: Anchor | None = None
    """Its words stay in the topic. The window, if any, is that of the dates named beside it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A chunk that bears on a question, its score, and why it was chosen."""

    chunk: Chunk
    score: float
    why: str = ""
    quote: str = ""
    """The chunk's sentences that bear on the question: what the reader is shown."""
    also_at: tuple[str, ...] = ()
    """Citations of other documents that hold the same text at that time."""
    claim: str = ""
    """The chunk's sentence that claims what is asked; empty if none does."""
    since: datetime | None = None
    """From when on its claim says that it holds; None if it claims nothing."""
    until: datetime | None = None
    """When newer evidence of another value began to hold; None if none replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEvent:
    """When an event that a question names was, and the text that tells it."""

    event: str
    """Its words in the question."""
    interval: Interval
    sentence: str
    chunk: Chunk
    is_dated: bool
    """Whether the sentence names the time; else it is when the sentence was first told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeReport:
    """What was understood of the question's time and what was done with it."""

    parsed: str | None
    applied: str
    relaxed: str | None
    newest: datetime | None = None
    """When the newest evidence was published; None without evidence."""
    anchor: DatedEvent | None = None
    """The event whose time was looked up and applied; None if there was none to apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Evidence for a question, best first, with what was done about time."""

    evidence: tuple[Evidence, ...]
    time: TimeReport
    asked: str
    """The question to read the evidence for: without what of its time is settled."""
    support: float
    """Highest cosine between the question and a piece of evidence; 0 without evidence."""
    timings_s: dict[str, float] = field(default_factory=dict, compare=False)
    """Seconds of each stage, in their order."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in the course of things, and what held in it.

    Dates are as precise as they are known: `2019`, `2019-06`, `2019-06-01`.
    """

    since: str | None
    """None if it is not told."""
    until: str | None
    """None if nothing ended it."""
    text: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with its evidence, or an abstention that says why."""

    question: str
    text: str
    abstained: bool
    as_of: str | None
    known_at: datetime | None
    time: TimeReport
    evidence: tuple[Evidence, ...]
    model: str
    reason: str = ""
    """Why it abstained; empty otherwise."""
    confidence: float | None = None
    """How sure the reader was, in [0, 1]; None if nothing was read."""
    timeline: tuple[Stretch, ...] = ()
    """What held when, the earliest first, where the course of things is asked for; each is told by
    the evidence of its number."""
    timings_s: dict[str, float] = field(default_factory=dict)
    """Seconds of each stage; those before `retrieve` are parts of it, `total` is of all."""
