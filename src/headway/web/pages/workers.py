"""The processes that run jobs, what they run now, and the lines that jobs stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.responses import Response

from headway.model.job import JobRow, State
from headway.store.protocol import JobFilter, NodeRow
from headway.view import words
from headway.view.alive import ACTIVE, GONE
from headway.view.tables import few
from headway.web.desk import jobs
from headway.web.desk import nodes as desk
from headway.web.live import live
from headway.web.pages.estimating import estimated
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import go, show
from headway.web.route import page
from headway.web.visit import Visit

RUNNING_MAX: Final = 500
"""So many running jobs are told apart by their node and their line."""
QUEUED_MAX: Final = 500
"""So many queued jobs are looked through for those that wait in a line."""
SHOWN: Final = 8
"""Running jobs of one node that are shown."""
SILENT_US: Final = 60 * words.SECOND_US
LOOKS: Final[Mapping[str, State]] = MappingProxyType(
    {
        ACTIVE: State.COMPLETED,
        "draining": State.CANCELLED,
        GONE: State.FAILED,
        "dead": State.FAILED,
        "left": State.SKIPPED,
    }
)
"""The state of a job that a node looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """One process."""

    node: NodeRow
    looks: State
    is_working: bool
    is_silent: bool
    running: tuple[JobRow, ...]
    """What it runs, newest first, as far as it is shown."""
    queues: str
    handlers: str
    all_handlers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUp:
    """A named worker or a concurrency key, as far as running and queued jobs tell."""

    kind: str
    """worker or key."""
    name: str
    limit: int
    running: tuple[JobRow, ...]
    waiting: int


def node_line(node: NodeRow, running: Sequence[JobRow], now_us: int) -> NodeLine:
    """A process in words."""
    working = node.state in desk.AT_WORK
    return NodeLine(
        node=node,
        looks=LOOKS.get(node.state, State.SKIPPED),
        is_working=working,
        is_silent=working and now_us - node.seen_us > SILENT_US,
        running=tuple(row for row in running if row.node_id == node.id)[:SHOWN],
        queues="every queue" if node.queues is None else few(node.queues),
        handlers=words.count(len(node.names), "handler"),
        all_handlers=", ".join(sorted(node.names)[:200]),
    )


def line_ups(running: Iterable[JobRow], queued: Iterable[JobRow]) -> tuple[LineUp, ...]:
    """The named workers and keys that something runs under, or that queued jobs wait for."""
    busy: dict[tuple[str, str], list[JobRow]] = {}
    limits: dict[tuple[str, str], int] = {}
    waits: Counter[tuple[str, str]] = Counter()
    for row in running:
        for place, limit in _places(row):
            busy.setdefault(place, []).append(row)
            limits[place] = max(limits.get(place, 0), limit)
    for row in queued:
        for place, limit in _places(row):
            waits[place] += 1
            limits[place] = max(limits.get(place, 0), limit)
    return tuple(
        LineUp(
            kind=kind,
            name=name,
            limit=limits[kind, name],
            running=tuple(busy.get((kind, name), ())),
            waiting=waits[kind, name],
        )
        for kind, name in sorted(limits)
    )


def _places(row: JobRow) -> list[tuple[tuple[str, str], int]]:
    found = [] if row.lane is None else [(("worker", row.lane), 1)]
    return found if row.key is None else [*found, (("key", row.key), row.key_limit or 1)]


async def look(visit: Visit) -> Response:
    """All of them, those at work first."""
    now_us = visit.console.now_us()
    nodes = await desk.listed(visit)
    where = JobFilter(app=visit.app, states=(State.RUNNING,))
    running = await jobs.some(visit, where, limit=RUNNING_MAX)
    queued = await jobs.some(visit, JobFilter(app=visit.app, states=(State.QUEUED,)), limit=QUEUED_MAX)
    active = [node for node in nodes if node.state == ACTIVE]
    told = await estimated(visit, [row for row in running if row.node_id is not None])
    lines = [node_line(node, told, now_us) for node in nodes]
    return show(
        visit,
        "workers.html",
        nav="workers",
        at_work=[one for one in lines if one.is_working or one.node.state == GONE],
        past=[one for one in lines if not one.is_working and one.node.state != GONE],
        active=len(active),
        places=sum(node.concurrency for node in active),
        busy=sum(node.running for node in active),
        line_ups=line_ups(running, queued),
        queued_max=QUEUED_MAX,
        is_all=len(queued) < QUEUED_MAX and len(running) < RUNNING_MAX,
    )


async def drain(visit: Visit) -> Response:
    """Let one start nothing more."""
    node = await desk.drain(visit, (await form(visit)).get("uid", ""))
    return go(
        visit,
        "/workers",
        f"The worker {node.pid} on {words.visible(node.host)} drains: what it runs ends, and it starts nothing more.",
    )


async def undrain(visit: Visit) -> Response:
    """Let one work again."""
    node = await desk.undrain(visit, (await form(visit)).get("uid", ""))
    return go(visit, "/workers", f"The worker {node.pid} on {words.visible(node.host)} works again.")


ROUTES = (
    page("/workers", "workers", live(look)),
    deed("/workers/drain", "node-drain", drain),
    deed("/workers/undrain", "node-undrain", undrain),
)
