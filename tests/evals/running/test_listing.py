"""Options are told from where they are declared."""

from __future__ import annotations

import pytest

from evals.running.listing import Option, stream_options
from rag_lifelong.errors import EvalError


def test_a_benchmarks_options_are_its_loaders():
    assert stream_options("towns") == (
        Option("examples", "int", "2", "How many of each kind a period asks."),
    )


def test_an_unknown_benchmark_is_refused_with_those_there_are():
    with pytest.raises(EvalError, match="no benchmark 'town'") as error:
        stream_options("town")
    assert "towns" in (error.value.hint or "")
