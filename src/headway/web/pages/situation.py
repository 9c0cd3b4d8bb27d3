"""What alarms are judged by, asked of the store."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from headway.web.desk import figures, nodes, queues, schedules
from headway.web.pages.alarms import Situation
from headway.web.visit import Visit


async def situation(visit: Visit) -> Situation:
    """How everything stands now."""
    facts = await run_in_threadpool(visit.console.store.look)
    return Situation(
        now_us=visit.console.now_us(),
        queues=await queues.listed(visit),
        nodes=await nodes.listed(visit),
        schedules=await schedules.listed(visit),
        scheduler=await schedules.paused_since(visit),
        held_us=None if facts is None else facts.held_us,
        held_why=None if facts is None else facts.held_why,
        handlers=await figures.ends(visit, hours=1),
    )
