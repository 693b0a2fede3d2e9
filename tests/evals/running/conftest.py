from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.evals.running import fakes


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with fakes.registered():
        yield
