"""`manual`: a real store, and jobs that run when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headway.testing.clock import FakeClock
from headway.testing.hearing import HeardStore
from headway.testing.stage import Stage
from headway.testing.switch import staged
from headway.testing.world import World

if TYPE_CHECKING:
    from headway.client.callbacks import Callbacks
    from headway.client.jobs import Jobs
    from headway.store.place import Place


class ManualStage(Stage):
    """Nothing runs by itself."""

    hint = "nothing runs by itself inside manual(...): call world.drain() first"

    def open_store(self, place: Place) -> HeardStore:
        """Make the store."""
        return HeardStore(place, self)

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """Call them as soon as the job has ended, which it may have already."""
        self.hearing.add(job_id, callbacks)
        self.hearing.look(self.store)


@contextmanager
def manual(jobs: Jobs, *, clock: FakeClock | None = None) -> Iterator[World]:
    """Give these jobs a real store of their own for the with-block; nothing runs before `world.drain()` or its like.

    The store is SQLite in a temporary directory, removed at the end with everything in it. Time is the clock's; without
    one it begins at the present moment and stands still. Everything runs in this process, also `run_in="process"`.
    """
    with staged(ManualStage(jobs, FakeClock.at_present() if clock is None else clock)) as stage:
        world = World(stage)
        world.performer.open()
        try:
            yield world
        finally:
            world.performer.close()
