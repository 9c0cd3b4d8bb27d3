"""The handle of a schedule: by its name, in any process that opens the same store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from headway.client import checks
from headway.client.ref import Ref
from headway.client.schedule import Occurrence, Schedule, first_runs_of, history_of, next_runs_of, schedule_of
from headway.client.template import check_schedule_name
from headway.model.errors import OptionInvalid, ScheduleNotFound
from headway.store.protocol import Enqueued, Operation
from headway.store.scheduling import MissedRange, Removed, ScheduleRow, Tick

if TYPE_CHECKING:
    from headway.client.core import Core

SHOWN_MAX: Final = 1_000
"""So many instants are shown at once."""


class Recurring:
    """A schedule of one app. What is done to it here is kept in the store, over restarts and deployments.

    Every method has an `a` twin for coroutines. ScheduleNotFound is raised when the store does not have it: before the
    first worker has started that has its code, or after it was removed.
    """

    __slots__ = ("_core", "_name")

    def __init__(self, core: Core, name: str) -> None:
        self._core = core
        self._name = check_schedule_name(name)

    @property
    def name(self) -> str:
        """Its name, unique within its app."""
        return self._name

    @property
    def app(self) -> str:
        """The app that it belongs to."""
        return self._core.app

    def info(self) -> Schedule:
        """What it is, and how it stands now."""
        return schedule_of(self._there(self._core.store.reader.call(self._row())))

    async def ainfo(self) -> Schedule:
        """What it is, and how it stands now."""
        return schedule_of(self._there(await self._core.store.reader.acall(self._row())))

    def pause(self, by: str | None = None) -> bool:
        """Let it not fire until `resume`, whoever starts or is deployed meanwhile. False if it was paused already."""
        with self._known():
            return self._core.store.call(self._core.store.pause_schedule(self.app, self._name, by=who(by)))

    async def apause(self, by: str | None = None) -> bool:
        """Let it not fire until `resume`, whoever starts or is deployed meanwhile. False if it was paused already."""
        with self._known():
            return await self._core.store.acall(self._core.store.pause_schedule(self.app, self._name, by=who(by)))

    def resume(self) -> bool:
        """Let it fire again, from its next regular instant on; nothing is made up for. Whether it was paused, or faulty."""
        with self._known():
            return self._core.store.call(self._core.store.resume_schedule(self.app, self._name))

    async def aresume(self) -> bool:
        """Let it fire again, from its next regular instant on; nothing is made up for. Whether it was paused, or faulty."""
        with self._known():
            return await self._core.store.acall(self._core.store.resume_schedule(self.app, self._name))

    def remove(self, *, for_good: bool = False, by: str | None = None) -> Removed:
        """Remove it with its history; its jobs stay. Answers whether it is gone, or returns when a worker starts that has its code.

        With `for_good` it does not return: what code says of it is not taken, until it is stored anew with `add_recurring`.
        """
        return self._core.store.call(self._removal(by, for_good=for_good))

    async def aremove(self, *, for_good: bool = False, by: str | None = None) -> Removed:
        """The same, awaited."""
        return await self._core.store.acall(self._removal(by, for_good=for_good))

    def trigger(self, by: str | None = None, *, force: bool = False) -> Ref[Any]:
        """Run its job now, also when it is paused; its regular instants and its counts stay as they are.

        ScheduleBusy where its overlap is "skip" and a run has not ended, unless `force`.
        """
        with self._known():
            return self._ref(self._core.store.call(self._triggering(by, force=force)))

    async def atrigger(self, by: str | None = None, *, force: bool = False) -> Ref[Any]:
        """The same, awaited."""
        with self._known():
            return self._ref(await self._core.store.acall(self._triggering(by, force=force)))

    def next_runs(self, n: int = 5) -> list[datetime]:
        """When it fires next, by the clocks of its own zone; of a paused one when it would, were it resumed now.

        Empty for one that is over, or does not fire for another reason. One that code has declared and no worker has
        registered yet is taken as if it were registered now.
        """
        count = check_count(n)
        return self._next(self._core.store.reader.call(self._row()), count)

    async def anext_runs(self, n: int = 5) -> list[datetime]:
        """The same, awaited."""
        count = check_count(n)
        return self._next(await self._core.store.reader.acall(self._row()), count)

    def history(self, limit: int = 20) -> tuple[Occurrence, ...]:
        """What became of its latest instants, newest first: those that ran, were skipped, or were missed."""
        reader, most = self._core.store.reader, check_count(limit)
        row = self._there(reader.call(self._row()))
        return history_of(reader.call(self._ticks(row, most)), reader.call(self._missed(row, most)), most)

    async def ahistory(self, limit: int = 20) -> tuple[Occurrence, ...]:
        """The same, awaited."""
        reader, most = self._core.store.reader, check_count(limit)
        row = self._there(await reader.acall(self._row()))
        ticks = await reader.acall(self._ticks(row, most))
        return history_of(ticks, await reader.acall(self._missed(row, most)), most)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same schedule of the same app and store."""
        if not isinstance(other, Recurring):
            return NotImplemented
        return (self.app, self._name, self._core.place) == (other.app, other._name, other._core.place)

    def __hash__(self) -> int:
        return hash((self.app, self._name))

    def __repr__(self) -> str:
        return f"<Recurring {self._name}>"

    def found(self, row: ScheduleRow | None) -> Recurring:
        """Itself, if the store has it; else ScheduleNotFound."""
        self._there(row)
        return self

    # -- behind it -----------------------------------------------------------------------------------------------

    def _row(self) -> Operation[ScheduleRow | None]:
        return self._core.store.reader.schedule(self.app, self._name)

    def _ticks(self, row: ScheduleRow, limit: int) -> Operation[tuple[Tick, ...]]:
        return self._core.store.reader.ticks(row.id, limit=limit)

    def _missed(self, row: ScheduleRow, limit: int) -> Operation[tuple[MissedRange, ...]]:
        return self._core.store.reader.missed(row.id, limit=limit)

    def _removal(self, by: str | None, *, for_good: bool) -> Operation[Removed]:
        return self._core.store.remove_schedule(self.app, self._name, by=who(by), for_good=for_good)

    def _triggering(self, by: str | None, *, force: bool) -> Operation[Enqueued]:
        return self._core.store.trigger(self.app, self._name, by=who(by), force=force)

    def _ref(self, answer: Enqueued) -> Ref[Any]:
        return Ref(self._core, id=answer.id, ref_id=answer.ref_id, name=answer.name or "")

    def _next(self, row: ScheduleRow | None, count: int) -> list[datetime]:
        now_us = self._core.clock.now_us()
        if row is not None:
            return next_runs_of(row, now_us, count)
        declared = next((one for one in self._core.registry.schedules if one.name == self._name), None)
        if declared is None:
            raise ScheduleNotFound(self._why_none())
        return first_runs_of(declared, now_us, count)

    def _there(self, row: ScheduleRow | None) -> ScheduleRow:
        if row is None:
            raise ScheduleNotFound(self._why_none())
        return row

    @contextmanager
    def _known(self) -> Iterator[None]:
        """Where the store does not have it, say whether this process declares it."""
        try:
            yield
        except ScheduleNotFound:
            raise ScheduleNotFound(self._why_none()) from None

    def _why_none(self) -> str:
        declared = any(one.name == self._name for one in self._core.registry.schedules)
        hint = ": it is declared here, and stored when a worker starts that has it" if declared else ""
        return f"there is no schedule {self._name!r} of the app {self.app!r} in {self._core.place}{hint}"


def check_count(value: Any) -> int:
    """How many are wanted."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= SHOWN_MAX:
        raise OptionInvalid(f"give how many, from 1 to {SHOWN_MAX:,}, not {value!r}")
    return value


def who(by: str | None) -> str | None:
    """Who does something, checked."""
    return None if by is None else checks.name("by", by)
