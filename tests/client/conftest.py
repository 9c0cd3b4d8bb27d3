"""Fixtures: jobs with an empty store in a temporary directory, and a clock that moves only when told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway import Jobs
from tests.client.turns import ClockWaiter, Turns
from tests.conformance.owned_clock import OwnedClock


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The checkout's own pyproject.toml and the caller's variables are none of a test's business."""
    monkeypatch.chdir(tmp_path)
    for name in ("HEADWAY_URL", "HEADWAY_APP"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> OwnedClock:
    return OwnedClock()


@pytest.fixture
def waiter(clock: OwnedClock) -> ClockWaiter:
    return ClockWaiter(clock)


@pytest.fixture
def jobs(tmp_path: Path, clock: OwnedClock, waiter: ClockWaiter) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", clock=clock, waiter=waiter, durability="relaxed") as jobs:
        yield jobs


@pytest.fixture
def turns(jobs: Jobs, clock: OwnedClock) -> Turns:
    return Turns(jobs=jobs, clock=clock)
