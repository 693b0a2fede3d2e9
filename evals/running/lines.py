"""Values as JSON, in one way of writing: equal values are equal bytes."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_jsonable_python


def to_line(value: Any) -> str:
    """A value as one line without its end.

    >>> to_line({"b": 0.5, "a": ("é",)})
    '{"a":["é"],"b":0.5}'
    """
    plain = to_jsonable_python(value)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_lines(values: Iterable[Any]) -> bytes:
    """Values as lines of UTF-8; half a surrogate pair, which that has no form for, becomes `?`."""
    return "".join(f"{to_line(value)}\n" for value in values).encode(errors="replace")
