"""What tables and JSON share: rows of named values, one of which may be a date."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

from ingest.dates import from_value
from rag_lifelong.types import Dated, DateSource

DATE_FIELDS = (
    "date", "published", "published_at", "published_date", "publish_date", "publication_date",
    "pub_date", "pubdate", "date_published", "datepublished", "publishedat", "datetime",
    "timestamp", "time", "created", "created_at", "createdat", "date_created", "updated",
    "updated_at", "updatedat", "last_updated", "modified", "day", "month", "year", "season",
    "period",
)  # fmt: skip
TITLE_FIELDS = ("title", "headline", "name", "label", "subject")
KEY_FIELDS = ("id", "_id", "key", "uuid", "guid", "uid", "doc_id", "url", "uri", "slug")


@lru_cache(maxsize=4096)  # a file of a million records has the same few names in each
def normalized(name: str) -> str:
    """Return a field's name as it is compared.

    >>> normalized("Published At")
    'published_at'
    """
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_") or name.strip().lower()


def find_field(names: Iterable[str], wanted: Iterable[str]) -> str | None:
    """Return the first of the wanted fields that is among the names, as it is written there."""
    written: dict[str, str] = {}
    for name in names:
        written.setdefault(normalized(name), name)
    return next((written[name] for name in wanted if name in written), None)


def date_fields(names: Iterable[str]) -> list[str]:
    """Return the names that may hold a date, best first, those ending in `date` last."""
    return list(_date_fields(tuple(names)))


@lru_cache(maxsize=1024)
def _date_fields(names: tuple[str, ...]) -> tuple[str, ...]:
    exact = [name for wanted in DATE_FIELDS for name in names if normalized(name) == wanted]
    ending = (
        name for name in names if name not in exact and re.search(r"(?:^|_)date$", normalized(name))
    )
    return *exact, *ending


def record_date(
    record: Mapping[str, object], fields: Iterable[str], *, day_first: bool | None = None
) -> Dated | None:
    """Return the first date the record has in these fields."""
    for field in fields:
        value = record.get(field)
        if isinstance(value, str):
            # pandas writes a column of years with one missing as 2019.0.
            value = re.sub(r"^(\d{4})\.0$", r"\1", value.strip())
        dated = from_value(value, DateSource.RECORD_FIELD, day_first=day_first)
        if dated is not None:
            return dated
    return None


class Keys:
    """Names records: by their own id where it is unique, else by what they hold.

    A record's place in its file is no name: one line more at the top would rename all.
    """

    def __init__(self) -> None:
        # Eight bytes a record: files of records may be of any size.
        self._seen: set[int] = set()

    def key(self, own: str, content: str) -> str | None:
        """Return the record's key, or None for a repetition of one that was there before."""
        digest = sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]
        key = own.strip() or digest
        if not self._is_new(key):
            key = f"{key}~{digest}"
            if not own.strip() or not self._is_new(key):
                return None
        return key

    def _is_new(self, key: str) -> bool:
        digest = sha256(key.encode(errors="surrogatepass")).digest()
        number = int.from_bytes(digest[:8], "little")
        if number in self._seen:
            return False
        self._seen.add(number)
        return True
