"""The worker's settings, with the checks between them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from headway.model.errors import ConfigInvalid

CONCURRENCY_DEFAULT: Final = 10
BEATS_PER_LEASE: Final = 3
QUEUE_LIMIT_MAX: Final = 10_000
ARCHIVE_AFTER_DEFAULT: Final = timedelta(hours=1)
BEAT_SHARE: Final = 6
"""A lease that is given alone is renewed so many times in its length."""
MARGIN_SHARE: Final = 5
"""And this part of it is the margin."""
AGES: Final = ("archive_after", "keep_completed", "keep_failed", "keep_logs", "keep_bodies")
LEASE_DEFAULT: Final = timedelta(seconds=30)
SWEEP_DEFAULT: Final = timedelta(seconds=3)
SWEEP_SHARE: Final = 0.6
"""And of a beat that is short, this part is the time between two sweeps."""
SILENCE_BEATS: Final = 2
"""After a longer silence between two sweeps the store takes no lease for a while; a sweeper must never seem silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker works. Durations are checked against each other when it is made."""

    queues: Mapping[str, int] | None = None
    """Queue to limit of bodies at once; None serves every queue of the app."""
    concurrency: int = CONCURRENCY_DEFAULT
    """Bodies at once in this worker, over all queues, child processes not counted."""
    children: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Child processes for jobs that run in a process of their own."""
    hosts: int = 0
    """Host processes; 0 runs everything but process jobs in this process."""
    lease: timedelta = LEASE_DEFAULT
    beat: timedelta = LEASE_DEFAULT / BEAT_SHARE
    margin: timedelta = LEASE_DEFAULT / MARGIN_SHARE
    """So long before the end of its lease a node that could not renew it stops its bodies."""
    sweep: timedelta = SWEEP_DEFAULT
    watch: timedelta = timedelta(milliseconds=100)
    """How often it looks whether another node's process is gone."""
    shutdown_timeout: timedelta = timedelta(seconds=30)
    """How long running jobs may go on after the stop was asked for."""
    shutdown_grace: timedelta = timedelta(seconds=2)
    """How long bodies may take to react after that; then they are cut off."""
    archive_after: timedelta | None = ARCHIVE_AFTER_DEFAULT
    """Ended jobs stay in the main file so long; None keeps them there."""
    keep_completed: timedelta | None = None
    """Summaries and bodies of completed jobs are deleted after this; None keeps them."""
    keep_failed: timedelta | None = None
    """The same for failed and cancelled ones."""
    keep_logs: timedelta | None = None
    """The logs of archived jobs are removed so long after their end; None keeps them as long as the rest."""
    keep_bodies: timedelta | None = None
    """Arguments, results, attempts and logs of archived jobs are removed so long after their end; the summaries stay."""
    exit_when_idle: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work, with what can."""
        for name in ("lease", "beat", "sweep", "watch"):
            if getattr(self, name) <= timedelta(0):
                msg = f"{name} cannot be {getattr(self, name)}: give a time above zero"
                raise ConfigInvalid(msg)
        if self.beat * BEATS_PER_LEASE >= self.lease:
            msg = f"beat ({self.beat}) must be less than a third of lease ({self.lease})"
            raise ConfigInvalid(msg)
        if not timedelta(0) < self.margin < self.lease - self.beat:
            msg = f"margin ({self.margin}) must be above zero and less than lease minus beat"
            raise ConfigInvalid(msg)
        if self.sweep >= self.beat * SILENCE_BEATS:
            msg = (
                f"sweep ({self.sweep}) must be less than two beats ({self.beat} each), or lapsed leases are never taken"
            )
            raise ConfigInvalid(msg)
        for name in ("concurrency", "children"):
            if not 1 <= getattr(self, name) <= QUEUE_LIMIT_MAX:
                msg = f"{name} cannot be {getattr(self, name)}: give 1 to {QUEUE_LIMIT_MAX}"
                raise ConfigInvalid(msg)
        for queue, limit in (self.queues or {}).items():
            if not 1 <= limit <= QUEUE_LIMIT_MAX:
                msg = f"queue {queue!r} cannot have the limit {limit}: give 1 to {QUEUE_LIMIT_MAX}"
                raise ConfigInvalid(msg)
        self._check_ages()

    def _check_ages(self) -> None:
        """An age that could never take effect is a mistake."""
        for name in AGES:
            age = getattr(self, name)
            if age is not None and age < timedelta(0):
                msg = f"{name} cannot be {age}: give a time from zero, or None"
                raise ConfigInvalid(msg)
        for name in ("keep_logs", "keep_bodies"):
            age = getattr(self, name)
            if age is not None:
                self._check_part(name, age)
        if self.keep_logs is not None and self.keep_bodies is not None and self.keep_logs > self.keep_bodies:
            msg = f"keep_logs ({self.keep_logs}) is longer than keep_bodies ({self.keep_bodies}), with which a log goes"
            raise ConfigInvalid(msg)

    def _check_part(self, name: str, age: timedelta) -> None:
        if self.archive_after is None or age < self.archive_after:
            kept = "never" if self.archive_after is None else f"{self.archive_after}"
            msg = f"{name} ({age}) is taken from the archive, and jobs get there after archive_after ({kept}): give that a shorter time"
            raise ConfigInvalid(msg)
        whole = (self.keep_completed, self.keep_failed)
        if None not in whole and age > max(each for each in whole if each is not None):
            msg = f"{name} ({age}) is longer than keep_completed and keep_failed, with which the whole job goes"
            raise ConfigInvalid(msg)


def microseconds(duration: timedelta) -> int:
    """A duration as the store counts it."""
    return duration // timedelta(microseconds=1)
