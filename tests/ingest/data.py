"""Finds the real data that some tests read; it is not part of the project."""

import os
from pathlib import Path

import pytest


def data_folder(name: str) -> Path:
    """The folder under RAG_LIFELONG_DATA; skips the test where it is not there."""
    root = os.environ.get("RAG_LIFELONG_DATA")
    if not root:
        pytest.skip("RAG_LIFELONG_DATA is not set")
    folder = Path(root) / name
    if not folder.is_dir():
        pytest.skip(f"no folder {name} in RAG_LIFELONG_DATA")
    return folder
