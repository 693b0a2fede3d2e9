"""How a daemon is set, and what it knows of itself."""

from dataclasses import dataclass, field

from ingest.watching.events import EventCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How roots are watched."""

    rescan_s: float = 3600.0
    """How often everything is looked at, whatever was heard."""
    settle_s: float = 2.0
    """How long a file must be unchanged that nobody was heard to close."""
    debounce_s: float = 0.15
    """How long what was closed or moved there is waited for."""
    download_s: float = 60.0
    """How long a dump must be unchanged that no checksum vouches for."""
    poll: bool | None = None
    """Compare listings instead of trusting events; None: where the file system is a network's."""


@dataclass(slots=True)
class WatchState:
    """What the daemon knows of itself."""

    updates: int = 0
    rescans: int = 0
    last_rescan_reason: str = ""
    last_rescan_at: str = ""
    """When everything was last looked at, in UTC."""
    added: int = 0
    updated: int = 0
    closed: int = 0
    moved: int = 0
    chunks_embedded: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Why each file that could not be read the last time could not; of very many not all."""
    away: list[str] = field(default_factory=list)
    """Roots that are not there."""
    returns: int = 0
    """Times that a root came back, or another in its place."""
    waiting: int = 0
    """Paths that changed and are not at rest yet."""
    lag_s: float = 0.0
    """How long the oldest change that is not in the store has been known of."""
    paused: str = ""
    """What there is too little of to go on: `disk` or `memory`; empty while there is enough."""
    jobs_waiting: int = 0
    """What could not be read and is tried again."""
    jobs_dead: int = 0
    """What could not be read and is left."""
    events: EventCounts = field(default_factory=EventCounts)
