"""How often documents are dated rightly, and what finding their dates costs.

    python benchmarks/dates.py files            files of many formats, against dates_truth.toml
    python benchmarks/dates.py articles [all]   news articles as bare text and as bare HTML pages
    python benchmarks/dates.py records          dated records, each against its own timestamp
    python benchmarks/dates.py history [COMMITS FILES]   time to read a repository's history
    python benchmarks/dates.py words            month names of ours against dateparser

All but the last two read the data under RAG_LIFELONG_DATA. Prints JSON. "Right" is the true day, a
zone's width aside, for articles within a day of publication; "unknown" was left to the file's
modification time although there is a date.
"""

import gzip
import json
import os
import statistics
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

# This script has the name of a module, which its own folder on the path would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from ingest import dates
from ingest.contents import ContentRules, read_contents
from ingest.documents import DateRules, File
from ingest.parsers import parse
from rag_lifelong.errors import ParseError
from rag_lifelong.temporal import Interval, day_interval
from rag_lifelong.types import Dated, DateSource, Document

TRUTH = Path(__file__).with_name("dates_truth.toml")
ZONES = timedelta(hours=14)
DAY = timedelta(days=1)
RULES = ContentRules(dates=DateRules(now=lambda: datetime.now(UTC)))


def main() -> None:
    """Run the measurement named on the command line."""
    what, *arguments = sys.argv[1:] or [""]
    if what not in MEASURES:
        sys.exit(__doc__)
    print(json.dumps(MEASURES[what](*arguments), indent=2, ensure_ascii=False))


def files() -> dict[str, Any]:
    """Shares of files of many formats that are dated rightly."""
    judged = judged_files(data() / "documents/textract/tests")
    counts = Counter(verdict for verdict, _ in judged.values())
    n_read = len(judged) - counts["not read"]
    return {
        "files": len(judged),
        "counts": counts,
        "share_right_of_read": round((counts["right"] + counts["right: no date"]) / n_read, 3),
        "not_right": {
            name: list(judgement)
            for name, judgement in judged.items()
            if not judgement[0].startswith("right")
        },
    }


def judged_files(folder: Path) -> dict[str, tuple[str, str]]:
    """For each file with a known date, how its first document is dated: a verdict and the facts."""
    truth = tomllib.loads(TRUTH.read_text(encoding="utf-8"))
    return {name: _judged(folder / name, fact["date"]) for name, fact in truth.items()}


def _judged(path: Path, truth: str) -> tuple[str, str]:
    try:
        dated = _document(path).date
    except ParseError as e:
        return "not read", str(e)
    facts = f"{dated} by {dated.source}, true: {truth}"
    if truth == "none":
        return ("right: no date" if dated.source is DateSource.MTIME else "wrong"), facts
    if dated.source is DateSource.MTIME:
        return "unknown", facts
    return ("right" if _agrees(dated, day_of(truth), ZONES) else "wrong"), facts


def _document(path: Path) -> Document:
    written = dates.from_mtime(path.stat().st_mtime_ns)
    uri = path.as_uri()
    known = () if written is None else (written,)
    file = File(path=path, name=path, origin=uri, uri=uri, doc_id=uri, outer_dates=known)
    for item in read_contents(file, RULES):
        if isinstance(item, Document):
            return item
    raise ParseError("no document")


def articles(which: str = "small") -> dict[str, Any]:
    """News articles of which only the text is given, in which dates of all kinds are told of."""
    name = "docs" if which == "all" else "small_docs"
    with gzip.open(data() / f"realtimeqa/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    clark = json_lines(data() / "clark/docs.jsonl")
    # A page takes a hundred times a text's time: every tenth is tried.
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        pages = _judged_texts(told[::10], lambda article: _page_date(page, article))
    return {
        f"realtimeqa_{name}": _judged_texts(told, lambda article: dates.from_text(article["text"])),
        "clark": _judged_texts(clark, lambda article: dates.from_text(article["text"])),
        "every_tenth_as_html": pages,
    }


def _page_date(path: Path, article: dict[str, Any]) -> Dated | None:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in article["text"].split("\n"))
    title = escape(article["title"])
    path.write_text(
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}"
        "</article></body></html>",
        encoding="utf-8",
    )
    date = _document(path).date
    return None if date.source is DateSource.MTIME else date


def _judged_texts(
    told: list[dict[str, Any]], dated_by: Callable[[dict[str, Any]], Dated | None]
) -> dict[str, Any]:
    wrong, seconds, n_dated = [], [], 0
    for article in told:
        start = time.perf_counter()
        dated = dated_by(article)
        seconds.append(time.perf_counter() - start)
        n_dated += dated is not None
        published = article["timestamp"][:10]
        if dated is not None and not _agrees(dated, day_of(published), DAY):
            wrong.append(f"{article['doc_id']}: {dated}, published {published}")
    return {
        "texts": len(told),
        "dated": n_dated,
        "right": n_dated - len(wrong),
        "wrong": wrong,
        "microseconds_mean": round(statistics.fmean(seconds) * 1e6),
        "microseconds_p99": round(statistics.quantiles(seconds, n=100)[98] * 1e6),
    }


def records() -> dict[str, Any]:
    """Every record of a file of dated ones, against the timestamp it has."""
    path = data() / "clark/docs.jsonl"
    told = [line["timestamp"][:10] for line in json_lines(path)]
    read = [str(parsed.dates[0])[:10] if parsed.dates else "" for parsed in parse(path)]
    return {"records": len(told), "right": sum(map(str.__eq__, told, read))}


def history(n_commits: str = "10000", n_files: str = "2000") -> dict[str, Any]:
    """Time to know the last commits of all files of a repository, and of one file of it."""
    from ingest.version_control import CommitTimes

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repository"
        paths = _repository(root, int(n_commits), int(n_files))
        found: dict[str, Any] = {"commits": int(n_commits), "files": len(paths)}
        for name, asked in (("one", paths[-1:]), ("all", paths)):
            commits = CommitTimes()
            start = time.perf_counter()
            known = [commits.of(path) for path in asked]
            found[f"seconds_{name}"] = round(time.perf_counter() - start, 2)
            found[f"known_{name}"] = sum(one is not None for one in known)
            commits.close()
    return found


def _repository(root: Path, n_commits: int, n_files: int) -> list[Path]:
    """A repository of folders of 50 files, each commit changing one; oldest change last."""
    from dulwich.objects import Blob, Commit, Tree
    from dulwich.repo import Repo

    root.mkdir()
    repo = Repo.init(root)
    objects: list[Any] = []
    n_folders = max(1, n_files // 50)
    blobs: list[dict[bytes, bytes]] = [{} for _ in range(n_folders)]
    folders: list[Tree | None] = [None] * n_folders
    contents: dict[Path, bytes] = {}
    parents: list[Any] = []
    for number in range(max(n_commits, n_files)):
        which, folder = number % n_files, number % n_folders
        name = b"f%d" % (which // n_folders)
        content = b"%d" % number
        blob = Blob.from_string(content)
        blobs[folder][name] = blob.id
        tree, top = Tree(), Tree()
        for inner, blob_id in blobs[folder].items():
            tree.add(inner, 0o100644, blob_id)
        folders[folder] = tree
        for index, inner_tree in enumerate(folders):
            if inner_tree is not None:
                top.add(b"d%d" % index, 0o40000, inner_tree.id)
        commit = Commit()
        commit.tree, commit.parents = top.id, parents
        commit.author = commit.committer = b"A <a@example.org>"
        commit.commit_time = commit.author_time = 1_431_000_000 + number
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"change"
        objects.extend((one, None) for one in (blob, tree, top, commit))
        parents = [commit.id]
        contents[root / f"d{folder}" / name.decode()] = content
    repo.object_store.add_objects(objects)
    repo.refs[b"refs/heads/master"] = parents[0]
    repo.refs.set_symbolic_ref(b"HEAD", b"refs/heads/master")
    repo.close()
    for path, content in contents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return sorted(contents, key=lambda path: -int(contents[path]))


def words() -> dict[str, Any]:
    """Dates as CLDR writes them in many languages, read by us and by dateparser."""
    import dateparser
    from babel.dates import format_date

    days = [date(2015, month, day) for month in range(1, 13) for day in (7, 23)]
    written = [
        (day, format_date(day, format=form, locale=language))
        for language in ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "zh", "ja")
        for form in ("long", "medium", "full")
        for day in days
    ]
    uncertain = ["05/07/2015", "May", "10:30", "12", "2022", "on", "set", "3.5", "1.2.3", "mar"]
    readers: dict[str, Callable[[str], date | None]] = {
        "ours": _read_words,
        "dateparser": lambda text: (found := dateparser.parse(text)) and found.date(),
    }
    return {
        name: {
            "written": len(written),
            "right": sum(read(text) == day for day, text in written),
            "wrong": sum(read(text) not in (day, None) for day, text in written),
            "uncertain_read_as_dates": [text for text in uncertain if read(text) is not None],
            "microseconds": round(_seconds_each(read, [text for _, text in written]) * 1e6),
        }
        for name, read in readers.items()
    }


def _read_words(text: str) -> date | None:
    dated = dates.from_text(text)
    return None if dated is None else dated.interval.start.date()


def _seconds_each(read: Callable[[str], date | None], texts: list[str]) -> float:
    start = time.perf_counter()
    for text in texts:
        read(text)
    return (time.perf_counter() - start) / len(texts)


def _agrees(dated: Dated, day: Interval, width: timedelta) -> bool:
    return dated.interval.start < day.end + width and day.start < dated.interval.end + width


def day_of(text: str) -> Interval:
    """The day of an ISO date."""
    day = date.fromisoformat(text)
    return day_interval(day.year, day.month, day.day)


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def data() -> Path:
    """The folder of real data."""
    root = os.environ.get("RAG_LIFELONG_DATA")
    if not root:
        sys.exit("set RAG_LIFELONG_DATA to the folder of the data")
    return Path(root)


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "files": files,
    "articles": articles,
    "records": records,
    "history": history,
    "words": words,
}

if __name__ == "__main__":
    main()
