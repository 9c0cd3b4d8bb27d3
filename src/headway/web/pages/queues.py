"""Queues: how each stands, what is set for it, and what went through it lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from msgspec import UNSET, UnsetType
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from headway.model.errors import HeadwayError
from headway.model.job import State
from headway.model.rate import Rate
from headway.store.figures import HandlerFigures, Span
from headway.store.protocol import NodeRow, QueueCount
from headway.view import spans as durations
from headway.view import words
from headway.view.alive import ACTIVE
from headway.web.charts.spark import Spark, spark
from headway.web.desk import figures, nodes
from headway.web.desk import queues as desk
from headway.web.live import live
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import go, show
from headway.web.problems import Forbidden, RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

SPARKS_MAX: Final = 30
"""For so many queues what went through them is drawn."""
FIVE_MINUTES: Final = 5
INVALID: Final = 422
NOTHING_SENT: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One queue."""

    queue: QueueCount
    rate_told: str
    per: str
    """The span of its rate limit, as it is written in the form."""
    nodes: int
    """So many active workers serve it."""
    ended: int
    failed: int
    wait_p95_us: int | None
    trend: Spark | None
    is_lost: bool
    """It has ready jobs, and nobody serves it."""


def queue_line(
    queue: QueueCount, workers: Sequence[NodeRow], lately: HandlerFigures | None, spans: Sequence[Span] | None
) -> QueueLine:
    """A queue in words; `lately`: what ended in the last hour, `spans`: the same by the minute."""
    serving = sum(node.state == ACTIVE and (node.queues is None or queue.queue in node.queues) for node in workers)
    ended = {} if lately is None else lately.ended
    total = sum(ended.values())
    window = None if queue.rate is None else queue.rate.window
    return QueueLine(
        queue=queue,
        rate_told="" if window is None else f"{words.grouped(window.starts)} in {words.duration(window.span_us)}",
        per="" if window is None else words.duration(window.span_us).replace(" ", ""),
        nodes=serving,
        ended=total,
        failed=ended.get(State.FAILED, 0),
        wait_p95_us=None if lately is None or lately.wait is None else lately.wait.p95,
        trend=None if spans is None else trend(spans, total),
        is_lost=bool(queue.queued) and not serving,
    )


def trend(spans: Sequence[Span], total: int) -> Spark:
    """What ended in each five minutes of an hour."""
    values = [sum(span.ended.values()) for span in spans]
    steps = [sum(values[at : at + FIVE_MINUTES]) for at in range(0, len(values), FIVE_MINUTES)]
    return spark(steps, f"{words.count(total, 'job')} ended in the last hour, at most {max(steps, default=0)} in 5 min")


async def look(visit: Visit) -> Response:
    """All of them."""
    return await _page(visit)


async def _page(
    visit: Visit, *, error: str = "", sent: Mapping[str, str] = NOTHING_SENT, status: int = 200
) -> Response:
    found, workers = await desk.listed(visit), await nodes.listed(visit)
    lately = {one.name: one for one in await figures.queues(visit, hours=1)}
    lines = []
    for index, queue in enumerate(found):
        is_drawn = index < SPARKS_MAX and queue.queue in lately
        drawn = await figures.over_time(visit, hours=1, queue=queue.queue) if is_drawn else None
        lines.append(queue_line(queue, workers, lately.get(queue.queue), drawn))
    idle = sorted(set(lately) - {queue.queue for queue in found})
    return show(visit, "queues.html", nav="queues", lines=lines, idle=idle, error=error, sent=sent, status=status)


async def pause(visit: Visit) -> Response:
    """Let none of its jobs start."""
    name = (await form(visit)).get("queue", "")
    changed = await desk.pause(visit, name)
    said = f"{words.visible(name)} is paused: what runs goes on, and nothing of it starts."
    return go(visit, "/queues", said if changed else f"{words.visible(name)} was paused already.")


async def resume(visit: Visit) -> Response:
    """Let them start again."""
    name = (await form(visit)).get("queue", "")
    changed = await desk.resume(visit, name)
    return go(visit, "/queues", f"{words.visible(name)} {'goes on' if changed else 'was not paused'}.")


async def limit(visit: Visit) -> Response:
    """Set its size and its rate; where they cannot be, the page again with what is wrong."""
    sent = await form(visit)
    name = sent.get("queue", "")
    try:
        size, rate = size_of(sent), rate_of(sent)
        await desk.limit(visit, name, size=size, rate=rate)
    except Forbidden:
        raise
    except HeadwayError as error:
        return await _page(visit, error=str(error), sent=sent, status=INVALID)
    return go(visit, "/queues", f"The limits of {words.visible(name)} are set.")


def size_of(sent: ImmutableMultiDict[str, str]) -> int | UnsetType | None:
    """How many at once; nothing for any number."""
    if "size" not in sent:
        return UNSET
    return _number("the size", sent["size"].strip())


def rate_of(sent: ImmutableMultiDict[str, str]) -> Rate | UnsetType | None:
    """How many in which span; nothing for any number."""
    if "starts" not in sent:
        return UNSET
    starts = _number("the number of starts", sent["starts"].strip())
    if starts is None:
        return None
    return Rate(starts, per=_span(sent.get("per", "").strip()))


def _number(what: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len("1000000")):
        raise RequestInvalid(f"{what} must be a number, or nothing for no limit; not {text[:50]!r}", status=INVALID)
    return int(text)


def _span(text: str) -> timedelta:
    if not text:
        raise RequestInvalid("a rate needs the time in which so many may start, such as 1min", status=INVALID)
    try:
        return durations.span(text)
    except durations.SpanInvalid as error:
        raise RequestInvalid(str(error), status=INVALID) from None


ROUTES = (
    page("/queues", "queues", live(look)),
    deed("/queues/pause", "queue-pause", pause),
    deed("/queues/resume", "queue-resume", resume),
    deed("/queues/limit", "queue-limit", limit),
)
