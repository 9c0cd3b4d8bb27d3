"""What a schedule is: its timetable tried out, and its definition changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

import msgspec
from msgspec.structs import replace

from headway.client.call import plain_payload
from headway.client.schedule_options import StoredScheduleOptions, definition_fields
from headway.model import timetable as tables
from headway.model.errors import OptionInvalid, ScheduleNotFound
from headway.model.nearest import nearest
from headway.model.schedule import Definition, ScheduleState
from headway.model.timetable import Timetable
from headway.model.zone import zone_name
from headway.store.acting import as_note
from headway.store.scheduling import ScheduleRow
from headway.view import schedule_preview, spans, timetables
from headway.web.problems import Conflict
from headway.web.visit import Visit

EVERY: Final = "every "
"""What an interval begins with, where a cron expression may stand too."""
PREVIEW_MAX: Final = 100
PREVIEW_DEFAULT: Final = 5
FIXED: Final = frozenset({"durable", "run_at_start"})
"""They are read when a schedule is made, and cannot be changed afterwards."""


class ScheduleChanges(StoredScheduleOptions, total=False):
    """What can be changed of a schedule that is managed in the store; what is not given stays as it is."""

    when: str
    """A cron expression, or an interval such as `every 90s`."""
    zone: str
    arguments: Mapping[str, Any]
    """They take the place of the stored ones of the same names."""


def read_timetable(text: str, zone: str = "UTC") -> Timetable:
    """A cron expression, or an interval such as `every 90s`; OptionInvalid (CronInvalid, ZoneUnknown) says what is wrong."""
    if not text.startswith(EVERY):
        return tables.cron(text, zone=zone)
    try:
        return tables.every(spans.span(text.removeprefix(EVERY)), zone=zone)
    except spans.SpanInvalid as error:
        raise OptionInvalid(f"the interval cannot be read: {error}") from None


def preview(
    visit: Visit, when: str, *, zone: str = "UTC", name: str = "", count: int = PREVIEW_DEFAULT
) -> schedule_preview.Preview:
    """A timetable before it is used: in words, what may not have been meant, and its next instants."""
    table = read_timetable(when, zone)
    return schedule_preview.preview(
        table, name=name, from_us=visit.console.now_us(), count=max(1, min(count, PREVIEW_MAX))
    )


async def revise(visit: Visit, name: str, **changes: Unpack[ScheduleChanges]) -> ScheduleRow:
    """Change a schedule that is managed in the store; ScheduleManaged for one that code declares. Nothing fires because of it."""
    row = await visit.read(visit.reader.schedule(visit.app, name))
    if row is None:
        near = nearest(name, [one.name for one in await visit.read(visit.reader.schedules(app=visit.app))])
        raise ScheduleNotFound(f"there is no schedule {name!r} here" + (f"; did you mean {near!r}?" if near else ""))
    made = _revised(visit, row, dict(changes))
    note = as_note(
        {"changed": sorted(changes), "was": timetables.written(row.definition.timetable) if row.definition else None}
    )
    return await visit.change(
        visit.console.store.put_schedule(made, by=visit.by),
        lambda _: visit.act("revise", "schedule", row.name, note=note),
        kind="revise",
    )


def _revised(visit: Visit, row: ScheduleRow, given: dict[str, Any]) -> Definition:
    made = row.definition
    if made is None or row.state is ScheduleState.REMOVED:
        raise Conflict(f"the schedule {row.name!r} cannot be revised: {row.error or 'it was removed for good'}")
    if not given:
        raise OptionInvalid("nothing says what to change: give when, zone, arguments, overlap, misfire, ...")
    if fixed := FIXED.intersection(given):
        raise OptionInvalid(f"{', '.join(sorted(fixed))} cannot be changed: remove the schedule, and make it anew")
    when, zone, arguments = given.pop("when", None), given.pop("zone", None), given.pop("arguments", None)
    changes: dict[str, Any] = definition_fields(given, stored=True)
    if when is not None:
        changes["timetable"] = read_timetable(when, zone or made.timetable.zone)
    elif zone is not None:
        changes["timetable"] = replace(made.timetable, zone=zone_name(zone))
    if arguments is not None:
        changes["job"] = replace(made.job, payload=_payload(visit, made, arguments))
    return replace(made, **changes)


def _payload(visit: Visit, made: Definition, arguments: Mapping[str, Any]) -> str:
    """The stored arguments with these in their place, checked as at an enqueue where the handler is known."""
    whole = msgspec.json.decode(made.job.payload) | dict(arguments)
    jobs = visit.console.jobs
    if jobs.registry.find(made.job.name) is not None:
        return jobs.call_by_name(made.job.name, whole).payload
    return plain_payload(made.job.name, whole, jobs.settings.payload_max_bytes)
