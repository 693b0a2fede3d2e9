"""The dates that files give, each with its precision and where it was found, and the choice of one.

* `values`: metadata values and file times.
* `filenames`: names of files and of the folders they lie in.
* `datelines`: the first and last lines of a text.
* `words`: dates in words, in the languages of Europe and in Chinese and Japanese.
* `choice`: which is the document's date, and which contradict it.

Each reader returns None for what it cannot read with certainty: no date is better than a wrong one.
"""

from ingest.dates.choice import Ask, choose
from ingest.dates.datelines import from_text
from ingest.dates.filenames import from_filename
from ingest.dates.values import (
    from_mtime,
    from_office,
    from_pdf,
    from_unix,
    from_value,
    is_day_first,
)

__all__ = [
    "Ask",
    "choose",
    "from_filename",
    "from_mtime",
    "from_office",
    "from_pdf",
    "from_text",
    "from_unix",
    "from_value",
    "is_day_first",
]
