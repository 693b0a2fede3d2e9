"""What a file's name says: its URI and a readable title. Names need not be valid UTF-8."""

import os
import re
from pathlib import Path

_SEPARATORS = re.compile(r"[_\s]+|(?<=\w)-(?=\w)")


def file_uri(path: Path) -> str:
    """Return the absolute `file://` URI; bytes that are not UTF-8 are percent-encoded.

    `..` is resolved in the spelling alone: following symlinks would rename every origin when
    the link is set to another folder.
    """
    return Path(os.path.abspath(path)).as_uri()  # noqa: PTH100


def readable_stem(path: Path) -> str:
    """Return the file's name without its suffix, as words.

    >>> readable_stem(Path("notes/city_council-minutes.v2.txt"))
    'city council minutes.v2'
    """
    stem = os.fsencode(path.stem).decode("utf-8", errors="replace")
    # A date stays as it is written: 2015-05-07 is one word.
    words = re.split(r"(\d{4}-\d{2}(?:-\d{2})?)", stem)
    spaced = [word if i % 2 else _SEPARATORS.sub(" ", word) for i, word in enumerate(words)]
    return " ".join("".join(spaced).strip(" -").split()) or stem
