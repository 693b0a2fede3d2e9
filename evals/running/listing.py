"""What can be evaluated: the options of benchmarks, and the metrics with their definitions."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_type_hints

import evals.metrics
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


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure and what it means."""

    name: str
    definition: str
    module: str


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


def metrics() -> tuple[Metric, ...]:
    """Every metric, with the first sentence of its documentation."""
    return tuple(
        metric
        for module in pkgutil.iter_modules(evals.metrics.__path__, f"{evals.metrics.__name__}.")
        for metric in _metrics_in(module.name)
    )


def _metrics_in(module_name: str) -> Iterator[Metric]:
    module = importlib.import_module(module_name)
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module_name and not name.startswith("_"):
            definition, _, _ = (inspect.getdoc(function) or "").partition("\n")
            yield Metric(name, definition, module_name.rpartition(".")[2])


def _meanings(documentation: str) -> dict[str, str]:
    r"""What documentation in Google's style says of each argument.

    >>> _meanings("Load it.\n\nArgs:\n    size: How\n        large.\n\nRaises:\n    E: Never.")
    {'size': 'How large.'}
    """
    _, _, rest = documentation.partition("\nArgs:\n")
    section, _, _ = rest.partition("\n\n")
    return {name: " ".join(meaning.split()) for name, meaning in _ARGUMENT.findall(section)}
