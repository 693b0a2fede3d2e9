"""Where and in which number type an embedder computes."""

from pathlib import Path

import torch

_CPUINFO = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}

CPU_BATCH_TOKENS = 2048
"""Measured on 600-character texts on 2 cores: 1,024 to 4,096 are within 10%, 8,192 is 20% slower
because a batch no longer fits the caches."""
GPU_BATCH_TOKENS = 65_536


def choose_device(device: str) -> torch.device:
    """The device named; for "auto" a GPU where there is one."""
    if device != "auto":
        return torch.device(device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_dtype(dtype: str, device: torch.device) -> torch.dtype:
    """The type named; for "auto" bfloat16 where the hardware multiplies it, else float32.

    On a CPU without such instructions bfloat16 is emulated, and slower than float32.
    """
    if dtype == "auto":
        fast = device.type == "cuda" or has_fast_bfloat16()
        return torch.bfloat16 if fast else torch.float32
    if dtype not in ("float32", "bfloat16"):
        raise ValueError(f"dtype is float32, bfloat16 or auto, not {dtype!r}")
    return torch.bfloat16 if dtype == "bfloat16" else torch.float32


def has_fast_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether this CPU multiplies bfloat16 in hardware, as far as Linux tells."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


def batch_tokens(device: torch.device) -> int:
    """How many tokens, padding included, to compute at once."""
    return CPU_BATCH_TOKENS if device.type == "cpu" else GPU_BATCH_TOKENS
