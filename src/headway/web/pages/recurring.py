"""All schedules, and what can be done to each: paused, resumed, run, removed."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from headway.model.errors import ScheduleBusy, ScheduleNotFound
from headway.model.schedule import ScheduleState
from headway.store.scheduling import Removed, ScheduleRow
from headway.view import words
from headway.web.charts.ahead import ahead_chart
from headway.web.desk import schedules as desk
from headway.web.live import live
from headway.web.pages.coming import coming
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import address, go, show
from headway.web.pages.links import with_query
from headway.web.pages.schedule_lines import in_order, line, path_of
from headway.web.problems import RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

PAGES_MAX: Final = 10_000
LIST: Final = "list"
"""What the field `back` says where a form stood in the list."""


async def look(visit: Visit) -> Response:
    """All of them, or those of a state."""
    now_us, zone = visit.console.now_us(), visit.console.look.zone
    wanted = state_of(visit.request.query_params.get("state"))
    every = await desk.listed(visit)
    scheduler, idle = await desk.paused_since(visit), await desk.idle(visit)
    stopped = scheduler.paused_us is not None
    rows = [row for row in every if wanted is None or row.state is wanted]
    size, number = visit.console.look.page_size, _number(visit.request.query_params.get("page"))
    start = size * (number - 1)
    return show(
        visit,
        "recurring.html",
        nav="recurring",
        lines=[line(row, now_us, stopped=stopped, idle=idle) for row in in_order(rows)[start : start + size]],
        found=len(rows),
        start=start,
        first_page=_page(visit, wanted, 1) if number > 1 else "",
        next_page=_page(visit, wanted, number + 1) if start + size < len(rows) else "",
        every=len(every),
        counts={state: sum(row.state is state for row in every) for state in ScheduleState},
        wanted=wanted,
        scheduler=scheduler,
        idle=idle,
        ahead=None if stopped else ahead_chart(coming(every, now_us), now_us=now_us, zone=zone),
        schedule_paths={row.name: path_of(row) for row in every},
    )


def _number(text: str | None) -> int:
    if text is None:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(PAGES_MAX)) and 1 <= int(text) <= PAGES_MAX):
        raise RequestInvalid(f"page must be a number from 1 to {PAGES_MAX}, not {text[:50]!r}")
    return int(text)


def _page(visit: Visit, wanted: ScheduleState | None, number: int) -> str:
    state = "" if wanted is None else wanted.value
    pairs = (("state", state), ("page", number if number > 1 else ""))
    return address(visit, with_query("/recurring", [(name, value) for name, value in pairs if value]))


def state_of(text: str | None) -> ScheduleState | None:
    """The state that an address names; RequestInvalid for another one."""
    try:
        return ScheduleState(text) if text else None
    except ValueError:
        known = ", ".join(state.value for state in ScheduleState)
        raise RequestInvalid(f"the state of a schedule cannot be {str(text)[:50]!r}: it can be {known}") from None


async def meant(visit: Visit) -> ScheduleRow:
    """The schedule of the address, which is by its number; ScheduleNotFound."""
    number = visit.request.path_params["id"]
    found = next((row for row in await desk.listed(visit) if str(row.id) == number), None)
    if found is None:
        raise ScheduleNotFound(f"there is no schedule of the number {number[:20]!r} here: it may have been removed")
    return found


async def toggle(visit: Visit) -> Response:
    """Pause an active one, let any other go on."""
    row = await meant(visit)
    fires = await desk.toggle(visit, row.name)
    return await _back(visit, row, f"{row.name} {'fires again, from its next instant on' if fires else 'is paused'}.")


async def run(visit: Visit) -> Response:
    """Run it now; where an earlier run has not ended, only if `force` says so."""
    row = await meant(visit)
    force = "force" in await form(visit)
    try:
        job = await desk.run(visit, row.name, force=force)
    except ScheduleBusy as error:
        return go(visit, path_of(row), f"{row.name} was not run: {error}", kind="bad")
    return await _back(visit, row, f"{row.name} runs now, as job {job}.")


async def remove(visit: Visit) -> Response:
    """Remove it, for good if `for_good` says so."""
    row = await meant(visit)
    for_good = "for_good" in await form(visit)
    done = await desk.remove(visit, row.name, for_good=for_good)
    if done is Removed.RETURNS:
        said = f"{row.name} is removed. Code declares it, so it comes back when a worker starts that has it."
    else:
        said = f"{row.name} is removed{' for good' if for_good else ''}; its jobs stay."
    return go(visit, "/recurring", said)


async def pause_all(visit: Visit) -> Response:
    """Let none of the app fire."""
    changed = await desk.pause_all(visit)
    return go(visit, "/recurring", "All schedules are paused." if changed else "They were paused already.")


async def resume_all(visit: Visit) -> Response:
    """Let them fire again."""
    changed = await desk.resume_all(visit)
    return go(visit, "/recurring", "The schedules fire again." if changed else "They were not paused.")


async def _back(visit: Visit, row: ScheduleRow, said: str) -> Response:
    """To where the form stood."""
    is_list = (await form(visit)).get("back") == LIST
    return go(visit, "/recurring" if is_list else path_of(row), words.visible(said))


ROUTES = (
    page("/recurring", "recurring", live(look)),
    deed("/recurring/pause-all", "schedules-pause", pause_all),
    deed("/recurring/resume-all", "schedules-resume", resume_all),
    deed("/recurring/{id}/toggle", "schedule-toggle", toggle),
    deed("/recurring/{id}/run", "schedule-run", run),
    deed("/recurring/{id}/remove", "schedule-remove", remove),
)
