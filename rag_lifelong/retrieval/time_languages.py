"""The words of every language, read from `languages/*.toml`, and which language a question is in.

Adding a language is adding a file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rag_lifelong.errors import ConfigError
from rag_lifelong.retrieval.claim_words import LanguageWords
from rag_lifelong.retrieval.time_words import compile_text, fill

DEFAULT_LANGUAGE = "en"
"""What a question is read as that has no signs of another language."""


@cache
def languages() -> Mapping[str, LanguageWords]:
    """The words of every language by its code, the default first.

    Raises:
        ConfigError: If a file is wrong; the message names it and the key.
    """
    paths = sorted(
        _LANGUAGES.glob("*.toml"), key=lambda path: (path.stem != DEFAULT_LANGUAGE, path.stem)
    )
    return {path.stem: load_words(path) for path in paths}


def load_words(path: Path) -> LanguageWords:
    """The words of one language.

    Raises:
        ConfigError: If the file is wrong; the message names it and the key.
    """
    try:
        words = _WORDS.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path.name}: {key}: {first['msg']}", hint=_HINT) from None
    if words.numerals is not None:
        numbers = words.numerals.words()
        more = {
            table: {**numbers, **words.values.get(table, {})} for table in words.numerals.tables
        }
        words = replace(words, values={**words.values, **more})
    _check_slots(words, path.name)
    return words


def _check_slots(words: LanguageWords, name: str) -> None:
    """Check that every slot of a text can be filled, and that what is read of it is in it."""
    texts = [(f"patterns.{i}", one.text, "") for i, one in enumerate(words.patterns)]
    texts += [(f"anchors.{i}", one.text, "event") for i, one in enumerate(words.anchors)]
    texts += [
        (f"ordinals.{i}", one.text, "place" if one.place is None else "")
        for i, one in enumerate(words.ordinals)
    ]
    claims = words.claims
    texts += [("claims.date", claims.date, ""), ("claims.orders", claims.orders, "")]
    for key, text, needed in texts:
        try:
            groups = compile_text(fill(words, text)).groupindex
        except (KeyError, re.error) as error:
            raise ConfigError(f"{name}: {key}.text: {error.args[0]}", hint=_HINT) from None
        if needed and needed not in groups:
            raise ConfigError(f"{name}: {key}.text: there is no <{needed}> in it", hint=_HINT)


def language_of(question: str) -> str:
    """The code of the language a question has most signs of; of equals, the first.

    >>> [language_of(one) for one in ("Who led in 2019?", "Wer war 2019 Trainer?", "去年谁赢了？")]
    ['en', 'de', 'zh']
    """
    counts = {code: len(signs.findall(question)) for code, signs in _signs().items()}
    return max(counts, key=counts.__getitem__)


def is_function_word(word: str, language: str) -> bool:
    """Whether a word is one by which a language is known: an article, a form of "be".

    >>> is_function_word("war", "de"), is_function_word("war", "en")
    (True, False)
    """
    return _signs()[language].fullmatch(word) is not None


@cache
def _signs() -> Mapping[str, re.Pattern[str]]:
    return {code: re.compile(words.signs, re.IGNORECASE) for code, words in languages().items()}


_LANGUAGES = Path(__file__).with_name("languages")
_WORDS = TypeAdapter(LanguageWords)
_HINT = (
    "the keys of a language file are described in rag_lifelong/retrieval/time_words.py "
    "and claim_words.py"
)
