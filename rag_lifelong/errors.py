"""Every error this project raises on purpose, as one tree.

* RagLifelongError
  + ConfigError             a setting is wrong: fix the file, flag or variable
  + SourceError             a source as a whole cannot be read
    - ParseError            one document cannot be read; ingestion counts it and goes on
  + IndexStoreError         the store refuses or fails
    - CorruptIndexError     bytes on disk are not what was written
    - IndexLockedError      another process is writing
    - EmbedderMismatchError the store was embedded with another model
  + ModelError              a model is missing, damaged or failing
  + EvalError               an evaluation cannot run

A programmer's mistake stays a `ValueError` or `TypeError`.
"""


class RagLifelongError(Exception):
    """Base of the project's errors: a one-line message and, where there is one, the fix.

    Attributes:
        hint: What the user can do about it, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(RagLifelongError):
    """A setting is unknown, of the wrong type, or contradicts another."""


class SourceError(RagLifelongError):
    """A source (folder, dump) cannot be read at all."""


class ParseError(SourceError):
    """One document cannot be read; the message says why, without the document's name."""


class IndexStoreError(RagLifelongError):
    """The store refuses an operation, or the disk under it fails."""


class CorruptIndexError(IndexStoreError):
    """A file of the store does not hold what was written to it."""


class IndexLockedError(IndexStoreError):
    """Another live process holds the store's write lock."""


class EmbedderMismatchError(IndexStoreError):
    """The store's vectors come from another embedding model than the one configured."""


class ModelError(RagLifelongError):
    """A model is not installed, fails its checksum, or fails while running."""


class EvalError(RagLifelongError):
    """An evaluation cannot run as asked."""
