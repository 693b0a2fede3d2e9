"""How many threads a model should run on this machine."""

import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(topology: Path = _TOPOLOGY, quota: Path = _QUOTA) -> int:
    """The physical cores this process may use, at least 1.

    A second thread on one core slows matrix products down, and so does a thread more than a
    container's quota pays for; `os.cpu_count` knows neither.
    """
    allowed = _allowed_cpus()
    siblings = {_siblings(topology, cpu) for cpu in allowed}
    return max(1, min(len(siblings), _quota_cores(quota) or len(siblings)))


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _siblings(topology: Path, cpu: int) -> str:
    """The hardware threads of a CPU's core, as the kernel lists them; alone where unknown."""
    path = topology / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return str(cpu)


def _quota_cores(quota: Path) -> int | None:
    """Whole cores of a control group's CPU quota, or None without one."""
    try:
        limit, period = quota.read_text(encoding="ascii").split()
        return max(1, int(limit) // int(period))
    except (OSError, ValueError):  # no cgroup v2, or "max": no quota
        return None
