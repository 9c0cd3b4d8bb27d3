"""What alarms are judged by, asked of the store."""

from __future__ import annotations

from collections import Counter

from starlette.concurrency import run_in_threadpool

from headway.model.job import State
from headway.store.figures import Span
from headway.store.open import look
from headway.web.desk import figures, nodes, queues, schedules
from headway.web.pages.alarms import Situation
from headway.web.visit import Visit


async def situation(visit: Visit) -> Situation:
    """How everything stands now."""
    facts = await run_in_threadpool(look, visit.console.store.place)
    return Situation(
        now_us=visit.console.now_us(),
        queues=await queues.listed(visit),
        nodes=await nodes.listed(visit),
        schedules=await schedules.listed(visit),
        scheduler=await schedules.paused_since(visit),
        held_us=None if facts is None else facts.held_us,
        held_why=None if facts is None else facts.held_why,
        ended=summed(await figures.over_time(visit, hours=1)),
    )


def summed(spans: tuple[Span, ...]) -> dict[State, int]:
    """What ended in all of them."""
    total: Counter[State] = Counter()
    for span in spans:
        total.update(span.ended)
    return dict(total)
