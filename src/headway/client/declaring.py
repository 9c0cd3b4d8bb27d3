"""The half of `Jobs` that declares schedules in code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Never, TypeAlias, Unpack, overload

from headway.client.batching import Batching
from headway.client.call import Call
from headway.client.encode import new_job
from headway.client.job import Job
from headway.client.recurring import Recurring, check_count
from headway.client.repeating import Repeats, bare_call
from headway.client.schedule import first_runs_of
from headway.client.schedule_options import ScheduleOptions
from headway.client.template import definition_of, refuse_what_ends
from headway.model import timetable as tables
from headway.model.claim import NewJob
from headway.model.errors import ArgumentsInvalid, OptionInvalid
from headway.model.schedule import Definition
from headway.model.schedule_advice import LOG, news_of
from headway.model.timetable import CronTable, Timetable, timetable_of
from headway.model.zone import ZoneLike, refuse_other_words

TimetableLike: TypeAlias = Timetable | str | timedelta
"""`cron(...)`, `every(...)`, `Every.day`, a cron expression in UTC, or an interval."""
Runnable: TypeAlias = Call[Any] | Job[..., Any] | Callable[..., Any]
"""What is run: a call, or a job (or the function of one) that needs no arguments."""
NAMED: Final = 3
"""How many arguments say what is to be scheduled, where the first is a name."""

log = logging.getLogger(LOG)


class Declaring(Batching):
    """Schedules that code has: kept in the registry, until a worker registers them in the store at its start."""

    @overload
    def recurring(
        self, timetable: TimetableLike, call: Runnable, /, **options: Unpack[ScheduleOptions]
    ) -> Recurring: ...
    @overload
    def recurring(
        self, name: str, timetable: TimetableLike, call: Runnable, /, **options: Unpack[ScheduleOptions]
    ) -> Recurring: ...
    def recurring(self, *given: Any, **options: Any) -> Recurring:
        """Declare that a call runs again and again: `jobs.recurring("cleanup", cron("0 2 * * *"), cleanup.call(keep_days=30))`.

        Nothing is opened or stored: each worker of this app registers it at its start, or at once where one runs in this
        process. Without a name it has its handler's. What changed since the last start is changed, with its history
        kept, and nothing fires because of that. ScheduleExists for a second one of a name that is not the same.
        """
        name, timetable, call = parts_of("recurring", given)
        return self._declared(self._definition(name, timetable, call, options))

    def cron(
        self,
        expression: str | CronTable,
        *,
        zone: ZoneLike = "UTC",
        name: str | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> Repeats:
        """Run the decorated job at these instants: `@jobs.cron("0 2 * * *", zone="Europe/Berlin")` above `@jobs.job`.

        A plain function is made a job first. What needs arguments is refused: give those with `recurring`.
        """
        if isinstance(expression, CronTable):
            if zone != "UTC":
                raise OptionInvalid(f"give the zone once: {expression!r} has one already")
            return self._repeats(name, expression, options)
        return self._repeats(name, tables.cron(expression, zone=zone), options)

    def every(
        self,
        interval: timedelta | None = None,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        weeks: float = 0,
        zone: ZoneLike = "UTC",
        name: str | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> Repeats:
        """Run the decorated job once in each interval, without drift: `@jobs.every(minutes=5)` above `@jobs.job`; else as `cron`."""
        table = tables.every(interval, seconds=seconds, minutes=minutes, hours=hours, days=days, weeks=weeks, zone=zone)
        return self._repeats(name, table, options)

    def next_runs(
        self, timetable: TimetableLike, *, zone: ZoneLike | None = None, n: int = 5, **unknown: Never
    ) -> list[datetime]:
        """The next instants of a timetable, by the clocks of its zone: `jobs.next_runs("0 2 * * *", zone="Europe/Berlin")`.

        Those of an interval are counted from now.
        """
        refuse_other_words("next_runs", unknown, ("zone", "n"))
        if zone is not None:
            if not isinstance(timetable, str):
                raise OptionInvalid(f"zone= goes with a cron expression; {timetable!r} has its own")
            timetable = tables.cron(timetable, zone=zone)
        made = Definition(name="", timetable=timetable_of(timetable), job=NewJob(ref_id="", name="", payload="{}"))
        return first_runs_of(made, self.clock.now_us(), check_count(n))

    # -- inside --------------------------------------------------------------------------------------------------

    def _repeats(self, name: str | None, table: Timetable, options: Mapping[str, Any]) -> Repeats:
        def decorate(target: Any) -> Any:
            job: Job[..., Any] = target if isinstance(target, Job) else self._register(target, {}, takes_context=False)
            self._declared(self._made(name, table, bare_call(job), options))
            return job

        return decorate

    def _declared(self, made: Definition) -> Recurring:
        self.registry.add_schedule(made)
        self._warn(made)
        return Recurring(self, made.name)

    def _warn(self, made: Definition) -> None:
        """Say what its author may not have meant: in each process once."""
        for advice in news_of(made, self.clock.now_us(), self._warned):
            log.warning("%s", advice)

    def _definition(
        self, name: str | None, timetable: Any, given: Any, options: Mapping[str, Any], *, stored: bool = False
    ) -> Definition:
        if isinstance(given, Job):
            call = bare_call(given)
        elif isinstance(given, Call):
            call = given
        else:
            call = bare_call(self.job_of(given))
        return self._made(name, timetable, call, options, stored=stored)

    def _made(
        self, name: str | None, timetable: Any, call: Call[Any], options: Mapping[str, Any], *, stored: bool = False
    ) -> Definition:
        call = self._hooked(call)
        refuse_what_ends(call)
        if call.plan.app != self.app:
            raise OptionInvalid(f"{call.name} belongs to the app {call.plan.app!r}, not to {self.app!r}")
        job = new_job(call, self.clock, self.ref_ids)
        if call.plan.callback is not None:
            job = self._then(job, call.plan, None)
        return definition_of(name, timetable, call, job, options, self.clock.now_us(), stored=stored)


def parts_of(verb: str, given: tuple[Any, ...]) -> tuple[str | None, Any, Any]:
    """The name, if there is one, the timetable, and what is run."""
    if len(given) == NAMED:
        return given
    if len(given) == NAMED - 1:
        return None, *given
    raise ArgumentsInvalid(f"jobs.{verb} takes a timetable and a call, or a name, a timetable and a call")
