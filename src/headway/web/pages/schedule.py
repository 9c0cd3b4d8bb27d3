"""One schedule: what it is, its next and latest instants, and its timetable changed after a look at what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.responses import Response

from headway.model.errors import HeadwayError, ZoneUnknown
from headway.model.schedule import Managed, Misfire, Overlap, ScheduleState
from headway.model.zone import zone_of
from headway.store.scheduling import MissedRange, ScheduleRow, Tick
from headway.view import pages, schedule_page, timetables, words
from headway.view.schedule_page import Shown
from headway.view.schedule_preview import Preview
from headway.view.secrets import Masked, Masking, mask
from headway.web.access import Permission
from headway.web.desk import schedules as desk
from headway.web.live import live
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import go, show
from headway.web.pages.recurring import meant
from headway.web.pages.schedule_lines import colour, line, outcome, path_of
from headway.web.problems import Conflict, Forbidden
from headway.web.route import Route, page
from headway.web.visit import Visit

FIELDS: Final = ("when", "zone", "description", "overlap", "misfire", "max_runs", "arguments")
"""What the form has."""
OVERLAPS: Final[Mapping[str, str]] = MappingProxyType({
    Overlap.SKIP: "skip it, and write that down",
    Overlap.ALLOW: "run beside it",
    Overlap.QUEUE: "run when it has ended",
    Overlap.CANCEL_RUNNING: "cancel it, then run",
})  # fmt: skip
MISFIRES: Final[Mapping[str, str]] = MappingProxyType({
    Misfire.ONCE: "run the latest of them, once",
    Misfire.SKIP: "do not run",
    Misfire.ALL: "run each of them",
})  # fmt: skip
TEXT_MAX: Final = 2_000
"""Characters that are read of a field for a preview."""
INVALID: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment at which it is to fire."""

    at_us: int
    there: str
    """By the clocks of its zone."""
    change: str
    """What happens to those clocks on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickLine:
    """An instant that was judged."""

    tick: Tick
    outcome: str
    colour: str
    took: str
    late: str
    """By how much it began after its instant, where that is worth a word."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedLine:
    """Instants that were passed over."""

    missed: MissedRange
    count: str


async def look(visit: Visit) -> Response:
    """Everything about one."""
    row = await meant(visit)
    shown = await desk.shown(visit, row.name)
    made, now_us = row.definition, visit.console.now_us()
    masking = Masking() if made is None else visit.console.masking(made.job.name)
    masked = mask(None if made is None else made.job.payload, masking)
    zone = timetables.UTC if made is None else made.timetable.zone
    return show(
        visit,
        "schedule.html",
        nav="recurring",
        line=line(row, now_us, stopped=shown.scheduler.paused_us is not None, idle=shown.idle),
        row=row,
        made=made,
        error=shown.error,
        scheduler=shown.scheduler,
        zone_name=zone,
        written="" if made is None else timetables.written(made.timetable),
        instants=instants(shown.next_us, zone),
        ticks=[tick_line(one, masked) for one in shown.ticks],
        missed=[missed_line(one) for one in shown.missed],
        facts=() if made is None else tuple(facts(shown)),
        arguments=pages.shown(pages.pretty(masked.arguments)) if masked.readable else "",
        masked_by_name=not masking.declared,
    )


def instants(found: tuple[int, ...], zone: str) -> list[Instant]:
    """Moments by the clocks of a zone."""
    try:
        clocks = zone_of(zone)
    except ZoneUnknown:
        return []
    return [
        Instant(at_us=at, there=timetables.moment(at, clocks), change=timetables.clock_change(at, clocks))
        for at in found
    ]


def tick_line(one: Tick, masked: Masked) -> TickLine:
    """An instant in words, secrets masked."""
    began, ended = one.started_us, one.finished_us
    code = None if one.state is not None and one.code == one.state.value else one.code
    why = ": ".join(masked.text(text) or "" for text in dict.fromkeys((code, one.error, one.note)) if text)
    late_us = 0 if began is None else began - one.instant_us
    return TickLine(
        tick=one,
        outcome=outcome(one),
        colour=colour(one).value,
        took="" if began is None or ended is None else words.duration(max(0, ended - began)),
        late=words.duration(late_us) if late_us >= words.SECOND_US else "",
        why=why,
    )


def missed_line(one: MissedRange) -> MissedLine:
    """A range in words."""
    return MissedLine(missed=one, count=("at least " if one.is_least else "") + words.count(one.count, "instant"))


def facts(shown: Shown) -> list[tuple[str, str]]:
    """What is to become of its instants, and what was chosen for its jobs."""
    made = shown.row.definition
    assert made is not None
    chosen = (
        (name.removesuffix("_us").replace("_", " "), value if isinstance(value, str) else schedule_page.compact(value))
        for name, value in schedule_page.options(made.job)
    )
    return [(label, value) for label, value in (*schedule_page.rules(made), *chosen) if value]


async def edit(visit: Visit) -> Response:
    """The form, and what its timetable would mean."""
    row = await _revisable(visit)
    given = {name: visit.request.query_params.get(name, "")[:TEXT_MAX] for name in FIELDS}
    is_asked = "when" in visit.request.query_params
    return _form(visit, row, given if is_asked else stored(row), is_asked=is_asked)


async def revise(visit: Visit) -> Response:
    """Change it as the form says; where that cannot be, the form again with what is wrong."""
    row, sent = await _revisable(visit), await form(visit)
    before = stored(row)
    given = {name: sent.get(name, before[name]).strip() for name in FIELDS}
    try:
        changes = changed(before, given)
        if not changes:
            return go(visit, path_of(row), "Nothing was to be changed.", kind="plain")
        made = await desk.revise(visit, row.name, **changes)
    except (Conflict, Forbidden):
        raise
    except (HeadwayError, ValueError) as error:
        return _form(visit, row, given, error=str(error), status=INVALID)
    due = (
        "it is not due"
        if made.next_us is None
        else f"its next run is {words.age(made.next_us, visit.console.now_us())}"
    )
    return go(visit, path_of(row), f"{words.visible(row.name)} is changed; {due}.")


def stored(row: ScheduleRow) -> dict[str, str]:
    """The form as the schedule stands. Arguments are left out: some may be secret, and what is not named stays."""
    made = row.definition
    if made is None:
        return dict.fromkeys(FIELDS, "")
    return {
        "when": timetables.written(made.timetable),
        "zone": made.timetable.zone,
        "description": made.description,
        "overlap": made.overlap.value,
        "misfire": made.misfire.value,
        "max_runs": "" if made.max_runs is None else str(made.max_runs),
        "arguments": "",
    }


def changed(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, Any]:
    """What the form says that is not so already; ValueError for what cannot be read."""
    found: dict[str, Any] = {name: given[name] for name in FIELDS if given[name] != before[name]}
    if "max_runs" in found:
        found["max_runs"] = _number(found["max_runs"])
    if "arguments" in found:
        found["arguments"] = _object(found["arguments"])
    return found


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"the number of runs must be a number, or nothing for no end; not {text[:50]!r}")
    return int(text)


def _object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"the arguments are no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError('the arguments must be an object, such as {"keep_days": 30}')  # noqa: TRY004 - a value of the form
    return found


def _form(
    visit: Visit,
    row: ScheduleRow,
    given: Mapping[str, str],
    *,
    is_asked: bool = False,
    error: str = "",
    status: int = 200,
) -> Response:
    preview: Preview | None = None
    wrong = ""
    try:
        preview = desk.preview(visit, given["when"].strip(), zone=given["zone"].strip() or "UTC", name=row.name)
    except HeadwayError as fault:
        wrong = str(fault)
    return show(
        visit,
        "schedule_edit.html",
        nav="recurring",
        status=status,
        row=row,
        path=path_of(row),
        given=given,
        is_asked=is_asked,
        error="" if error == wrong else error,
        wrong=wrong,
        preview=preview,
        in_words="" if preview is None else timetables.when_and_where(preview.table, row.name),
        instants=[] if preview is None else instants(preview.instants, preview.table.zone),
        overlaps=tuple(one.value for one in Overlap),
        overlap_words=OVERLAPS,
        misfires=tuple(one.value for one in Misfire),
        misfire_words=MISFIRES,
    )


async def _revisable(visit: Visit) -> ScheduleRow:
    """The schedule, if it is one that can be changed here."""
    row = await meant(visit)
    if row.definition is None or row.state is ScheduleState.REMOVED:
        raise Conflict(f"the schedule {row.name!r} cannot be changed: {row.error or 'it was removed for good'}")
    if row.definition.managed is Managed.CODE:
        raise Conflict(
            f"the schedule {row.name!r} is managed by code: change it there, where it is declared. "
            "One that is declared with managed='db' can be changed here, and stays so."
        )
    return row


ROUTES = (
    page("/recurring/{id}", "schedule", live(look)),
    Route(method="GET", path="/recurring/{id}/edit", permission=Permission.MANAGE, run=edit, name="schedule-edit"),
    deed("/recurring/{id}/edit", "schedule-revise", revise),
)
