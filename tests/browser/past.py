"""Makes up a past: a store in which jobs ran for weeks, on a clock that only the maker moves.

What is made up went through the same verbs as life: claims, outcomes, retries, batches, schedules, the archive.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from headway import Jobs
from headway.model.ids import uuid7
from headway.model.version import VERSION
from headway.store.protocol import NodeInfo
from headway.testing import FakeClock, World, manual
from headway.testing.desk import LEASE_US, Desk
from tests.browser.shop import Shop

HOSTS = ("worker-1", "worker-2")
ARCHIVE_STEPS_MAX = 1_000


class Staff(Desk):
    """A desk of two machines that take turns."""

    def claim(self):
        if self._node is not None:
            self._nodes = [*self._nodes[1:], self._nodes[0]]
            self._node = self._nodes[0]
        return super().claim()

    def leave(self) -> None:
        """Their processes ended."""
        for node in self._nodes:
            self._store.call(self._store.leave(node))

    def _enter(self) -> None:
        self._nodes = [self._entered(host) for host in HOSTS]
        self._node = self._nodes[0]

    def _entered(self, host: str) -> int:
        info = NodeInfo(
            uid=uuid7(self._clock.now_us(), os.urandom(10)),
            app=self._app,
            host=host,
            pid=4_200 + len(host) + HOSTS.index(host),
            names=self._judge.names.every,
            queues=None,
            concurrency=8,
            version=VERSION,
            limits=self._judge.limits,
        )
        return self._store.call(self._store.register(info, lease_us=LEASE_US))


class Past:
    """A shop whose clock stands until somebody moves it."""

    def __init__(self, world: World, shop: Shop) -> None:
        self.world = world
        self.jobs = world.jobs
        self.shop = shop
        self.staff = Staff(world.jobs, world.store, world.clock)
        world._desk = self.staff
        world.performer.stopping = self.staff.is_stopping

    def at(self, moment: datetime) -> None:
        """Let everything happen that is due by then; where work took longer, it is later already."""
        if moment > self.world.clock.now():
            self.world.drain(moment, schedules=True)

    def archive(self, older_than: timedelta) -> None:
        """Move what ended before into the archive of its month."""
        before_us = self.world.clock.now_us() - older_than // timedelta(microseconds=1)
        for _ in range(ARCHIVE_STEPS_MAX):
            if not self.world.store.call(self.world.store.archive(before_us=before_us)):
                return
        raise AssertionError("the archive does not come to an end")


@contextmanager
def past(start: datetime, folder: Path) -> Iterator[Past]:
    """A shop that opened at `start`; at the end of the block its store lies in the folder."""
    clock = FakeClock(start)
    jobs = Jobs("memory://")
    shop = Shop(jobs=jobs, spend=lambda seconds: clock.advance(timedelta(seconds=seconds)))
    with manual(jobs, clock=clock) as world:
        lived = Past(world, shop)
        yield lived
        lived.staff.leave()
        world.store.copy_to(str(folder))
