"""Where the harness makes its stores."""

from __future__ import annotations

import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")


def directory() -> AbstractContextManager[str]:
    """A directory that goes away, in memory where that can be had, unless TMPDIR says otherwise.

    Nothing here needs a real disk: a killed process leaves its writes in the kernel, and a power
    loss is simulated from what was written and flushed.
    """
    is_in_memory = "TMPDIR" not in os.environ and os.access(_IN_MEMORY, os.W_OK)
    return tempfile.TemporaryDirectory(
        prefix="rag-lifelong-torture-", dir=_IN_MEMORY if is_in_memory else None
    )
