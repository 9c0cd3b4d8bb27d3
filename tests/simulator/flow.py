"""What worlds have beside plain jobs: batches, callbacks, conditions, unique keys, gates, limits of handlers; and which jobs have what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.callback import NewCallback, as_text
from headway.model.claim import NewJob
from headway.model.condition import Condition
from headway.model.rate import Window

if TYPE_CHECKING:
    from headway.model.claim import Claim

SECOND_US: Final = 1_000_000
PART_RATE: Final = 0.5
"""Each part is in so many of the worlds that have any."""
QUEUES: Final = ("default", "default", "mail", "slow")
SPAN_US: Final = 2 * SECOND_US
"""For which the windowed unique keys are held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How a world is furnished with them; the default has none."""

    batches: bool = False
    callbacks: bool = False
    conditions: bool = False
    children: bool = False
    """Attempts leave several children, also in the batch of their job."""
    uniques: int = 0
    """How many unique keys there are; every other is held for a span instead of until its job's end."""
    gates: bool = False
    """Queues are paused, sized and rated at run time."""
    limit: int | None = None
    """So many of `work` (and of its alias) may run at once, by the code of every node."""
    rate: Window | None = None
    """So many of `heavy` may start in a span, by the code of every node."""
    turns: bool = False
    """Runs that are not stored take turns on the named workers."""
    links: bool = False
    """Some take the result of a parent as an argument."""
    schedules: int = 0
    """So many schedules are declared by the nodes' code, or kept in the store by people."""

    @property
    def bounds(self) -> bool:
        """Whether something may keep a ready job from starting."""
        return self.gates or self.limit is not None or self.rate is not None


NO_FLOW: Final = Flow()


def furnish(draw: Random) -> Flow:
    """Some of them: rare meetings are then not drowned in common ones."""

    def has(rate: float = PART_RATE) -> bool:
        return draw.random() < rate

    return Flow(
        batches=has(0.7),
        callbacks=has(),
        conditions=has(),
        children=has(),
        uniques=draw.choice((0, 0, 1, 2)),
        gates=has(0.4),
        limit=draw.choice((None, None, 1, 2)),
        rate=draw.choice((None, None, None, Window(1, SECOND_US), Window(2, SPAN_US))),
        turns=has(0.4),
        links=has(),
    )


def dress(job: NewJob, flow: Flow, draw: Random, names: Sequence[str]) -> NewJob:
    """The job with what it has of all that; `names` are those of batches that it may wait for."""
    changes: dict[str, object] = {}
    if flow.gates:
        changes["queue"] = draw.choice(QUEUES)
    if flow.limit is not None and job.name == "work" and draw.random() < ALIAS_RATE:
        changes["name"] = ALIAS
    if flow.callbacks and draw.random() < CALLBACK_RATE:
        changes["callback"] = as_text(_callback(job.ref_id, draw))
    if flow.uniques and draw.random() < UNIQUE_RATE:
        number = draw.randrange(flow.uniques)
        changes["unique_key"] = f"unique {number}"
        changes["unique_for_us"] = SPAN_US if number % 2 else None
        changes["duplicate_raises"] = draw.random() < RAISES_RATE
    if names and draw.random() < AFTER_RATE:
        changes["after_batches"] = (draw.choice(names),)
    if flow.conditions and (job.depends_on or "after_batches" in changes):
        changes["condition"] = draw.choice((None, *Condition))
    if flow.links and job.depends_on and draw.random() < LINK_RATE:
        changes["links"] = msgspec.json.encode({LINKED: job.depends_on[0]}).decode()
    return msgspec.structs.replace(job, **changes) if changes else job


def _callback(of: str, draw: Random) -> NewCallback:
    job = NewJob(
        ref_id="",
        name=draw.choice(("work", "work", "quick", "heavy")),
        payload="{}",
        retries=draw.choice((0, 0, 1)),
        created_by=f"after {of}",
    )
    if draw.random() < NESTED_RATE:
        job = msgspec.structs.replace(job, callback=as_text(_callback(f"after {of}", draw)))
    return NewCallback(job=job, argument=draw.choice((None, ARGUMENT)))


def batch_call(kind: str, name: str, draw: Random) -> NewJob:
    """The job that a batch asks for when it ends."""
    name_of_handler = draw.choice(("work", "quick", "heavy"))
    return NewJob(ref_id="", name=name_of_handler, payload="{}", retries=1, created_by=f"{kind} of {name}")


def offspring(claim: Claim, flow: Flow, draw: Random, asked: NewJob | None) -> tuple[NewJob, ...]:
    """What an attempt leaves behind if it succeeds; `asked`: how its job was enqueued, if by a user."""
    if not flow.children or ".child" in claim.ref_id or draw.random() > CHILDREN_RATE:
        return ()
    many: list[NewJob] = []
    for number in range(draw.choice((1, 1, 2, 3))):
        child = NewJob(
            ref_id=f"{claim.ref_id}.child{claim.id}.{claim.epoch}.{number}",
            name=draw.choice(("work", "quick")),
            payload="{}",
            parent_id=claim.id,
            tied=True,
            batch=claim.batch if draw.random() < JOINS_RATE else None,
        )
        if asked is not None and asked.unique_for_us is None and asked.callback is None and number == 0:
            child = msgspec.structs.replace(child, unique_key=asked.unique_key)
        many.append(child)
    return tuple(many)


ALIAS: Final = "labour"
ARGUMENT: Final = "value"
"""Of a callback, for the result."""
LINKED: Final = "got"
"""Of a job, for the result of a parent."""
ALIAS_RATE: Final = 0.3
CALLBACK_RATE: Final = 0.5
NESTED_RATE: Final = 0.15
UNIQUE_RATE: Final = 0.5
RAISES_RATE: Final = 0.2
AFTER_RATE: Final = 0.25
CHILDREN_RATE: Final = 0.4
JOINS_RATE: Final = 0.6
LINK_RATE: Final = 0.6
