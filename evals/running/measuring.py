"""What observing a period takes: seconds, peak memory, joules."""

import importlib
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from evals.ports import Learner
from evals.runs import Observed
from evals.types import Period

if TYPE_CHECKING:
    from evals.running.energy import EnergyMeter

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_KIB = 1024


class Observing:
    """Lets learners observe, and measures it.

    What learners share, as the store is, is made by the first that needs it; all are counted with
    the seconds and joules of making it, but the peak of memory is the first's alone. The models,
    loaded once, are the first's too.
    """

    def __init__(self, *, has_energy_meter: bool) -> None:
        self._energy = _energy_meter() if has_energy_meter else None

    def observe(self, learner: Learner, period: Period, number: int) -> Observed:
        """Let a learner observe the period of a number, from 1."""
        _reset_peak()
        started = time.perf_counter()
        with nullcontext() if self._energy is None else self._energy.measuring():
            taught = learner.observe(period)
        measured = time.perf_counter() - started
        seconds = max(measured, taught.seconds)
        joules = None if self._energy is None else self._energy.joules
        return Observed(
            period=number,
            flops=taught.flops,
            tokens=taught.tokens,
            state_bytes=taught.state_bytes,
            seconds=seconds,
            peak_rss_bytes=peak_rss_bytes(),
            # At the power of what was measured.
            energy_j=None if joules is None else joules * seconds / measured,
        )


def peak_rss_bytes() -> int:
    """Most memory this process held at once, in bytes: on Linux since observing began.

    Elsewhere since the process began; 0 where the system does not tell.
    """
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB
    except OSError:
        pass
    if sys.platform == "win32":
        return 0
    peak: int = importlib.import_module("resource").getrusage(0).ru_maxrss
    return peak if sys.platform == "darwin" else peak * _KIB


def _reset_peak() -> None:
    # Closed in some containers: the peak is then that of the process so far.
    try:
        _RESET.write_text(_RESET_PEAK)
    except OSError:
        return


def _energy_meter() -> "EnergyMeter | None":
    """A meter, or None where codecarbon is not installed or finds nothing that it understands."""
    try:
        meter: EnergyMeter = importlib.import_module("evals.running.energy").EnergyMeter()
    except Exception:  # noqa: BLE001 - it looks at hardware, drivers and files of any kind
        return None
    return meter
