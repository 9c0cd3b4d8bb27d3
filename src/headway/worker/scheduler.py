"""The scheduler: looks when the next schedule is due, waits for that moment by the wall clock, and has the store fire it.

Every worker of an app does so, and none of them leads: the store judges each instant once, whoever asks first. So a
look must cost next to nothing, and a write is asked for only when something is due.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from headway.model.clock import MICROSECOND, Clock
from headway.model.errors import HeadwayError, StoreError
from headway.model.schedule import Definition
from headway.store.protocol import Store
from headway.store.scheduling import Fired
from headway.worker.lookout import Lookout
from headway.worker.roster import Roster, few

log = logging.getLogger("headway.worker")

LOOK_PAUSE: Final = timedelta(seconds=1)
"""The longest pause between two looks: the clock may be set meanwhile, and another process may change a schedule."""
PAUSE_MIN: Final = timedelta(milliseconds=1)
FAILURE_PAUSE: Final = timedelta(milliseconds=250)
"""After the store failed; doubled each time up to the maximum."""
DOUBLINGS_MAX: Final = 10
FAILURE_PAUSE_MAX: Final = timedelta(seconds=2)
"""What is due when the store answers again must still be on time, so a failure is not waited out for long."""
REVIEW_PAUSE_S: Final = 30.0
"""So long between two reviews: what became of schedules without this worker's doing."""
STEP: Final = 100
"""So many schedules are fired in one transaction: others want to write too."""


class Scheduler:
    """A service: one tick is one look, and the firing of all that is due."""

    def __init__(
        self, store: Store, app: str, clock: Clock, roster: Roster, may_fire: Callable[[], bool], lookout: Lookout
    ) -> None:
        """`may_fire` answers whether this node is in order: alive by its own reckoning, and not about to stop."""
        self._store = store
        self._app = app
        self._clock = clock
        self._roster = roster
        self._may_fire = may_fire
        self._lookout = lookout
        self._changed = True
        """Schedules were declared or fired here since the latest look: what somebody saw before is not true any more."""
        self._lock = threading.Lock()
        self._failures = 0
        self._reviewed: float | None = None
        self.quiet = threading.Event()
        """Set while the latest look found nothing to fire and the store knows all that is declared."""

    def learn(self, definitions: Sequence[Definition]) -> bool:
        """These schedules are declared too; the store is told by the next tick. Whether it has to be."""
        with self._lock:
            self._roster.learn(definitions)
            self._changed = True
            said = self._roster.is_said
            if not said:
                self.quiet.clear()
        return not said

    def tick(self, now: float) -> timedelta:  # noqa: ARG002 - by the wall clock, which may be set, and not by this one
        """One look."""
        if not self._may_fire():
            return LOOK_PAUSE
        try:
            next_us = self._look()
        except (StoreError, OSError) as error:
            return self._failed(error)
        self._failures = 0
        with self._lock:
            if self._roster.is_said:
                self.quiet.set()
        return pause(next_us, self._clock.now_us())

    def _look(self) -> int | None:
        """Fire what is due; answers when the next one is."""
        self._declare()
        self._review()
        next_us = self._next_us()
        if next_us is not None and next_us <= self._clock.now_us():
            self.quiet.clear()
            next_us = self._fire()
            self._changed = True
        return next_us

    def _next_us(self) -> int | None:
        changed, self._changed = self._changed, False
        glance = self._lookout.now() if changed else self._lookout.lately()
        if glance is not None:
            return glance.next_instant_us
        return self._store.reader.call(self._store.reader.next_instant(self._app))

    def _failed(self, error: Exception) -> timedelta:
        """The store will answer again: a line now and then, and never a long pause."""
        self._failures += 1
        if self._failures.bit_count() == 1:
            log.warning("schedules cannot be fired now (failure %d in a row), trying again: %s", self._failures, error)
        return min(FAILURE_PAUSE * (1 << min(self._failures - 1, DOUBLINGS_MAX)), FAILURE_PAUSE_MAX)

    def _declare(self) -> None:
        """A definition that the store refuses keeps no other schedule from firing."""
        try:
            self._roster.say()
        except StoreError:
            raise
        except HeadwayError as error:
            self._roster.give_up()
            log.error("the schedules that were declared last could not be registered: %s", error)  # noqa: TRY400

    def _review(self) -> None:
        """Now and then: mend definitions that nobody's code has any more, and tell which schedules became orphans."""
        now = self._clock.monotonic()
        if self._reviewed is not None and now - self._reviewed < REVIEW_PAUSE_S:
            return
        found = self._store.reader.call(self._store.reader.review(self._app, self._roster.node_id))
        if found.outdated:
            log.warning(
                "what is stored of %s is no living worker's code any more: what this worker's code says counts again",
                few(found.outdated),
            )
            self._roster.forget()
            self._declare()
        self._roster.note_orphans(
            found.orphaned, silently=self._reviewed is None
        )  # those of old were told when they were new
        if found.readable:
            read = self._store.call(self._store.reread_schedules(self._app, found.readable))
            log.info("%d schedule(s) that another worker could not read go on: %s", len(read), few(read))
        self._reviewed = now

    def _fire(self) -> int | None:
        """Fire until nothing is due; answers when the next one is."""
        begun_us, done = self._clock.now_us(), list[Fired]()
        try:
            while self._may_fire() and (not done or done[-1].more):
                begun_us = self._clock.now_us()
                done.append(self._store.call(self._store.fire(self._app, limit=STEP)))
        finally:
            _tell(done)
        next_us = done[-1].next_us if done else None
        # What was due already and did not fire will not do so at once either: the store is held.
        return None if next_us is not None and next_us <= begun_us else next_us


def pause(next_us: int | None, now_us: int) -> timedelta:
    """How long until the next look."""
    if next_us is None:
        return LOOK_PAUSE
    return min(LOOK_PAUSE, max(PAUSE_MIN, (next_us - now_us) * MICROSECOND))


def _tell(done: Sequence[Fired]) -> None:
    """Say what people should know of."""
    for one in done:
        for name, why in one.faulty:
            log.warning("the schedule %s cannot be fired and is stopped: %s", name, why)
    missed, moved = sum(one.passed for one in done), sum(one.set_back for one in done)
    if missed:
        log.warning(
            "%d instant(s) of schedules were missed and do not run, because nothing looked in time "
            "(headway recurring show NAME tells which)",
            missed,
        )
    if moved:
        log.warning(
            "the clock was set back: the next instants of %d schedule(s) were looked for anew, and what ran "
            "already waits until the clock has passed it again",
            moved,
        )
