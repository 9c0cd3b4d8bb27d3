"""Looking at schedules."""

from __future__ import annotations

from headway.store.operation import Operation
from headway.store.scheduling import MissedRange, ScheduleRow, SchedulerRow, Tick


class ScheduleReader:
    """The part of the reader that shows schedules."""

    def schedule(self, app: str, name: str) -> Operation[ScheduleRow | None]:
        """One schedule."""
        raise NotImplementedError

    def schedules(
        self, *, app: str | None = None, after: tuple[str, str] | None = None, limit: int = 1000
    ) -> Operation[tuple[ScheduleRow, ...]]:
        """Schedules by app and name."""
        raise NotImplementedError

    def ticks(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[Tick, ...]]:
        """Its latest instants."""
        raise NotImplementedError

    def missed(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[MissedRange, ...]]:
        """Its latest ranges that were passed over."""
        raise NotImplementedError

    def scheduler(self, app: str) -> Operation[SchedulerRow]:
        """Whether they fire."""
        raise NotImplementedError

    def next_instant(self, app: str) -> Operation[int | None]:
        """When the next one is due."""
        raise NotImplementedError
