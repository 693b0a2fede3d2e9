"""Finds the documents that a name means: an id, a file's path, a title, or a part of one.

Knows the ids that files get and what a snapshot tells of its revisions, reads only, and names near
misses where it finds nothing. Knows nothing about how the store keeps them, or why one is wanted.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ingest.names import file_uri
from rag_lifelong.errors import IndexStoreError
from rag_lifelong.ports import Snapshot
from rag_lifelong.types import TimeFilter

_MOST_NAMED = 10
"""Documents listed where a name means several."""


def find_document(name: str, snapshot: Snapshot, *, store: Path, known_at: datetime | None) -> str:
    """The id of the one document that a name means, as was known at `known_at`.

    Args:
        name: Its id, the file it was read from, or a part of its id or title that no other
            document has.
        snapshot: What the store holds.
        store: Where it lies, for the error.
        known_at: What was recorded later is left out.

    Raises:
        IndexStoreError: If the name means no document, or several.
    """
    found = _exactly_named(snapshot, name, known_at) or _loosely_named(snapshot, name, known_at)
    if not found:
        raise _no_document(name, store)
    if len(found) > 1:
        some = "more than " if len(found) > _MOST_NAMED else ""
        raise IndexStoreError(
            f"{name!r} means {some}{min(len(found), _MOST_NAMED)} documents",
            hint=f"name one of them by its id:\n{_listed(found)}",
        )
    return next(iter(found))


def find_exactly(name: str, snapshot: Snapshot, *, store: Path) -> list[str]:
    """The ids of the document of this id, or of those read from this file; never a near one.

    Raises:
        IndexStoreError: If there is none; names those that are near.
    """
    found = _exactly_named(snapshot, name, None)
    if not found:
        raise _no_document(name, store, near=_loosely_named(snapshot, name, None))
    return list(found)


def _exactly_named(snapshot: Snapshot, name: str, known_at: datetime | None) -> dict[str, str]:
    """The document with this id, or those that were read from this file: title by id.

    What lies at a place now comes before what was there and moved away.
    """
    uri = name if "://" in name else file_uri(Path(name))
    ids = dict.fromkeys((name, snapshot.document_base(uri), uri))
    for doc_id in ids:
        if revisions := snapshot.history(doc_id, known_at):
            return {doc_id: revisions[-1].title}
    titles = {one.doc_id: one.title for one in snapshot.documents(TimeFilter(known_at=known_at))}
    for doc_id in ids:
        inside = (f"{doc_id}#", f"{doc_id}!/")
        if found := {one: title for one, title in titles.items() if one.startswith(inside)}:
            return found
    return {}


def _loosely_named(snapshot: Snapshot, name: str, known_at: datetime | None) -> dict[str, str]:
    """The documents of this title, or else some that have it in id or title: title by id."""
    wanted = name.casefold()
    titled: dict[str, str] = {}
    partly: dict[str, str] = {}
    for one in snapshot.documents(TimeFilter(known_at=known_at)):
        title = one.title.casefold()
        if title == wanted and len(titled) <= _MOST_NAMED:
            titled[one.doc_id] = one.title
        elif (wanted in title or wanted in one.doc_id.casefold()) and len(partly) <= _MOST_NAMED:
            partly[one.doc_id] = one.title
    return titled or partly


def _no_document(name: str, store: Path, near: Mapping[str, str] | None = None) -> IndexStoreError:
    hint = "`rag-lifelong export` lists the documents"
    if near:
        hint = f"name it by its id; near to it are:\n{_listed(near)}"
    return IndexStoreError(f"no document {name!r} in {store}", hint=hint)


def _listed(found: Mapping[str, str]) -> str:
    return "\n".join(f"  {doc_id}  {title}" for doc_id, title in list(found.items())[:_MOST_NAMED])
