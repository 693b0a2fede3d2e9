import pytest
import torch

from rag_lifelong.embedding.device import (
    CPU_BATCH_TOKENS,
    batch_tokens,
    choose_device,
    choose_dtype,
    has_fast_bfloat16,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "fast"),
    [("fpu avx512_bf16 avx2", True), ("fpu amx_bf16", True), ("fpu avx512f avx2", False)],
)
def test_bfloat16_is_fast_where_the_cpu_has_instructions_for_it(tmp_path, flags, fast):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert has_fast_bfloat16(cpuinfo) is fast


def test_an_unknown_cpu_is_taken_to_be_without(tmp_path):
    assert not has_fast_bfloat16(tmp_path / "nothing")


def test_auto_follows_the_cpu():
    expected = torch.bfloat16 if has_fast_bfloat16() else torch.float32
    assert choose_dtype("auto", CPU) is expected


def test_a_named_type_is_taken():
    assert choose_dtype("float32", CPU) is torch.float32
    assert choose_dtype("bfloat16", CPU) is torch.bfloat16


def test_another_type_is_refused():
    with pytest.raises(ValueError, match="float16"):
        choose_dtype("float16", CPU)


def test_a_named_device_is_taken():
    assert choose_device("cpu") == CPU
    assert batch_tokens(CPU) == CPU_BATCH_TOKENS
