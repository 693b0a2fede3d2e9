"""Flags win over the environment, that over the file, that over the defaults; typos are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_lifelong.config import load_config
from rag_lifelong.errors import ConfigError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import os

    for name in list(os.environ):
        if name.startswith("RAG_LIFELONG_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text('store = "from-file"\n[reader]\nkind = "openai"\nmodel = "m"\nmax_tokens = 7\n')
    return path


def test_each_level_wins_over_the_next(file: Path, monkeypatch: pytest.MonkeyPatch):
    assert load_config().store == Path(".rag-lifelong")
    assert load_config(file).store == Path("from-file")
    monkeypatch.setenv("RAG_LIFELONG_STORE", "from-env")
    monkeypatch.setenv("RAG_LIFELONG_READER__MAX_TOKENS", "9")
    assert load_config(file).store == Path("from-env")
    config = load_config(file, flags={"store": "from-flag"})
    assert config.store == Path("from-flag")
    assert (config.reader.kind, config.reader.model, config.reader.max_tokens) == ("openai", "m", 9)


def test_the_default_file_is_read_when_it_is_there(tmp_path: Path):
    (tmp_path / "rag-lifelong.toml").write_text('store = "here"\n')
    assert load_config().store == Path("here")


def test_the_environment_may_name_the_file(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAG_LIFELONG_CONFIG", str(file))
    assert load_config().reader.max_tokens == 7


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ('[reader]\nmodle = "x"\n', "unknown key 'reader.modle'", "did you mean 'reader.model'?"),
        ('sotre = "x"\n', "unknown key 'sotre'", "did you mean 'store'?"),
        ("[chunking]\nsize = 5\n", r"chunking\.size = 5", None),
        ('[reader]\nkind = "gpt"\n', r"reader\.kind = 'gpt'", None),
        ('timezone = "Mars/Olympus"\n', "timezone = 'Mars/Olympus': .*Europe/Berlin", None),
        ("store =\n", "not valid TOML", None),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(
    file: Path, content: str, message: str, hint: str | None
):
    file.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(file)
    assert caught.value.hint == hint


def test_a_missing_config_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"cannot read config .*absent\.toml: No such file"):
        load_config(tmp_path / "absent.toml")


def test_the_api_key_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAG_LIFELONG_READER__API_KEY", "s3cret")
    config = load_config()
    assert config.reader.api_key == "s3cret"
    assert "s3cret" not in repr(config)
