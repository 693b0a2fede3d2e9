"""Observing is measured; a meter that fails is no failure of the run."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from evals.running.energy import EnergyMeter
from evals.running.measuring import Observing
from evals.types import Taught
from tests.evals.running.fakes import load


class Hungry:
    """Holds much memory for a moment."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes

    def observe(self, period) -> Taught:
        np.ones(self._megabytes << 17).sum()  # of 8 bytes each
        return Taught(flops=3.0, tokens=2, state_bytes=1)


def test_the_peak_of_memory_is_measured():
    observing = Observing(has_energy_meter=False)
    period = load().periods[0]
    hungry = observing.observe(Hungry(200), period, 1)
    assert hungry.peak_rss_bytes >= 200 << 20
    assert (hungry.period, hungry.flops, hungry.tokens, hungry.state_bytes) == (1, 3.0, 2, 1)
    assert hungry.energy_j is None


class Sharing:
    """Uses what another learner took an hour to make."""

    def observe(self, period) -> Taught:
        return Taught(seconds=3_600.0)


def test_what_is_shared_is_counted_with_whoever_uses_it():
    observed = Observing(has_energy_meter=False).observe(Sharing(), load().periods[0], 1)
    assert observed.seconds == 3_600.0


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was asked of the network."""
    found: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        found.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return found


@pytest.mark.slow
def test_energy_is_estimated_without_asking_the_network(attempts: list[object]):
    meter = EnergyMeter()
    assert meter.joules is None
    with meter.measuring():
        sum(range(3_000_000))
    assert meter.joules is not None
    assert meter.joules > 0
    assert attempts == []


def test_a_meter_that_fails_measures_nothing(monkeypatch: pytest.MonkeyPatch):
    meter = EnergyMeter()
    meter.joules = 5.0
    meter._tracker = None  # as after the machine's counters went away
    with meter.measuring():
        done = True
    assert done
    assert meter.joules is None
