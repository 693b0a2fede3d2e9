"""Makes a small store with whatever version of the program runs it, and records its answers.

    python -m tests.indexes.stores.make NAME

writes NAME.tar.xz and NAME.json beside this file. An archive is made once, when its schema is the
newest, and kept: the tests open every one of them with the program of today.
"""

import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from indexes.snapshot import StoreSnapshot
from rag_lifelong.types import (
    Completed,
    Ended,
    Gone,
    Moved,
    Reached,
    Redirect,
    RevisionOrder,
    Skipped,
    Visited,
)
from tests.indexes.conftest import TinyStore, document, instant, time_filter, vector

HERE = Path(__file__).parent

TIMES = (
    {},
    {"as_of": "1995"},
    {"as_of": "2005-06"},
    {"between": "2001"},
    {"as_of": "2026-03", "known_at": "2026-01-03T12:00:00"},
)


def fill(store: TinyStore) -> None:
    """A bit of everything that can be stored."""
    wiki = RevisionOrder.VALID_TIME
    for batch in range(4):
        store.add(
            *(
                document(
                    f"page {n}", f"{1990 + 5 * batch + n % 5}", f"The lake of number {n} is deep.",
                    f"In round {batch} its depth was {10 * n + batch} metres.", order=wiki,
                )
                for n in range(20)
            ),
            document(f"file {batch}", "2010", f"A note of {batch}."),
            Completed(f"file {batch}", "seen", frozenset({f"file {batch}"})),
        )  # fmt: skip
    store.add(document("file 1", "2010", "A note of 1, mended."))
    store.add(Redirect("Deep lake", "page 3"), Gone("file 2"))
    store.add(Redirect("The third lake", "page 3", instant("2001")))
    store.add(Moved("file 3", "notes/file 3", "seen"), Ended("page 7", instant("2012")))
    store.add(Reached("dump", "seen", 12))
    store.add(Skipped("a.pdf", "no PDF", "seen"), Skipped("b", "busy", is_transient=True))
    store.add(Visited("https://example.org/feed"))
    store.add(document("copy", "2011", "A note of 0.", locator="page=2", sketch=bytes(512)))


def answers(directory: Path) -> list[dict[str, Any]]:
    """What the store answers to fixed questions."""
    found = []
    with StoreSnapshot(directory) as snapshot:
        for times in TIMES:
            time = time_filter(**times)
            dense = snapshot.search_dense(vector("deep"), time, 8)
            lexical = snapshot.search_lexical("depth in round 2", time, 30)
            texts = [c.text for c in snapshot.chunks([h.chunk_no for h in lexical], None)]
            found.append(
                {
                    "times": times,
                    "dense": [[hit.chunk_no, round(hit.score, 9)] for hit in dense],
                    "lexical": sorted(texts),
                }
            )
    return found


def main() -> None:
    """Make the archive named on the command line."""
    [name] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder) / "store")
        fill(store)
        (HERE / f"{name}.json").write_text(json.dumps(answers(store.path), indent=1) + "\n")
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as archive:
            for path in sorted(store.path.iterdir()):
                member = tarfile.TarInfo(path.name)
                content = path.read_bytes()
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main()
