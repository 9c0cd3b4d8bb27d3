"""One handler: what it takes and by which rules it runs, how it went lately, and a job of it made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from headway.model.errors import ArgumentsInvalid, HeadwayError
from headway.model.handler import Handler
from headway.store.protocol import JobFilter
from headway.view import spans, words
from headway.web.charts.ended import ended_chart
from headway.web.charts.histogram import histogram
from headway.web.desk import figures, jobs
from headway.web.desk import handlers as desk
from headway.web.desk.handlers import HandlerRow
from headway.web.live import live
from headway.web.pages.estimating import estimated
from headway.web.pages.fields import Field, arguments_of, blamed, fields_of, filled, marked, moments_of, raw_arguments
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import go, show
from headway.web.pages.gating import closed
from headway.web.pages.handler_table import handler_table
from headway.web.problems import Forbidden, RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

HOURS: Final = 24
LATEST: Final = 10
DURATIONS: Final = 100
RAW: Final = "json"
"""What the field `mode` says where all arguments were given as one text."""
OPTIONS: Final = ("queue", "delay", "priority")
INVALID: Final = 422


async def look(visit: Visit) -> Response:
    """Everything about one."""
    return await _page(visit, await _meant(visit, visit.request.query_params.get("name", "")))


async def run(visit: Visit) -> Response:
    """Store a job with what was filled in, and show it; where it does not fit, nothing is stored and the form says why."""
    sent = await form(visit)
    row = await _meant(visit, sent.get("name", ""))
    zone = visit.console.look.zone
    fields = _fields(visit, row)
    wrong: dict[str, str] = {}
    try:
        if sent.get("mode") == RAW:
            arguments = _raw(sent.get("raw", ""))
        else:
            arguments, wrong = arguments_of(fields, sent, zone=zone)
        if not wrong:
            made = await desk.enqueue(visit, row.name, arguments, **_options(sent))
            said = "was there already: an unfinished job has its unique key" if made.existing else "is enqueued"
            return go(visit, f"/jobs/{made.id}", f"Job {made.id} {said}.", kind="plain" if made.existing else "good")
    except Forbidden:
        raise
    except HeadwayError as error:
        return await _refused(visit, row, fields, sent, error)
    return await _page(visit, row, marked(filled(fields, sent), wrong), sent, status=INVALID)


async def _refused(
    visit: Visit, row: HandlerRow, fields: tuple[Field, ...], sent: Mapping[str, str], error: HeadwayError
) -> Response:
    """The form again, with what is wrong beside the field that it is about."""
    is_raw = sent.get("mode") == RAW
    wrong = blamed(str(error), fields) if isinstance(error, ArgumentsInvalid) and not is_raw else {}
    return await _page(
        visit,
        row,
        marked(filled(fields, sent), wrong),
        sent,
        status=INVALID,
        error="" if wrong or is_raw else str(error),
        raw_error=str(error) if is_raw else "",
    )


async def _meant(visit: Visit, name: str) -> HandlerRow:
    if not name:
        raise RequestInvalid("say which handler: ?name=...", status=404)
    return await desk.one(visit, name)


async def _page(
    visit: Visit,
    row: HandlerRow,
    fields: tuple[Field, ...] | None = None,
    sent: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    error: str = "",
    raw_error: str = "",
) -> Response:
    zone = visit.console.look.zone
    if fields is None:
        fields = () if row.handler is None else _fields(visit, row)
    lately = [one for one in await figures.handlers(visit, hours=HOURS) if one.name == row.name]
    table = handler_table(lately)
    spans_found = await figures.over_time(visit, hours=HOURS, name=row.name)
    latest = await jobs.some(visit, JobFilter(app=visit.app, names=(row.name,)), limit=LATEST)
    taken = await visit.read_lately(visit.reader.durations(row.name, last=DURATIONS), row.name, DURATIONS)
    given = sent or {}
    return show(
        visit,
        "command.html",
        nav="commands",
        status=status,
        row=row,
        options=() if row.handler is None else tuple(declared(row.handler)),
        line=table.lines[0] if table.lines else None,
        chart=ended_chart(spans_found, step_us=figures.step_us(HOURS), zone=zone),
        histogram=histogram(taken, title="Latest run times"),
        latest=await estimated(visit, latest),
        closed=await closed(visit, latest),
        fields=fields,
        given={name: given.get(name, "") for name in OPTIONS},
        raw=given.get("raw", "{}"),
        is_raw=given.get("mode") == RAW,
        error=error,
        raw_error=raw_error,
    )


def _fields(visit: Visit, row: HandlerRow) -> tuple[Field, ...]:
    """The form of a handler whose code is here; HandlerUnknown for any other."""
    schema = desk.form(visit, row.name)
    moments = frozenset[str]() if row.handler is None else moments_of(row.handler)
    return fields_of(schema, zone=visit.console.look.zone, moments=moments)


def declared(handler: Handler) -> Iterator[tuple[str, str]]:
    """The rules by which its jobs run, as labels and words."""
    yield "queue", handler.queue
    yield "runs in", {"loop": "the event loop", "thread": "a thread", "process": "a process of its own"}[handler.run_in]
    yield "priority", str(handler.priority)
    yield "retries", str(handler.retries)
    yield "time-out", "none" if handler.timeout is None else _span(handler.timeout)
    if handler.worker is not None:
        yield "named worker", handler.worker
    if handler.concurrency_key is not None:
        yield "concurrency key", f"{handler.concurrency_key}, {handler.concurrency_limit or 1} at once"
    if handler.max_concurrency is not None:
        yield "at once", f"at most {handler.max_concurrency}, over all workers"
    if handler.rate_limit is not None:
        yield "rate", f"{words.grouped(handler.rate_limit.starts)} starts in {_span(handler.rate_limit.per)}"
    if handler.unique_key is not None or handler.unique_for is not None:
        span = "" if handler.unique_for is None else f" for {_span(handler.unique_for)}"
        yield "unique", (handler.unique_key or "by its arguments") + span
    if handler.tags:
        yield "tags", ", ".join(handler.tags)
    if handler.redact:
        yield "secret", ", ".join(handler.redact)
    if handler.aliases:
        yield "also called", ", ".join(handler.aliases)
    yield "code", f"{handler.module}:{handler.target.__qualname__}"


def _span(span: timedelta) -> str:
    return words.duration(span // timedelta(microseconds=1))


def _raw(text: str) -> dict[str, Any]:
    try:
        return raw_arguments(text)
    except ValueError as error:
        raise RequestInvalid(str(error), status=INVALID) from None


def _options(sent: Mapping[str, str]) -> dict[str, Any]:
    """The options that were chosen for this job; RequestInvalid for what cannot be read."""
    found: dict[str, Any] = {}
    if queue := sent.get("queue", "").strip():
        found["queue"] = queue
    if delay := sent.get("delay", "").strip():
        try:
            found["run_after"] = spans.span(delay)
        except spans.SpanInvalid as error:
            raise RequestInvalid(f"the delay: {error}", status=INVALID) from None
    if priority := sent.get("priority", "").strip():
        found["priority"] = int(priority) if priority.lstrip("-").isdecimal() and priority.isascii() else priority
    return found


ROUTES = (page("/command", "command", live(look)), deed("/command", "command-run", run))
