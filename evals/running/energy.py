"""Energy in joules, as codecarbon tells or estimates it; nothing is asked of the network.

Where the machine has no meter that may be read (RAPL, NVML), which is usual in virtual machines, it
is the processor's rated power times its load: an estimate, and shown as one.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from codecarbon import OfflineEmissionsTracker

_JOULES_PER_KWH = 3.6e6
# Turns energy into emissions, which are not reported.
_COUNTRY = "DEU"


class EnergyMeter:
    """Measures stretches of time, one after another.

    Attributes:
        joules: Of the last stretch; None before the first, and where measuring failed.
    """

    def __init__(self, country: str = _COUNTRY) -> None:
        """Look for the machine's meters, which takes some seconds.

        Args:
            country: ISO code of three letters, without which codecarbon would ask the network
                where it is.
        """
        self.joules: float | None = None
        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
        self._tracker = OfflineEmissionsTracker(
            country_iso_code=country,
            output_methods=[],
            log_level="critical",
            allow_multiple_runs=True,
            tracking_mode="process",
        )

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure what happens inside; a failure of the meter is no failure of that."""
        self.joules = None
        # Reads the machine's state through many paths, any of which may be closed to it.
        try:
            self._tracker.start_task()
        except Exception:  # noqa: BLE001
            yield
            return
        yield
        try:
            self.joules = float(self._tracker.stop_task().energy_consumed) * _JOULES_PER_KWH
        except Exception:  # noqa: BLE001
            self.joules = None
