"""What a worker does besides running jobs: beats, watching its peers, sweeping, tending, archiving, purging."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Final

from headway.model.clock import Clock
from headway.store.glance import Glance
from headway.store.protocol import Operation, Reaped, Retention, Store
from headway.worker.engine import Engine
from headway.worker.lookout import Lookout, Rounds
from headway.worker.node import Node
from headway.worker.settings import WorkerSettings, microseconds

log = logging.getLogger("headway.worker")

TEND_PAUSE: Final = timedelta(seconds=1)
TEND_STEP: Final = 1_000
ARCHIVE_PAUSE: Final = timedelta(seconds=10)
ARCHIVE_STEP: Final = 500
ARCHIVE_REST: Final = 3
"""After a step that was one of many the archiver rests so many times as long as it took, waiting included: on many machines all
of them archive, and on one machine nobody else writes meanwhile.
"""
SEAL_AFTER: Final = timedelta(days=1)
"""A month is sealed when it ended, and its archive last changed, so long ago: sealing reads all of it, and the last of a
month's jobs come late. Retries and long jobs of the month's last hours have ended by then."""
SEAL_PAUSE: Final = timedelta(minutes=10)
SEAL_STEP_PAUSE: Final = timedelta(milliseconds=50)
FOLD_PAUSE: Final = timedelta(seconds=2)
"""What ended since is read off the jobs whenever somebody looks at figures."""
FOLD_STEP_PAUSE: Final = timedelta(milliseconds=50)
PURGE_PAUSE: Final = timedelta(minutes=10)
PURGE_STEP: Final = 500
PRUNE_STEP: Final = 200
AT_ONCE: Final = timedelta(milliseconds=20)
"""The pause between steps while there is more to do."""
STUCK_S: Final = 5.0
"""Waiting for another process's write lock longer than this is told."""


def reap(store: Store, settings: WorkerSettings, dead: tuple[str, ...]) -> Operation[Reaped]:
    """The operation that buries dead nodes."""
    return store.reap(dead=dead, lease_us=microseconds(settings.lease), beat_us=microseconds(settings.beat))


def tell(reaped: Reaped) -> None:
    """Say what a reaping did, if it did anything."""
    if reaped.nodes:
        log.warning("%d dead node(s) cleared away, %d job(s) given back", len(reaped.nodes), reaped.jobs)


def process_state(pid: int | None) -> str:
    """A word on a process that holds everybody up, where the system tells."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return ""
    return " (stopped)" if state in {"T", "t"} else ""


class Heart:
    """Beats, and fences this node off when a beat could not be made in time."""

    def __init__(self, store: Store, node: Node, engine: Engine, settings: WorkerSettings) -> None:
        """Beat for that node."""
        self._store = store
        self._node = node
        self._engine = engine
        self._pause = settings.beat
        self._next = 0.0

    def tick(self, now: float) -> timedelta:
        """Look at the deadline before anything else; then beat when it is time."""
        if self._node.is_past_deadline():
            self._engine.lose()
        damage = self._store.damage()
        if damage is not None:
            self._engine.fitness.spoil(damage)
        elif now >= self._next:
            self._node.beat(self._engine.heard, self._engine.fitness.spoil)
            self._next = now + self._pause.total_seconds()
        return min(self._pause, timedelta(milliseconds=500))


class Watch:
    """Looks whether other nodes' processes are gone, and gives their jobs back at once."""

    def __init__(self, store: Store, settings: WorkerSettings) -> None:
        """Watch that store's nodes."""
        self._store = store
        self._settings = settings
        self._asked: frozenset[str] = frozenset()
        self._told_of_stuck = ""

    def tick(self, now: float) -> timedelta:
        """Never waits for the store: this thread also looks at the lease."""
        gone = frozenset(self._store.gone())
        if gone - self._asked:
            self._asked = gone
            self._store.submit(reap(self._store, self._settings, tuple(gone)), self._buried)
        self._tell_stuck(now)
        return self._settings.watch

    def _buried(self, reaped: Reaped | None, error: BaseException | None) -> None:
        if error is not None or reaped is None:
            self._asked = frozenset()
            log.warning("dead nodes could not be cleared away: %s", error)
            return
        for uid in self._asked:
            self._store.forget(uid)
        self._asked = frozenset()
        tell(reaped)

    def _tell_stuck(self, now: float) -> None:
        """Once for each holder and state of it: what was true when the waiting began may not be any more."""
        stuck = self._store.stuck_since()
        if stuck is None or now - stuck[0] < STUCK_S:
            self._told_of_stuck = ""
            return
        holder = f"process {stuck[1]}{process_state(stuck[1])}"
        if holder != self._told_of_stuck:
            self._told_of_stuck = holder
            log.error("the store's write lock is held by %s; every writer waits for it", holder)


class Sweep:
    """Takes jobs from nodes whose lease lapsed without their process being seen to die."""

    def __init__(self, store: Store, settings: WorkerSettings, lookout: Lookout) -> None:
        """Sweep that store."""
        self._store = store
        self._settings = settings
        self._lookout = lookout
        self._rounds = Rounds()

    def tick(self, now: float) -> timedelta:
        """One sweep, if a lease may be over."""
        glance = self._lookout.lately()
        if self._rounds.is_due(now, seen=glance is None or glance.lapsed):
            tell(self._store.call(reap(self._store, self._settings, ())))
        return self._settings.sweep


class Janitor:
    """Expiries, due moments, remembered families, parked jobs; then what is old enough for the archive or the end."""

    def __init__(self, store: Store, clock: Clock, lookout: Lookout) -> None:
        """Tend that store."""
        self._store = store
        self._clock = clock
        self._lookout = lookout
        self._rounds = Rounds()

    def tick(self, now: float) -> timedelta:
        """One step."""
        self._store.reserve()
        glance = self._lookout.lately()
        if not self._rounds.is_due(now, seen=glance is None or self._is_due(glance)):
            return TEND_PAUSE
        changed = self._store.call(self._store.tend(limit=TEND_STEP))
        self._rounds.note(changed=changed > 0)
        return AT_ONCE if changed >= TEND_STEP else TEND_PAUSE

    def _is_due(self, glance: Glance) -> bool:
        """Whether a step would find something: also what has become ready, for a worker without a free place claims nothing."""
        due_us = glance.next_due_us
        return glance.upkeep or (due_us is not None and due_us <= self._clock.now_us())


class Archiver:
    """Moves ended jobs to their month's archive once they are old enough, and seals the months that are over."""

    def __init__(self, store: Store, clock: Clock, settings: WorkerSettings, lookout: Lookout) -> None:
        """Archive that store's jobs."""
        self._store = store
        self._lookout = lookout
        self._clock = clock
        self._after = settings.archive_after
        self._next_move = 0.0
        self._next_seal = 0.0

    def tick(self, now: float) -> timedelta:
        """One step of each that is due."""
        if self._after is not None and now >= self._next_move:
            self._next_move = now + self._move(self._after).total_seconds()
        if now >= self._next_seal:
            self._next_seal = now + self._seal().total_seconds()
        due = self._next_seal if self._after is None else min(self._next_move, self._next_seal)
        return timedelta(seconds=max(0.0, due - now))

    def _move(self, after: timedelta) -> timedelta:
        before_us = self._clock.now_us() - microseconds(after)
        glance = self._lookout.lately()
        if glance is not None and (glance.oldest_ended_us is None or glance.oldest_ended_us >= before_us):
            return ARCHIVE_PAUSE
        begun = self._clock.monotonic()
        moved = self._store.call(self._store.archive(before_us=before_us, limit=ARCHIVE_STEP))
        taken = timedelta(seconds=self._clock.monotonic() - begun)
        return max(AT_ONCE, taken * ARCHIVE_REST) if moved >= ARCHIVE_STEP else ARCHIVE_PAUSE

    def _seal(self) -> timedelta:
        """A step reads for milliseconds and then leaves the interpreter to the jobs for five times as long."""
        goes_on = self._store.seal(before_us=self._clock.now_us() - microseconds(SEAL_AFTER))
        return SEAL_STEP_PAUSE if goes_on else SEAL_PAUSE


class Figures:
    """Sums up what ended, for whoever looks at figures over time."""

    def __init__(self, store: Store, lookout: Lookout) -> None:
        """Sum up that store's jobs."""
        self._store = store
        self._lookout = lookout
        self._rounds = Rounds()

    def tick(self, now: float) -> timedelta:
        """One step; another one soon while there is more, with the interpreter left to the jobs in between."""
        glance = self._lookout.lately()
        if not self._rounds.is_due(now, seen=glance is None or glance.figures):
            return FOLD_PAUSE
        goes_on = self._store.fold()
        self._rounds.note(changed=goes_on)
        return FOLD_STEP_PAUSE if goes_on else FOLD_PAUSE


class Purger:
    """Deletes what the retention settings no longer keep, and writes down for the store's readers what they are."""

    def __init__(self, store: Store, clock: Clock, settings: WorkerSettings) -> None:
        """Purge that store."""
        self._store = store
        self._clock = clock
        self._ages = Retention(
            archive_us=_microseconds(settings.archive_after),
            completed_us=_microseconds(settings.keep_completed),
            failed_us=_microseconds(settings.keep_failed),
            logs_us=_microseconds(settings.keep_logs),
            bodies_us=_microseconds(settings.keep_bodies),
        )
        self._more = False

    def tick(self, now: float) -> timedelta:  # noqa: ARG002 - the service's signature
        """One step: whole jobs, then what is heavy in those that stay."""
        if not self._more:
            self._store.call(self._store.keep(self._ages))
        deleted, pruned = self._purge(), self._prune()
        self._more = deleted >= PURGE_STEP or pruned >= PRUNE_STEP
        return AT_ONCE if self._more else PURGE_PAUSE

    def _purge(self) -> int:
        completed, failed = self._before(self._ages.completed_us), self._before(self._ages.failed_us)
        if completed is None and failed is None:
            return 0
        operation = self._store.purge(completed_before_us=completed, failed_before_us=failed, limit=PURGE_STEP)
        return self._store.call(operation)

    def _prune(self) -> int:
        logs, bodies = self._before(self._ages.logs_us), self._before(self._ages.bodies_us)
        if logs is None and bodies is None:
            return 0
        pruned = self._store.call(self._store.prune(logs_before_us=logs, bodies_before_us=bodies, limit=PRUNE_STEP))
        return pruned.logs + pruned.bodies

    def _before(self, age_us: int | None) -> int | None:
        return None if age_us is None else self._clock.now_us() - age_us


def _microseconds(age: timedelta | None) -> int | None:
    return None if age is None else microseconds(age)
