"""Options that were chosen for a size of model on a stream of its own (`tuned.toml`)."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("tuned.toml")
_DEFAULT = "tiny"


def tuned_options(strategy: str, model: str | None = None) -> dict[str, str]:
    """What was chosen for a strategy; for models of no known size, what was for the smallest.

    Args:
        strategy: Its name.
        model: `tiny`, `small`, a directory or a hub id; None: the smallest.
    """
    sizes = _read()
    size = sizes.get(model or _DEFAULT, sizes[_DEFAULT])
    chosen = {**size.get("all", {}), **size.get(strategy, {})}
    return {name: str(value) for name, value in chosen.items() if name != "model" or model is None}


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
