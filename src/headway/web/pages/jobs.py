"""The list of jobs: filters in the address, tabs of states, the box that finds anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from headway.model.job import FINAL, State
from headway.model.sort import Sort, SortKey
from headway.store.protocol import JobPage
from headway.view import words
from headway.view.filters import FilterInvalid
from headway.web import live
from headway.web.desk import figures
from headway.web.desk import jobs as desk
from headway.web.pages.asking import Asked, asked, pairs_of, spelled, state_of, written
from headway.web.pages.estimating import estimated
from headway.web.pages.frame import address, show
from headway.web.pages.gating import closed
from headway.web.pages.links import with_query
from headway.web.route import page
from headway.web.visit import Visit

SIZES: Final = (25, 50, 100, 200)
SORTS: Final = (
    ("-created", "Newest first"),
    ("created", "Oldest first"),
    ("-duration", "Longest run first"),
    ("-attempts", "Most attempts first"),
    ("-priority", "Highest priority first"),
    ("due", "Due first"),
    ("-ended", "Ended last first"),
)
MOMENTS: Final = (SortKey.CREATED, SortKey.DUE, SortKey.ENDED)
NOT_FOUND: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A state with its jobs."""

    label: str
    href: str
    number: int | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """The head of a column: where a click leads, and how the column is sorted now."""

    href: str
    current: str
    """up, down or nothing."""


async def look(visit: Visit) -> Response:
    """The jobs that the address asks for; from the search box, the job whose number or reference it is."""
    query = visit.request.query_params
    try:
        wanted = asked(query, visit.console.look.page_size)
        elsewhere = await _meant(visit, wanted)
        if elsewhere is not None:
            return RedirectResponse(address(visit, elsewhere), 303)
        where = desk.filter_of(visit, parts=wanted.parts())
    except FilterInvalid as error:
        return await _unclear(visit, written(pairs_of(query.multi_items())), str(error))
    if wanted.text or wanted.after or not wanted.sort.is_usual:
        live.not_now(visit)
    found = await desk.listed(visit, where, limit=wanted.size, sort=wanted.sort, after=wanted.after)
    return await _shown(visit, wanted, found)


async def _meant(visit: Visit, wanted: Asked) -> str | None:
    """The page that is meant by what stands in the search box, where it is another one than this list."""
    text = wanted.text
    if not text:
        return None
    if len(wanted.pairs) == 1:
        row = await desk.meant(visit, text)
        if row is not None:
            return f"/jobs/{row.id}"
    pairs = spelled(text, wanted.pairs)
    return None if pairs is None else with_query("/jobs", [*pairs_of(pairs), *wanted.order()])


async def _shown(visit: Visit, wanted: Asked, found: JobPage) -> Response:
    counts = await desk.counts(visit)
    state = state_of(wanted)
    return show(
        visit,
        "jobs.html",
        nav="jobs",
        asked=wanted.text,
        wanted=wanted,
        page=found,
        rows=await estimated(visit, found.rows),
        closed=await closed(visit, found.rows),
        said_count=_said(wanted, found),
        state=state,
        tabs=_tabs(visit, wanted, counts),
        sorts=_sorts(visit, wanted),
        months=await figures.months(visit),
        when=_moments(state, wanted.sort),
        is_empty=not any(counts.values()),
        size_choices=SIZES,
        sort_choices=SORTS,
    )


async def _unclear(visit: Visit, text: str, why: str) -> Response:
    """The empty list, with what could not be understood."""
    live.not_now(visit)
    counts = await desk.counts(visit)
    size = visit.console.look.page_size
    nothing = Asked(size=size, usual_size=size)
    tabs = _tabs(visit, nothing, counts)
    return show(visit, "jobs_unclear.html", status=NOT_FOUND, nav="jobs", asked=text, why=why, tabs=tabs)


def _tabs(visit: Visit, wanted: Asked, counts: Mapping[State, int]) -> tuple[Tab, ...]:
    """All, and each state; their numbers are those of the whole app, so they stand there only where nothing else narrows."""
    states = wanted.states
    known = not wanted.is_filtered
    everything = Tab(
        label="All",
        href=address(visit, wanted.address(put=("state", None))),
        number=sum(counts.values()) if known else None,
        is_current=not states,
    )
    return (
        everything,
        *(
            Tab(
                label=state.value.capitalize(),
                href=address(visit, wanted.address(put=("state", state.value))),
                number=counts.get(state, 0) if known else None,
                is_current=states == (state.value,),
            )
            for state in State
        ),
    )


def _sorts(visit: Visit, wanted: Asked) -> dict[str, Sorting]:
    return {key.value: _sorting(visit, wanted, key) for key in SortKey}


def _sorting(visit: Visit, wanted: Asked, key: SortKey) -> Sorting:
    is_current = wanted.sort.by is key
    turned = Sort(by=key, descending=not (is_current and wanted.sort.descending))
    return Sorting(
        href=address(visit, wanted.address(sort=turned)),
        current=("down" if wanted.sort.descending else "up") if is_current else "",
    )


def _moments(state: State | None, sort: Sort) -> tuple[str, ...]:
    """The columns of moments: the one by which the list stands, and the one that tells most of jobs in that state.

    Jobs that ended stand by their number as well: to sort a million of them by their end takes half a second.
    """
    own = SortKey.DUE if state is State.SCHEDULED else SortKey.ENDED if state in FINAL else SortKey.CREATED
    return tuple(key.value for key in MOMENTS if key in {own, sort.by})


def _said(wanted: Asked, found: JobPage) -> str:
    """How many there are, in words."""
    shown = len(found.rows)
    if wanted.text:
        return f"{words.count(shown, 'job')} found" + ("" if found.next_after is None else " so far")
    total = words.count(found.total, "job") if found.total_exact else f"more than {words.grouped(found.total)} jobs"
    if wanted.after is None and found.next_after is None:
        return total
    return f"{words.grouped(shown)} of {total}"


ROUTES = (page("/jobs", "jobs", live.live(look)),)
