"""A schedule: what is to run again and again, and how it stands."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

from headway.model.claim import NewJob
from headway.model.clock import MICROSECOND
from headway.model.daysoff import DaysOff
from headway.model.timetable import Timetable

GRACE_DEFAULT: Final = timedelta(seconds=10)
MISFIRES_DEFAULT: Final = 100
MISFIRES_MAX: Final = 1_000
DIGEST_BYTES: Final = 16


class Misfire(StrEnum):
    """What becomes of instants at which nothing looked: no worker ran, or all schedules were paused.

    Missed is what is later than the grace, and of several that have come all but the latest.
    """

    ONCE = "once"
    """Of all that have come the latest runs."""
    SKIP = "skip"
    """The latest runs if it is on time, and nothing else."""
    ALL = "all"
    """Each of them runs, within a number and an age."""


class Overlap(StrEnum):
    """What becomes of an instant at which an earlier run has not ended; one that waits for its retry has not."""

    SKIP = "skip"
    """It is recorded as a skipped job."""
    ALLOW = "allow"
    """It runs beside it."""
    QUEUE = "queue"
    """It runs when the earlier ones have ended."""
    CANCEL_RUNNING = "cancel_running"
    """The earlier ones are cancelled, and it runs when they have ended."""


class Managed(StrEnum):
    """Who says what a schedule is."""

    CODE = "code"
    """The application's code, at each start of a worker."""
    DB = "db"
    """The store: what was changed there stays; the code only creates it."""


class ScheduleState(StrEnum):
    """How a schedule stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"
    """Its end has come, or it has run as often as it may."""
    ORPHANED = "orphaned"
    """No worker's code has it any more."""
    FAULTY = "faulty"
    """It cannot be read or fired; its error says why."""
    REMOVED = "removed"
    """It was removed for good: code that has it does not bring it back."""


class Definition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a schedule is, checked and serialised: what code or an operator says of it."""

    name: str
    timetable: Timetable
    job: NewJob
    """What is enqueued each time; its ref_id is empty."""
    description: str = ""
    managed: Managed = Managed.CODE
    overlap: Overlap = Overlap.SKIP
    misfire: Misfire = Misfire.ONCE
    misfire_grace_us: int = GRACE_DEFAULT // MICROSECOND
    """The latest instant still counts as on time when it is so late."""
    misfire_limit: int = MISFIRES_DEFAULT
    """So many missed instants run at most."""
    misfire_age_us: int | None = None
    """Older missed instants do not run."""
    start_us: int | None = None
    """Not before this moment."""
    end_us: int | None = None
    """Not after this moment."""
    max_runs: int | None = None
    """So many runs were started, then it is over; skipped ones do not count."""
    jitter_us: int = 0
    """Each run is put off by a part of this, that follows from name and instant."""
    excluding: DaysOff | None = None
    run_at_start: bool = False
    """It is due at once when it is registered for the first time."""
    expires_after_us: int | None = None
    """A run that has not started so long after it was due is cancelled."""

    @property
    def app(self) -> str:
        """Whose it is."""
        return self.job.app

    @property
    def timing(self) -> bytes:
        """A digest of when it fires: another one means another next instant."""
        return _digest((self.timetable, self.start_us, self.end_us, self.excluding))

    @property
    def digest(self) -> bytes:
        """A digest of all of it."""
        return _digest(self)


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far a schedule has come."""

    next_us: int
    """The next instant."""
    judged_us: int
    """Everything up to this instant was fired or passed over; further than `next_us` where a clock was set back."""
    anchor_us: int
    """From when intervals are counted."""
    run_count: int = 0


_encode = msgspec.json.Encoder(order="deterministic").encode


def _digest(value: object) -> bytes:
    from hashlib import blake2b

    return blake2b(_encode(value), digest_size=DIGEST_BYTES).digest()
