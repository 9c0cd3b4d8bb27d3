"""What alarms are judged by, asked of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from headway.model.job import State
from headway.store.figures import HandlerEnds
from headway.store.protocol import NodeRow, QueueCount
from headway.store.scheduling import ScheduleRow, SchedulerRow
from headway.view.alive import ACTIVE
from headway.web.desk import figures, nodes, queues, schedules
from headway.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What alarms are judged by."""

    now_us: int
    queues: Sequence[QueueCount] = ()
    nodes: Sequence[NodeRow] = ()
    """As they are seen: view/alive.py."""
    schedules: Sequence[ScheduleRow] = ()
    scheduler: SchedulerRow | None = None
    held_us: int | None = None
    """Since when the store is held."""
    held_why: str | None = None
    calls_since_us: int | None = None
    """Since when a call has been committed, in a transaction of the application's, that is no job yet."""
    handlers: Sequence[HandlerEnds] = ()
    """What ended in the last hour, of each handler."""

    @property
    def ended(self) -> Counter[State]:
        """What ended in the last hour."""
        total: Counter[State] = Counter()
        for one in self.handlers:
            total.update(one.ended)
        return total

    @property
    def active(self) -> tuple[NodeRow, ...]:
        """The nodes that start jobs."""
        return tuple(node for node in self.nodes if node.state == ACTIVE)


async def situation(visit: Visit) -> Situation:
    """How everything stands now."""
    facts = await run_in_threadpool(visit.console.store.look)
    return Situation(
        now_us=visit.console.now_us(),
        queues=await queues.listed(visit),
        nodes=await nodes.listed(visit),
        schedules=await schedules.listed(visit),
        scheduler=await schedules.paused_since(visit),
        calls_since_us=await visit.read(
            visit.console.store.unadmitted()
        ),  # what still waits after the queues were listed
        held_us=None if facts is None else facts.held_us,
        held_why=None if facts is None else facts.held_why,
        handlers=await figures.ends(visit, hours=1),
    )
