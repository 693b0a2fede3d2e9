"""The options of benchmarks, told from where they are declared."""

import inspect
import re
from dataclasses import dataclass
from typing import get_type_hints

import evals.streams
from rag_lifelong.errors import EvalError

_NOT_OPTIONS = ("path", "seed")
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a benchmark."""

    name: str
    kind: str
    """Its type, as Python writes it."""
    default: str
    """As Python writes it; empty where one must be given."""
    meaning: str
    """What the loader's documentation says of it."""


def stream_options(name: str) -> tuple[Option, ...]:
    """The options of a benchmark, as its loader declares them.

    Raises:
        EvalError: If there is no such benchmark.
    """
    known = evals.streams.STREAMS
    if name not in known:
        raise EvalError(f"no benchmark {name!r}", hint=f"one of: {', '.join(known)}")
    load = known[name].loader()
    kinds, meanings = get_type_hints(load), _meanings(inspect.getdoc(load) or "")
    return tuple(
        Option(
            name=name,
            kind=inspect.formatannotation(kinds[name]),
            default="" if parameter.default is parameter.empty else str(parameter.default),
            meaning=meanings.get(name, ""),
        )
        for name, parameter in inspect.signature(load).parameters.items()
        if name not in _NOT_OPTIONS
    )


def _meanings(documentation: str) -> dict[str, str]:
    r"""What documentation in Google's style says of each argument.

    >>> _meanings("Load it.\n\nArgs:\n    size: How\n        large.\n\nRaises:\n    E: Never.")
    {'size': 'How large.'}
    """
    _, _, rest = documentation.partition("\nArgs:\n")
    section, _, _ = rest.partition("\n\n")
    return {name: " ".join(meaning.split()) for name, meaning in _ARGUMENT.findall(section)}
