"""What a module imports is found without running it."""

from pathlib import Path

import pytest

import rag_lifelong
from evals.baselines import STRATEGIES
from evals.running.imports import imported

ROOT = Path(rag_lifelong.__file__).parents[1]


def test_modules_that_import_one_another_are_found_once(tmp_path: Path):
    (tmp_path / "one.py").write_text("import two\nimport os\n")
    (tmp_path / "two.py").write_text("def late():\n    from one import late\n")
    assert imported("one", tmp_path) == {"one.py", "two.py"}


def test_what_is_apart_is_not_looked_through(tmp_path: Path):
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / "__init__.py").write_text("import hidden\n")
    (tmp_path / "aparts.py").write_text("")
    (tmp_path / "hidden.py").write_text("")
    (tmp_path / "one.py").write_text("import apart\nimport aparts\n")
    assert imported("one", tmp_path, apart_from="apart") == {"one.py", "aparts.py"}


@pytest.mark.parametrize(
    ("strategy", "borrowed"),
    [
        ("rewarm", "evals/baselines/replay/buffer.py"),
        ("lora-oracle", "rag_lifelong/retrieval/languages/en.toml"),
        ("sdft", "evals/learners/passages.py"),
    ],
)
def test_what_a_strategy_takes_from_elsewhere_is_found(strategy: str, borrowed: str):
    module = STRATEGIES[strategy].target.partition(":")[0]
    own = imported(module, ROOT, apart_from="evals.training")
    assert {module.replace(".", "/") + ".py", borrowed} <= own
    assert "rag_lifelong/config.py" not in own
