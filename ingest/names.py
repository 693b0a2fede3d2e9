"""What a file's name says: its URI and a readable title. Names need not be valid UTF-8."""

import os
import re
from pathlib import Path, PurePath
from urllib.parse import unquote_to_bytes

_SEPARATORS = re.compile(r"[_\s]+|(?<=\w)-(?=\w)")


def file_uri(path: Path) -> str:
    """Return the absolute `file://` URI; bytes that are not UTF-8 are percent-encoded.

    `..` is resolved in the spelling alone: following symlinks would rename every origin when
    the link is set to another folder.
    """
    return Path(os.path.abspath(path)).as_uri()  # noqa: PTH100


def path_of(uri: str) -> Path | None:
    """Return the path of a `file://` URI; None for any other.

    >>> path_of(file_uri(Path("/notes/a b.txt")))
    PosixPath('/notes/a b.txt')
    """
    scheme, _, rest = uri.partition("://")
    if scheme != "file":
        return None
    return Path(os.fsdecode(unquote_to_bytes(rest)))


def readable_stem(path: PurePath) -> str:
    """Return the file's name without its suffix, as words.

    >>> readable_stem(Path("notes/city_council-minutes.v2.txt"))
    'city council minutes.v2'
    """
    stem = os.fsencode(path.stem).decode("utf-8", errors="replace")
    # A date stays as it is written: 2015-05-07 is one word.
    words = re.split(r"(\d{4}-\d{2}(?:-\d{2})?)", stem)
    spaced = [word if i % 2 else _SEPARATORS.sub(" ", word) for i, word in enumerate(words)]
    return " ".join("".join(spaced).strip(" -").split()) or stem
