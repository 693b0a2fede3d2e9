"""What every parser of the table promises: text out of a good file, ParseError for any other."""

import random
from pathlib import Path

import pytest

from ingest.parsers import PARSERS, parse
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from tests.ingest.parsers.samples import SAMPLES, SENTENCE

_CHANCE = random.Random(20261124)
_NOISE = [_CHANCE.randbytes(n) for n in (1, 3, 64, 4096)]


def _read(folder: Path, suffix: str, content: bytes) -> list[Parsed]:
    path = folder / "content"  # its name tells nothing, as with what was unpacked
    path.write_bytes(content)
    return list(parse(path, name=Path(f"a{suffix}")))


def _check_refused_or_whole(folder: Path, suffix: str, content: bytes) -> None:
    try:
        documents = _read(folder, suffix, content)
    except ParseError:
        return
    for parsed in documents:
        assert parsed.text.strip()
        assert all(0 <= section.start <= len(parsed.text) for section in parsed.sections)
        starts = [locator.start for locator in parsed.locators]
        assert starts == sorted(set(starts))


@pytest.mark.parametrize("suffix", SAMPLES)
def test_a_good_file_gives_its_text_and_places_inside_it(tmp_path: Path, suffix: str) -> None:
    content = SAMPLES[suffix]()
    documents = _read(tmp_path, suffix, content)
    assert any(SENTENCE in parsed.text for parsed in documents)
    _check_refused_or_whole(tmp_path, suffix, content)


@pytest.mark.parametrize("suffix", PARSERS)
def test_noise_is_refused_in_every_format(tmp_path: Path, suffix: str) -> None:
    for noise in _NOISE:
        _check_refused_or_whole(tmp_path, suffix, noise)


@pytest.mark.parametrize("suffix", sorted({*PARSERS} - {*SAMPLES}))
def test_zeros_are_refused_in_every_other_format(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ParseError):
        _read(tmp_path, suffix, bytes(1000))


@pytest.mark.parametrize("suffix", SAMPLES)
def test_damage_to_a_good_file_costs_no_more_than_the_file(tmp_path: Path, suffix: str) -> None:
    content = SAMPLES[suffix]()
    for share in (0.1, 0.5, 0.9, 0.99):
        _check_refused_or_whole(tmp_path, suffix, content[: int(len(content) * share)])
    for _ in range(10):
        damaged = bytearray(content)
        for _ in range(5):
            damaged[_CHANCE.randrange(len(damaged))] = _CHANCE.randrange(256)
        _check_refused_or_whole(tmp_path, suffix, bytes(damaged))


@pytest.mark.parametrize("suffix", SAMPLES)
def test_zeros_are_refused_in_every_format(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ParseError):
        _read(tmp_path, suffix, bytes(1000))
