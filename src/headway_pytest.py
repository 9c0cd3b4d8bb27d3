"""The pytest plug-in of headway: a clock, a clean store, and the three modes of `headway.testing` as fixtures.

A module of its own, outside the package: every start of pytest imports it, and it imports headway only when a test asks
for a fixture.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway import Jobs
    from headway.store.protocol import Store
    from headway.testing import FakeClock, Sent, World


class MakesWorld(Protocol):
    """What `headway_manual` and `headway_inline` give."""

    def __call__(self, jobs: Jobs) -> World:
        """Open the mode for these jobs until the test ends."""
        ...


class MakesSent(Protocol):
    """What `headway_recording` gives."""

    def __call__(self, jobs: Jobs) -> Sent:
        """Record these jobs until the test ends."""
        ...


@pytest.fixture
def headway_clock() -> FakeClock:
    """The clock of this test: it begins at a fixed moment and moves only when the test moves it."""
    from headway.testing import FakeClock

    return FakeClock()


@pytest.fixture
def headway_place(tmp_path: Path) -> str:
    """A place for a store that no other test knows: `Jobs(headway_place)`."""
    return str(tmp_path / "headway")


@pytest.fixture
def headway_store(headway_place: str, headway_clock: FakeClock) -> Iterator[Store]:
    """A clean store at `headway_place`, with the test's clock."""
    from headway.store.open import open_store

    store = open_store(headway_place, clock=headway_clock, durability="relaxed")
    yield store
    store.close()


@pytest.fixture
def headway_manual(headway_clock: FakeClock) -> Iterator[MakesWorld]:
    """Jobs run when the test says so; called with the jobs it gives their World."""
    from headway.testing import manual

    with ExitStack() as stack:
        yield lambda jobs: stack.enter_context(manual(jobs, clock=headway_clock))


@pytest.fixture
def headway_inline(headway_clock: FakeClock) -> Iterator[MakesWorld]:
    """Jobs run when they are enqueued; called with the jobs."""
    from headway.testing import inline

    with ExitStack() as stack:
        yield lambda jobs: stack.enter_context(inline(jobs, clock=headway_clock))


@pytest.fixture
def headway_recording(headway_clock: FakeClock) -> Iterator[MakesSent]:
    """Nothing runs, every enqueue is recorded; called with the jobs it gives what was Sent."""
    from headway.testing import recording

    with ExitStack() as stack:
        yield lambda jobs: stack.enter_context(recording(jobs, clock=headway_clock))
