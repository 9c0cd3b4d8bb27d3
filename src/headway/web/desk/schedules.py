"""Schedules: looked up and changed."""

from __future__ import annotations

from typing import Final

from headway.client.schedule import next_instants
from headway.model.errors import HeadwayError, ScheduleNotFound
from headway.model.nearest import nearest
from headway.model.schedule import ScheduleState
from headway.model.zone import zone_of
from headway.store.acting import as_note
from headway.store.scheduling import MissedRange, Removed, ScheduleRow, SchedulerRow, Tick
from headway.view import lateness
from headway.view.alive import ACTIVE
from headway.view.schedule_page import Shown
from headway.web.desk import nodes
from headway.web.desk.found import ID_DIGITS_MAX
from headway.web.desk.timetables import preview, revise
from headway.web.problems import Conflict
from headway.web.visit import Visit

__all__ = [
    "idle",
    "listed",
    "missed",
    "one",
    "pause",
    "pause_all",
    "paused_since",
    "preview",
    "remove",
    "resume",
    "resume_all",
    "revise",
    "run",
    "shown",
    "ticks",
    "toggle",
]

SCHEDULE: Final = "schedule"
SCHEDULER: Final = "scheduler"
"""The subjects of the acts: one schedule, all of an app."""
LISTED_MAX: Final = 10_000
PAGE: Final = 1_000
RUNS: Final = 20
"""Latest runs and missed ranges that are shown."""
NEXT: Final = 5


async def listed(visit: Visit) -> tuple[ScheduleRow, ...]:
    """All schedules of the app by name, up to 10,000; those removed for good too."""
    found: list[ScheduleRow] = []
    after: tuple[str, str] | None = None
    while len(found) < LISTED_MAX:
        page = await visit.read(visit.reader.schedules(app=visit.app, after=after, limit=PAGE))
        found += page
        if len(page) < PAGE:
            break
        after = (page[-1].app, page[-1].name)
    return tuple(found)


async def one(visit: Visit, name: str) -> ScheduleRow:
    """One schedule of the app, by its name or its number; ScheduleNotFound names the nearest."""
    found = await visit.read(visit.reader.schedule(visit.app, name))
    if found is not None:
        return found
    every = await listed(visit)
    if name.isascii() and name.isdecimal() and len(name) <= ID_DIGITS_MAX:
        found = next((row for row in every if row.id == int(name)), None)
    if found is None:
        near = nearest(name, [row.name for row in every])
        hint = f"; did you mean {near!r}?" if near else ""
        raise ScheduleNotFound(f"there is no schedule {name!r} here{hint}")
    return found


async def shown(visit: Visit, name: str) -> Shown:
    """One schedule with its next and its latest instants, and why nothing looks at it, if nothing does."""
    row = await one(visit, name)
    next_us, fault = _next(row, visit.console.now_us())
    return Shown(
        row=row,
        scheduler=await paused_since(visit),
        next_us=next_us,
        ticks=await ticks(visit, row),
        missed=await missed(visit, row),
        idle=await idle(visit),
        fault=fault,
    )


async def ticks(visit: Visit, row: ScheduleRow) -> tuple[Tick, ...]:
    """What became of its latest instants, newest first."""
    return await visit.read(visit.reader.ticks(row.id, limit=RUNS))


async def missed(visit: Visit, row: ScheduleRow) -> tuple[MissedRange, ...]:
    """Its latest ranges that were passed over, newest first."""
    return await visit.read(visit.reader.missed(row.id, limit=RUNS))


async def idle(visit: Visit) -> str:
    """Why nothing looks at the schedules of the app; empty where a worker does."""
    return "" if any(node.state == ACTIVE for node in await nodes.listed(visit)) else lateness.NO_WORKER


async def toggle(visit: Visit, name: str) -> bool:
    """Pause one that is active, let any other go on; whether it fires now. Conflict for one that is over, or that no code has."""
    row = await one(visit, name)
    match row.state:
        case ScheduleState.ACTIVE:
            await pause(visit, row.name)
        case ScheduleState.PAUSED | ScheduleState.FAULTY | ScheduleState.REMOVED:
            await resume(visit, row.name)
        case ScheduleState.FINISHED:
            raise Conflict(f"the schedule {row.name!r} is over: its end has come, or it ran as often as it may")
        case ScheduleState.ORPHANED:
            raise Conflict(f"the schedule {row.name!r} cannot go on: no worker's code has it")
    return (await one(visit, row.name)).state is ScheduleState.ACTIVE


async def pause(visit: Visit, name: str) -> bool:
    """Let it not fire until somebody resumes it; False if it was paused already."""
    row = await one(visit, name)
    return await visit.change(
        visit.console.store.pause_schedule(row.app, row.name, by=visit.by),
        lambda changed: visit.act("pause", SCHEDULE, row.name) if changed else None,
        kind="pause",
    )


async def resume(visit: Visit, name: str) -> bool:
    """Let it fire again, from its next regular instant on; whether it did not before."""
    row = await one(visit, name)
    return await visit.change(
        visit.console.store.resume_schedule(row.app, row.name),
        lambda changed: visit.act("resume", SCHEDULE, row.name, note=_was(row)) if changed else None,
        kind="resume",
    )


async def run(visit: Visit, name: str, *, force: bool = False) -> int:
    """Run its job now; the job's number. ScheduleBusy where an earlier run has not ended and its overlap is skip, unless `force`."""
    row = await one(visit, name)
    made = await visit.change(
        visit.console.store.trigger(row.app, row.name, by=visit.by, force=force),
        lambda made: visit.act("run", SCHEDULE, row.name, note=as_note({"job": made.id, "force": force})),
        kind="run",
    )
    return made.id


async def remove(visit: Visit, name: str, *, for_good: bool = False) -> Removed:
    """Remove it with the record of its instants; its jobs stay. `for_good`: code that declares it does not bring it back."""
    row = await one(visit, name)
    done = await visit.change(
        visit.console.store.remove_schedule(row.app, row.name, by=visit.by, for_good=for_good),
        lambda done: (
            visit.act("remove", SCHEDULE, row.name, note=as_note({"for_good": for_good}))
            if done is not Removed.NOT_FOUND
            else None
        ),
        kind="remove",
    )
    if done is Removed.NOT_FOUND:
        raise ScheduleNotFound(f"there is no schedule {row.name!r} here: it was removed meanwhile")
    return done


async def paused_since(visit: Visit) -> SchedulerRow:
    """Whether all schedules of the app are paused, since when and by whom."""
    return await visit.read(visit.reader.scheduler(visit.app))


async def pause_all(visit: Visit) -> bool:
    """Let no schedule of the app fire; False if that was so already."""
    return await visit.change(
        visit.console.store.pause_scheduler(visit.app, by=visit.by),
        lambda changed: visit.act("pause", SCHEDULER, visit.app) if changed else None,
        kind="pause",
    )


async def resume_all(visit: Visit) -> bool:
    """Let them fire again; whether they were paused."""
    return await visit.change(
        visit.console.store.resume_scheduler(visit.app),
        lambda changed: visit.act("resume", SCHEDULER, visit.app) if changed else None,
        kind="resume",
    )


def _next(row: ScheduleRow, now_us: int) -> tuple[tuple[int, ...], str | None]:
    """Its next instants; where they cannot be told, none, and why: what else is known of it is shown all the same."""
    try:
        if row.definition is not None:
            zone_of(row.definition.timetable.zone)
        return next_instants(row, now_us, NEXT), None
    except (HeadwayError, ArithmeticError) as error:
        return (), str(error)


def _was(row: ScheduleRow) -> str:
    return as_note({"was": row.state.value})
