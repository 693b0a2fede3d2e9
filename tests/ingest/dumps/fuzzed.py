"""What a fuzzer calls: bytes of a dump in, what was found in them out."""

import tempfile
from pathlib import Path

from ingest.dumps.export import Event
from ingest.sources.mediawiki import is_dump, read_dump
from rag_lifelong.errors import ParseError


def events_of(data: bytes) -> tuple[list[Event], str]:
    """Return the events of a dump of these bytes, and what was wrong with it; raise nothing."""
    with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
        path = Path(folder) / "townwiki-20260101-pages-articles.xml"
        path.write_bytes(data)
        is_dump(path)
        found: list[Event] = []
        try:
            found.extend(read_dump(path))
        except ParseError as e:
            return found, str(e)
    return found, ""
