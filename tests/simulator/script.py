"""What happens to a world from outside: written beforehand from a seed, so that it can be cut down when it breaks something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final

from tests.simulator.flow import NO_FLOW, Flow, furnish
from tests.simulator.recurring import how_many

SECOND_US: Final = 1_000_000


class Deed(StrEnum):
    """What people do to a store, and what happens to machines."""

    ENQUEUE = "enqueue"
    BURST = "burst"
    """Many quick jobs in one call."""
    CHAIN = "chain"
    """A job that depends on others."""
    REPEAT = "repeat"
    """An enqueue that was acknowledged is sent once more."""
    CANCEL = "cancel"
    REQUEUE = "requeue"
    DELETE = "delete"
    """A job is deleted for good, mostly one that has ended."""
    DRAIN = "drain"
    """A node is to start nothing more for a while."""
    HOLD = "hold"
    """Nothing may be claimed for a while."""
    LEARN = "learn"
    """A node learns a handler while it works."""
    BATCH = "batch"
    """A batch, often with jobs, whole or to be filled."""
    ADD = "add"
    """A job for a batch that is there."""
    CLOSE = "close"
    """A batch is told that nothing more will come."""
    DROP = "drop"
    """A batch is cancelled."""
    GATE = "gate"
    """A queue is paused, resumed, sized or rated."""
    TURN = "turn"
    """A run that is not stored asks for a named worker."""
    TRIGGER = "trigger"
    """A schedule is run by hand."""
    SILENCE = "silence"
    """A schedule is paused for a while."""
    SILENCE_ALL = "silence all"
    """All schedules are paused for a while."""
    REMOVE = "remove"
    """A schedule is removed, and often comes back."""
    CHANGE = "change"
    """What a schedule is becomes something else, in a node's code or in the store."""
    WITHIN = "within"
    """A transaction of a caller's own leaves calls in the outbox, and is committed, rolled back, or dies with its process."""
    CRASH = "crash"
    """A node dies, at once or around the commit of its next transaction, and is started again."""
    PAUSE = "pause"
    """A node stands still, at once or around its next commit, then goes on as if nothing had been."""
    STOP = "stop"
    """A node is stopped in good order and started again."""
    OUTAGE = "outage"
    """Nobody reaches the store for a while."""
    CUT = "cut"
    """One process does not reach the store for a while."""
    FAILURE = "failure"
    """The next commit of one process fails, and is rolled back."""
    LOSS = "loss"
    """A transaction of one process is committed and its answer lost."""
    FULL = "full"
    """The disk is nearly full for a while."""
    STEP = "step"
    """Somebody sets the date."""
    MONTH = "month"
    """The date is set forward by more than a month, and a node seals what is over."""
    REBOOT = "reboot"
    HOST_DEATH = "host death"
    """The process that runs a node's bodies dies."""
    CHILD_DEATH = "child death"
    """A process that runs one body alone dies."""


REQUESTS: Final = (
    *(Deed.ENQUEUE,) * 8, *(Deed.CHAIN,) * 4, *(Deed.CANCEL,) * 4, *(Deed.REQUEUE,) * 4, Deed.REPEAT, Deed.REPEAT,
    Deed.BURST, Deed.HOLD, Deed.LEARN,
)  # fmt: skip
BATCHED: Final = (*(Deed.BATCH,) * 4, *(Deed.ADD,) * 3, *(Deed.CLOSE,) * 2, Deed.DROP)
FLOWS: Final = (*BATCHED, Deed.GATE, Deed.TURN)
SCHEDULED: Final = (*(Deed.TRIGGER,) * 4, *(Deed.SILENCE,) * 3, Deed.SILENCE_ALL, Deed.REMOVE, Deed.CHANGE, Deed.CHANGE)
CALLING: Final = (Deed.WITHIN,)
TIDYING: Final = (*(Deed.DELETE,) * 3, Deed.DRAIN)
FAULTS: Final = (
    *(Deed.CRASH,) * 4, *(Deed.PAUSE,) * 4, *(Deed.CUT,) * 4, *(Deed.LOSS,) * 2, Deed.FAILURE, Deed.FAILURE, Deed.MONTH, *(Deed.STOP,) * 2,
    *(Deed.OUTAGE,) * 2, Deed.FULL, Deed.STEP, Deed.REBOOT, *(Deed.HOST_DEATH,) * 2, *(Deed.CHILD_DEATH,) * 2,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One deed at one moment."""

    at_us: int
    """Since the world's beginning."""
    deed: Deed
    number: int
    """Unlike all others of its script; what the deed draws is drawn from it, whatever other deeds there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a world is furnished."""

    nodes: int
    hosts: int
    """1: bodies run in a process beside their node, 0: inside it."""
    concurrency: int
    children: int
    lease_s: int
    archive_after_s: int | None
    keep_s: int | None
    """How long ended jobs are kept."""
    longest_us: int
    """How long the longest bodies last."""
    lasting: bool
    """All bodies last so long: then every fault meets one."""
    loss_rate: float
    """Part of all transactions whose answer is lost."""
    refusal_rate: float
    """Part of all transactions that are not begun."""
    failure_rate: float
    """Part of all commits that fail, and are rolled back."""
    embedded_rate: float
    """Part of all requests that are made in a node's own process, where it runs bodies in that."""
    keep_logs_s: int | None
    keep_bodies_s: int | None
    lanes: int
    """How many named workers there are that some jobs run on."""
    keys: int
    """How many concurrency keys there are that some jobs have; each with another limit."""
    flow: Flow
    callers: bool = False
    """Callers enqueue in transactions of their own, and some bodies complete by theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that is decided before a world begins."""

    seed: int
    terms: Terms
    incidents: tuple[Incident, ...]

    def draws(self, incident: Incident) -> Random:
        """Randomness of one incident alone."""
        return Random(f"{self.seed}/{incident.number}")


TIDIED_EVERY: Final = 7
"""In one world of so many jobs are deleted and nodes drained; the others are what they would be without."""
TIDYING_MAX: Final = 10
CALLED_EVERY: Final = 11
CALLED: Final = frozenset({1, 2})
"""So many in eleven worlds have transactions of callers; the others are what they would be without."""
CALLS_MAX: Final = 8
REQUESTS_MAX: Final = 22
FAULTS_MAX: Final = 7
LEASES_S: Final = (3, 5, 8)


def write(seed: int) -> Script:
    """The script of a seed. Each allows only some of the faults: rare meetings are then not drowned in common ones."""
    draw = Random(f"script {seed}")
    lasting = draw.random() < LASTING_RATE
    terms = _terms(draw, Random(f"lines {seed}"), Random(f"flow {seed}"), lasting=lasting)
    if not lasting and how_many(seed):
        terms = replace(terms, flow=replace(terms.flow, schedules=how_many(seed)))
    span_us = draw.choice((1, 2, 3)) * terms.lease_s * SECOND_US
    if lasting:
        deeds = [Deed.ENQUEUE] * draw.randint(2, 5)
        allowed = [draw.choice(HARD)]
    else:
        deeds = [draw.choice(REQUESTS) for _ in range(draw.randint(4, REQUESTS_MAX))]
        deeds = _with_flow(deeds, terms.flow, Random(f"deeds {seed}"))
        allowed = draw.sample(FAULTS, draw.choice((1, 2, 4, 12)))
    at_once_rate = 1 if lasting else AT_ONCE_RATE
    moments = [(0 if draw.random() < at_once_rate else draw.randrange(span_us), deed) for deed in deeds]
    moments += [(draw.randrange(span_us), draw.choice(allowed)) for _ in range(draw.randint(0, FAULTS_MAX))]
    if terms.flow.schedules:
        moments += _around_schedules(span_us, Random(f"schedule deeds {seed}"))
    if seed % TIDIED_EVERY == 1 and not lasting:
        tidying = Random(f"tidying {seed}")
        count = tidying.randint(2, TIDYING_MAX)
        moments += [(tidying.randrange(span_us), tidying.choice(TIDYING)) for _ in range(count)]
    if seed % CALLED_EVERY in CALLED and not lasting:
        calling = Random(f"calling {seed}")
        terms = replace(terms, callers=True)
        count = calling.randint(2, CALLS_MAX)
        moments += [(calling.randrange(span_us), calling.choice(CALLING)) for _ in range(count)]
    incidents = tuple(Incident(at_us=at, deed=deed, number=number) for number, (at, deed) in enumerate(sorted(moments)))
    return Script(seed=seed, terms=terms, incidents=incidents)


def _with_flow(deeds: list[Deed], flow: Flow, draw: Random) -> list[Deed]:
    """Some of the plain requests become others."""
    parts = [(flow.batches, BATCHED), (flow.gates, (Deed.GATE, Deed.GATE)), (flow.turns, (Deed.TURN, Deed.TURN))]
    others = [one for on, deeds_of_it in parts if on for one in deeds_of_it]
    mixed = [
        draw.choice(others) if others and deed in PLAIN and draw.random() < FLOW_DEEDS_RATE else deed for deed in deeds
    ]
    if flow.batches and Deed.BATCH not in mixed:
        mixed[0] = Deed.BATCH
    return mixed


def _around_schedules(span_us: int, draw: Random) -> list[tuple[int, Deed]]:
    """What befalls schedules, and the dates by which they go."""
    deeds = [draw.choice(SCHEDULED) for _ in range(draw.choice((0, 1, 3, 6)))]
    deeds += [Deed.STEP] * draw.choice((0, 0, 1, 2, 4))
    return [(draw.randrange(span_us), deed) for deed in deeds]


def _terms(draw: Random, lines: Random, flow: Random, *, lasting: bool) -> Terms:
    lease_s = draw.choice(LEASES_S)
    longest_us = 2 * lease_s * SECOND_US
    archive_after_s = draw.choice((None, 2, 10))
    pruned = draw.randrange(4) if archive_after_s == 2 else 0
    return Terms(
        nodes=draw.choice((2, 3) if lasting else (1, 2, 2, 3)),
        hosts=draw.choice((0, 1)),
        concurrency=draw.choice((1, 2, 4)),
        children=draw.choice((1, 2)),
        lease_s=lease_s,
        archive_after_s=archive_after_s,
        keep_s=draw.choice((None, None, None, 15)),
        longest_us=longest_us if lasting else draw.choice((2_500_000, longest_us)),
        lasting=lasting,
        loss_rate=draw.choice((0, 0, 0.02, 0.1)),
        refusal_rate=draw.choice((0, 0, 0, 0.1)),
        failure_rate=draw.choice((0, 0, 0, 0.05)),
        embedded_rate=draw.choice((0, 0.5, 1, 1)),
        keep_logs_s=4 if pruned == 1 else None,
        keep_bodies_s=4 if pruned == 2 else None,
        lanes=lines.choice((0, 0, 1, 2)),
        keys=lines.choice((0, 0, 1, 2)),
        flow=NO_FLOW if lasting or flow.random() > FLOW_RATE else furnish(flow),
    )


HARD: Final = (Deed.CUT, Deed.CUT, Deed.PAUSE, Deed.LOSS, Deed.CRASH)
"""Faults that bodies which last meet one kind at a time."""
LASTING_RATE: Final = 0.15
AT_ONCE_RATE: Final = 0.2
PLAIN: Final = frozenset({Deed.ENQUEUE, Deed.CHAIN, Deed.BURST})
FLOW_RATE: Final = 0.5
"""So many of the worlds have batches, callbacks and so on; the others are what they would be without."""
FLOW_DEEDS_RATE: Final = 0.75
