"""Figures over time and what changed since: what dashboards and streams read, quickly also over millions of jobs.

What ended in a minute is summed up once, when the minute is over, by the upkeep of a worker (`Keeping.fold`); what is not
summed up yet is read off the jobs themselves, so the figures are those of the store at the moment of the question.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from headway.model.job import JobRow, State
from headway.store.operation import Operation

DIGITS_MAX: Final = 19
"""Of a number in a cursor, with its sign: such a number is less than 2**63."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What ended within one step of time."""

    from_us: int
    ended: dict[State, int]
    """completed, failed, cancelled, skipped: those that are not there are 0."""
    exact: bool = True
    """False: it is not known any more (minutes are kept for 6 hours, hours for two months, days for 400 days), or not yet:
    there was no time to read all of it off the jobs, and no worker has summed it up."""


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, in microseconds; to within 10 percent (logarithmic buckets)."""

    p50: int
    p95: int
    p99: int
    longest: int


class HandlerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A handler (or a queue) within a span of time."""

    name: str
    ended: dict[State, int]
    run: Quantiles | None
    """How long the latest attempts of those that completed ran; None when none did."""
    wait: Quantiles | None
    """How long after its due moment the latest attempt of those that completed or failed began."""
    exact: bool = True
    """False: not all of the span could be read in time; it is summed up by the next worker."""


class HandlerEnds(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs of a handler ended within a span of time, without how long they took: quicker than its figures."""

    name: str
    ended: dict[State, int]


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What was created in a calendar month (UTC) and has ended."""

    name: str
    """2026-11."""
    jobs: int
    ended: dict[State, int]
    exact: bool = True
    """False: not all of it could be counted in time."""


class FailureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Failed jobs of one handler that failed with the same code, among the newest failed jobs."""

    name: str
    code: str | None
    jobs: int
    newest_id: int
    newest_us: int
    newest_reason: str | None


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of failures, the largest first."""

    groups: tuple[FailureGroup, ...]
    looked_at: int
    """So many of the newest failed jobs, of whatever app, were looked at."""
    all_of_them: bool
    """False: there may be older ones."""


class FeedCursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a reader of changes has come."""

    created_id: int
    ended_us: int
    ended_id: int
    """The latest end that was told, and the job that ended so."""
    ended_mark: int
    """Which jobs ended in the half second before that: a clock that stands still, or goes back a little, brings more there."""
    event_id: int
    since_us: int
    """When the machine was started, by its wall clock as it was: another moment when one of the clocks was set."""

    def __str__(self) -> str:
        """As it is handed out, as the id of an event of a stream."""
        return ".".join(str(getattr(self, name)) for name in self.__struct_fields__)

    @classmethod
    def read(cls, text: str) -> FeedCursor | None:
        """A cursor that was handed out; None for anything else."""
        names, parts = cls.__struct_fields__, text.split(".")
        if len(parts) != len(names) or any(
            not part.removeprefix("-").isdecimal() or len(part) > DIGITS_MAX for part in parts
        ):
            return None
        return cls(**dict(zip(names, map(int, parts), strict=True)))


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that were created, ended, or had something done to them since a cursor, each once and as it is now, by id."""

    rows: tuple[JobRow, ...]
    cursor: FeedCursor
    more: bool
    """There are more than the limit: ask again with this cursor."""
    too_old: bool = False
    """The cursor is of another store, or of a time that the clock shows again: begin anew with `feed_start`, then a whole look."""


class FigureReads(Protocol):
    """Figures of the whole store or an app."""

    def ended_over_time(
        self,
        *,
        app: str | None,
        from_us: int,
        until_us: int,
        step_us: int,
        queue: str | None = None,
        name: str | None = None,
    ) -> Operation[tuple[Span, ...]]:
        """What ended in each step of a span of time, every step of it, oldest first; a job counts where it ended.

        Steps: a minute (of the last 6 hours), an hour (of the last two months), a day (UTC); at most 500 of them, else
        OptionInvalid. What was summed up stays when its job goes again or is deleted.
        """
        ...

    def handler_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """Each handler of which jobs ended in a span of time, busiest first; at most 200.

        The span is widened to whole minutes; where it begins or ends more than 6 hours ago, to whole hours there, and
        beyond two months to whole days.
        """
        ...

    def handler_ends(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerEnds, ...]]:
        """How many jobs of each handler ended in a span of time, widened as above, busiest first; all of them."""
        ...

    def queue_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """The same for queues."""
        ...

    def months(self, *, app: str | None) -> Operation[tuple[Month, ...]]:
        """The months of which there are ended jobs, newest first."""
        ...

    def failures(self, *, app: str | None) -> Operation[Failures]:
        """The newest failed jobs (up to 5,000), grouped."""
        ...

    def feed_start(self, *, app: str | None) -> Operation[FeedCursor]:
        """A cursor for what changes from now on."""
        ...

    def changes(self, since: FeedCursor, *, app: str | None, limit: int = 500) -> Operation[Changes]:
        """What changed since: nothing that was created or that ended, and no act on a job, is left out. At most `limit` jobs.

        Jobs that were deleted since are not in it. A job may come again though nothing new happened to it; rarely.
        """
        ...

    def version(self) -> Operation[int]:
        """A number that is another one after each commit, of any process; for who looks often, and with this reader only."""
        ...
