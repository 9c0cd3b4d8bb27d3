"""Why queued jobs of a list do not start, by their queue: for the column in which jobs say something."""

from __future__ import annotations

from collections.abc import Iterable

from headway.model.explain import Gate
from headway.model.gate import GateKind
from headway.model.job import JobRow, State
from headway.view import words
from headway.web.desk import queues
from headway.web.visit import Visit


async def closed(visit: Visit, rows: Iterable[JobRow]) -> dict[str, str]:
    """What keeps each queue closed, in a few words; asked once, and only where a row may be kept back by it."""
    if not any(row.state is State.QUEUED and not row.blocked for row in rows):
        return {}
    return {gate.subject: told(gate) for gate in reversed(await queues.closed(visit))}


def told(gate: Gate) -> str:
    """A closed gate of a queue in a few words."""
    name = words.cut(gate.subject, 60)
    match gate.kind:
        case GateKind.QUEUE_SIZE:
            return f"queue {name} is full: {words.count(gate.limit or 0, 'job')} may run at once"
        case GateKind.QUEUE_RATE:
            return (
                f"queue {name} may start {words.count(gate.limit or 0, 'job')} per {words.duration(gate.span_us or 0)}"
            )
        case _:
            return f"queue {name} is paused"
