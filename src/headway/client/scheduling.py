"""The half of `Jobs` that stores, finds and changes schedules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack, overload

import msgspec

from headway.client.declaring import Declaring, Runnable, TimetableLike, parts_of
from headway.client.recurring import Recurring, check_count, who
from headway.client.schedule import Schedule, schedule_of
from headway.client.schedule_options import StoredScheduleOptions
from headway.model.clock import from_us
from headway.model.errors import ScheduleManaged
from headway.model.schedule import Definition, Managed
from headway.store.protocol import Operation
from headway.store.scheduling import Removed, ScheduleRow, SchedulerRow

if TYPE_CHECKING:
    from headway.client.ref import Ref


class Scheduling(Declaring):
    """Schedules of this app in the store, by name."""

    @overload
    def add_recurring(
        self,
        timetable: TimetableLike,
        call: Runnable,
        /,
        *,
        by: str | None = None,
        **options: Unpack[StoredScheduleOptions],
    ) -> Recurring: ...
    @overload
    def add_recurring(
        self,
        name: str,
        timetable: TimetableLike,
        call: Runnable,
        /,
        *,
        by: str | None = None,
        **options: Unpack[StoredScheduleOptions],
    ) -> Recurring: ...
    def add_recurring(self, *given: Any, by: str | None = None, **options: Any) -> Recurring:
        """Store a schedule now, for ones that are made at run time, such as one for each customer; the one of that name is changed.

        It is managed in the store: no code has to declare it, and no deployment changes it. One that was removed for
        good is made anew. ScheduleManaged where one of that name is declared by code.
        """
        made = self._stored_definition(given, options)
        return self._put(made, self.store.call(self.store.put_schedule(made, by=who(by))))

    @overload
    async def aadd_recurring(
        self,
        timetable: TimetableLike,
        call: Runnable,
        /,
        *,
        by: str | None = None,
        **options: Unpack[StoredScheduleOptions],
    ) -> Recurring: ...
    @overload
    async def aadd_recurring(
        self,
        name: str,
        timetable: TimetableLike,
        call: Runnable,
        /,
        *,
        by: str | None = None,
        **options: Unpack[StoredScheduleOptions],
    ) -> Recurring: ...
    async def aadd_recurring(self, *given: Any, by: str | None = None, **options: Any) -> Recurring:
        """The same, awaited."""
        made = self._stored_definition(given, options)
        return self._put(made, await self.store.acall(self.store.put_schedule(made, by=who(by))))

    def get_recurring(self, name: str) -> Recurring:
        """The schedule of this name: `.info()`, `.pause()`, `.trigger()`; ScheduleNotFound if the store has none in this app."""
        found = Recurring(self, name)
        return found.found(self.store.reader.call(self.store.reader.schedule(self.app, found.name)))

    async def aget_recurring(self, name: str) -> Recurring:
        """The schedule of this name: `.info()`, `.pause()`, `.trigger()`; ScheduleNotFound if the store has none in this app."""
        found = Recurring(self, name)
        return found.found(await self.store.reader.acall(self.store.reader.schedule(self.app, found.name)))

    def schedules(self, *, limit: int = 1000, after: str | None = None) -> tuple[Schedule, ...]:
        """The schedules of this app that are in the store, by name: give the last one's `name` as `after` to go on."""
        rows = self.store.reader.call(self._listed(limit, after))
        return tuple(map(schedule_of, rows))

    async def aschedules(self, *, limit: int = 1000, after: str | None = None) -> tuple[Schedule, ...]:
        """The schedules of this app that are in the store, by name: give the last one's `name` as `after` to go on."""
        rows = await self.store.reader.acall(self._listed(limit, after))
        return tuple(map(schedule_of, rows))

    def pause_recurring(self, name: str, by: str | None = None) -> bool:
        """Let a schedule not fire; see `Recurring.pause`."""
        return Recurring(self, name).pause(by)

    async def apause_recurring(self, name: str, by: str | None = None) -> bool:
        """Let a schedule not fire; see `Recurring.pause`."""
        return await Recurring(self, name).apause(by)

    def resume_recurring(self, name: str) -> bool:
        """Let a schedule fire again; see `Recurring.resume`."""
        return Recurring(self, name).resume()

    async def aresume_recurring(self, name: str) -> bool:
        """Let a schedule fire again; see `Recurring.resume`."""
        return await Recurring(self, name).aresume()

    def remove_recurring(self, name: str, *, for_good: bool = False, by: str | None = None) -> Removed:
        """Remove a schedule; see `Recurring.remove`."""
        return Recurring(self, name).remove(for_good=for_good, by=by)

    async def aremove_recurring(self, name: str, *, for_good: bool = False, by: str | None = None) -> Removed:
        """Remove a schedule; see `Recurring.remove`."""
        return await Recurring(self, name).aremove(for_good=for_good, by=by)

    def trigger(self, name: str, by: str | None = None, *, force: bool = False) -> Ref[Any]:
        """Run a schedule's job now; see `Recurring.trigger`."""
        return Recurring(self, name).trigger(by, force=force)

    async def atrigger(self, name: str, by: str | None = None, *, force: bool = False) -> Ref[Any]:
        """Run a schedule's job now; see `Recurring.trigger`."""
        return await Recurring(self, name).atrigger(by, force=force)

    def pause_scheduler(self, by: str | None = None) -> bool:
        """Let no schedule of this app fire until `resume_scheduler`. False if that was so already.

        What is due meanwhile was missed then, and is made up for as each schedule's `misfire` says.
        """
        return self.store.call(self.store.pause_scheduler(self.app, by=who(by)))

    async def apause_scheduler(self, by: str | None = None) -> bool:
        """The same, awaited."""
        return await self.store.acall(self.store.pause_scheduler(self.app, by=who(by)))

    def resume_scheduler(self) -> bool:
        """Let the schedules of this app fire again; whether they were paused."""
        return self.store.call(self.store.resume_scheduler(self.app))

    async def aresume_scheduler(self) -> bool:
        """Let the schedules of this app fire again; whether they were paused."""
        return await self.store.acall(self.store.resume_scheduler(self.app))

    def scheduler_paused(self) -> datetime | None:
        """Since when all schedules of this app are paused; None if they are not."""
        return _since(self.store.reader.call(self.store.reader.scheduler(self.app)))

    async def ascheduler_paused(self) -> datetime | None:
        """Since when all schedules of this app are paused; None if they are not."""
        return _since(await self.store.reader.acall(self.store.reader.scheduler(self.app)))

    # -- inside --------------------------------------------------------------------------------------------------

    def _stored_definition(self, given: tuple[Any, ...], options: Mapping[str, Any]) -> Definition:
        name, timetable, call = parts_of("add_recurring", given)
        made = self._definition(name, timetable, call, options, stored=True)
        if any(one.name == made.name and one.managed is Managed.CODE for one in self.registry.schedules):
            raise ScheduleManaged(
                f"the schedule {made.name!r} is managed by code, which declares it in this process: change it there, or "
                "give another name. Nothing was changed."
            )
        return msgspec.structs.replace(made, managed=Managed.DB)

    def _put(self, made: Definition, row: ScheduleRow) -> Recurring:
        self._warn(made)
        return Recurring(self, row.name)

    def _listed(self, limit: int, after: str | None) -> Operation[tuple[ScheduleRow, ...]]:
        place = None if after is None else (self.app, after)
        return self.store.reader.schedules(app=self.app, after=place, limit=check_count(limit))


def _since(row: SchedulerRow) -> datetime | None:
    return None if row.paused_us is None else from_us(row.paused_us)
