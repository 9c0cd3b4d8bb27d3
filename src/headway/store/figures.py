"""Figures over time and what changed since: what dashboards and streams read, quickly also over millions of jobs.

What ended in a minute is summed up once, when the minute is over, by the upkeep of a worker (`Keeping.fold`); what is not
summed up yet is read off the jobs themselves, so the figures are those of the store at the moment of the question.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from headway.model.job import JobRow, State
from headway.store.operation import Operation


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What ended within one step of time."""

    from_us: int
    ended: dict[State, int]
    """completed, failed, cancelled, skipped: those that are not there are 0."""


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


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What was created in a calendar month (UTC) and has ended."""

    name: str
    """2026-11."""
    jobs: int
    ended: dict[State, int]


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
    """So many of the newest failed jobs were looked at."""
    all_of_them: bool


class FeedCursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a reader of changes has come."""

    created_id: int
    ended_us: int
    event_id: int

    def __str__(self) -> str:
        """As it is handed out, as the id of an event of a stream."""
        return f"{self.created_id}.{self.ended_us}.{self.event_id}"


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that were created, ended, or had something done to them since a cursor, each once and as it is now, by id."""

    rows: tuple[JobRow, ...]
    cursor: FeedCursor
    more: bool
    """There are more than the limit: ask again with this cursor."""
    too_old: bool = False
    """The cursor is of another store or time (the clock was set back behind it): begin anew with a whole look."""


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
        """What ended in each step of a span of time, every step of it, oldest first. Steps: a minute (of the last 6 hours),
        an hour, a day; at most 500 of them.
        """
        ...

    def handler_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """Each handler of which jobs ended in a span of time, busiest first; at most 200."""
        ...

    def queue_figures(self, *, app: str | None, from_us: int, until_us: int) -> Operation[tuple[HandlerFigures, ...]]:
        """The same for queues."""
        ...

    def months(self, *, app: str | None) -> Operation[tuple[Month, ...]]:
        """The months of which there are ended jobs, newest first."""
        ...

    def failures(self, *, app: str | None) -> Operation[Failures]:
        """The newest failed jobs (up to 10,000), grouped."""
        ...

    def feed_start(self, *, app: str | None) -> Operation[FeedCursor]:
        """A cursor for what changes from now on."""
        ...

    def changes(self, since: FeedCursor, *, app: str | None, limit: int = 500) -> Operation[Changes]:
        """What changed since: nothing that was created or that ended, and no act on a job, is left out."""
        ...

    def version(self) -> Operation[int]:
        """A number that is another one after each commit, of any process. Costs some microseconds: for who looks often."""
        ...
