"""The world outside of a node's engine: processes that run users' functions, well or badly. Stands where a real runner stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.claim import Claim, NewJob
from headway.model.event import JobEvent
from headway.model.handler import HandlerInfo
from headway.model.outcome import Ending, EndKind, ErrorText, LogLine, Report
from headway.run.runner import Batch, Deliver, StopAttempt, StopReason
from headway.run.stops import code_of, kind_of
from headway.run.unstarted import unstarted
from tests.simulator.flow import offspring
from tests.simulator.transacting import Block, Fate, block, transact

if TYPE_CHECKING:
    from tests.simulator.member import Member
    from tests.simulator.script import Terms

SECOND_US: Final = 1_000_000
ERROR: Final = ErrorText("ValueError", "no", "")
LOST_GRACE_US: Final = 2 * SECOND_US
"""A body in a process of its own that ignores its stop is killed after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one attempt does, whatever else happens in the world."""

    kind: EndKind
    lasts_us: int
    words: int
    """How many log lines it says."""
    has_child: bool
    obeys: bool
    permanent: bool
    children: tuple[NewJob, ...] = ()
    """What it leaves behind if it succeeds."""
    block: Block | None = None
    """Its own transaction."""


ENDINGS: Final = (
    *(EndKind.RETURNED,) * 12, *(EndKind.RAISED,) * 4, EndKind.TIMED_OUT, EndKind.SNOOZED, EndKind.CANCELLED,
)  # fmt: skip


def plan(seed: int, claim: Claim, terms: Terms, asked: NewJob | None = None) -> Plan:
    """The plan of an attempt; in the end everything succeeds."""
    draw = Random(f"{seed} body {claim.ref_id} {claim.epoch}")
    longest_us = terms.longest_us
    kind = EndKind.RETURNED if claim.epoch >= EPOCH_OF_PEACE else draw.choice(ENDINGS)
    quick = claim.name == "quick"
    lasts_us = draw.choice((500, 1_000)) if quick else draw.choice((1_000, 50_000, 300_000, longest_us))
    if RUN_MARK in claim.ref_id:  # there are many of them, and some stand in a row
        lasts_us = min(lasts_us, RUN_US_MAX)
    return Plan(
        kind=EndKind.RETURNED if quick else kind,
        lasts_us=longest_us if terms.lasting else lasts_us,
        words=0 if quick else draw.choice((0, 1, 3, 8)),
        has_child=not quick and ".child" not in claim.ref_id and draw.random() < CHILD_RATE,
        obeys=draw.random() < OBEYS_RATE,
        permanent=draw.random() < PERMANENT_RATE,
        children=offspring(claim, terms.flow, draw, asked),
        block=None if quick or not terms.callers else block(Random(f"{seed} block {claim.ref_id} {claim.epoch}")),
    )


RUN_MARK: Final = "@"
"""In the reference of a schedule's run."""
RUN_US_MAX: Final = 2_500_000
EPOCH_OF_PEACE: Final = 8
CHILD_RATE: Final = 0.1
OBEYS_RATE: Final = 0.7
PERMANENT_RATE: Final = 0.1


@dataclass(slots=True, eq=False)
class Body:
    """One attempt that runs."""

    claim: Claim
    plan: Plan
    member: Member
    started_us: int
    life: int
    """Of its node."""
    told: StopReason | None = None
    ended: bool = False
    said: list[str] = field(default_factory=list)
    natural: bool = False
    """It came to the end that was planned, and nobody asked it to stop."""

    @property
    def key(self) -> tuple[int, int]:
        return self.claim.id, self.claim.epoch

    def children(self) -> tuple[NewJob, ...]:
        """The jobs that it leaves behind if it succeeds."""
        if not self.plan.has_child:
            return self.plan.children
        ref_id = f"{self.claim.ref_id}.child{self.claim.id}.{self.claim.epoch}"
        return (NewJob(ref_id=ref_id, name="work", payload="{}"), *self.plan.children)


class Bodies:
    """A host for several attempts, or a pool of children with one each. Implements `Runner`."""

    can_start = True
    lacking: Callable[[frozenset[str]], None]

    def __init__(self, member: Member, *, slots: int, alone: bool) -> None:
        self._member = member
        self._world = member.world
        self._slots = slots
        self.alone = alone
        self._outside = alone or member.settings.hosts > 0
        """Bodies run on while their node stands still."""
        self._outbox: deque[Batch] = deque()
        self._waiting: deque[Claim] = deque()
        self.running: list[Body] = []
        self._deliver: Deliver | None = None
        self._closing = False

    # -- Runner --------------------------------------------------------------------------------------------------

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def give(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._world.record.given(claim, self._member.name, alone=self.alone)
        if self._closing:
            self._say(Batch(endings=tuple(unstarted(claim, StopReason.SHUTDOWN) for claim in claims)))
            return
        self._waiting += claims
        self._later(1_000, self._fill)

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        for one in stops:
            self._stop(one)

    def tell(self, events: Sequence[JobEvent]) -> None:
        for event in events:
            self._world.record.told(event)

    def learn(self, infos: Iterable[HandlerInfo], modules: Sequence[str] = ()) -> None:
        """Every process here can run everything."""

    def release(self) -> None:
        waiting, self._waiting = [*self._waiting], deque()
        self._say(Batch(endings=tuple(unstarted(claim, StopReason.SHUTDOWN) for claim in waiting)))

    def close(self, grace_s: float) -> None:
        self._closing = True
        self.release()
        for body in [*self.running]:
            self._end(body, kind_of(StopReason.SHUTDOWN), code=code_of(StopReason.SHUTDOWN))

    def holds(self, job: int, epoch: int) -> bool:
        """Whether this waits here for a slot, or for its start."""
        return any((one.id, one.epoch) == (job, epoch) for one in self._waiting)

    @property
    def is_idle(self) -> bool:
        return not self._waiting and not self.running

    # -- life ----------------------------------------------------------------------------------------------------

    def die(self) -> None:
        """Its process dies by itself."""
        victims = [*self.running]
        kind = EndKind.CRASHED if self.alone else EndKind.SUSPECT
        if self.alone:
            victims = victims[:1]
        else:
            waiting, self._waiting = [*self._waiting], deque()
            self._say(Batch(endings=tuple(unstarted(claim, StopReason.SHUTDOWN) for claim in waiting)))
        for body in victims:
            self._end(body, kind if body.told is None else kind_of(body.told), code="crashed")

    def vanish(self) -> None:
        """It dies with its node, and nobody hears of it."""
        for body in self.running:
            body.ended = True
            self._world.record.over(body)
        self.running.clear()
        self._waiting.clear()

    def _fill(self) -> None:
        while self._waiting and len(self.running) < self._slots:
            claim = self._waiting.popleft()
            body = Body(
                claim,
                plan(
                    self._world.script.seed,
                    claim,
                    self._world.script.terms,
                    self._world.record.wanted.get(claim.ref_id),
                ),
                self._member,
                self._world.clock.now_us(),
                self._member.life,
            )
            self.running.append(body)
            self._world.record.begun(body)
            for number in range(body.plan.words):
                self._later(body.plan.lasts_us * number // body.plan.words, lambda b=body, n=number: self._talk(b, n))
            if body.plan.block is not None:
                self._later(body.plan.lasts_us * body.plan.block.percent // 100, lambda b=body: self._transact(b))
            self._later(body.plan.lasts_us, lambda b=body: self._end(b, b.plan.kind))

    def _talk(self, body: Body, number: int) -> None:
        if not body.ended:
            fraction = number / body.plan.words
            self._say(Batch(reports=(Report(*body.key, fraction=fraction, lines=(self._line(body, str(number)),)),)))

    def _transact(self, body: Body) -> None:
        """Its own transaction; what goes wrong in it ends the attempt, or the process."""
        if body.ended:
            return
        match transact(self._world, body):
            case Fate.RAISES:
                self._end(body, EndKind.RAISED)
            case Fate.DIES_BEFORE | Fate.DIES_AFTER:
                self.die()
            case Fate.COMMITS:
                pass

    def _line(self, body: Body, word: str) -> LogLine:
        body.said.append(f"{body.claim.epoch}:{word}")
        return LogLine(self._world.clock.now_us(), 20, body.said[-1])

    def _stop(self, one: StopAttempt) -> None:
        for body in self.running:
            if body.key == (one.id, one.epoch) and body.told is None:
                body.told = one.reason
                self._world.trace.say(f"body of {body.claim.ref_id}@{one.epoch} is asked to stop: {one.reason}")
                pause = self._world.random.randrange(50_000) if body.plan.obeys else LOST_GRACE_US
                if body.plan.obeys or self.alone:
                    self._later(pause, lambda b=body: self._end(b, kind_of(one.reason), code=code_of(one.reason)))
        for claim in [*self._waiting]:
            if (claim.id, claim.epoch) == (one.id, one.epoch):
                self._waiting.remove(claim)
                self._say(Batch(endings=(unstarted(claim, one.reason),)))

    def _end(self, body: Body, kind: EndKind, *, code: str | None = None) -> None:
        if body.ended:
            return
        body.ended = True
        body.natural = body.told is None and kind is body.plan.kind
        self.running.remove(body)
        self._world.record.over(body)
        claim, ends_well, children = body.claim, kind is EndKind.RETURNED, body.children()
        now_us = self._world.clock.now_us()
        last = Report(*body.key, fraction=1.0, lines=(self._line(body, "last"),)) if body.plan.words else None
        ending = Ending(
            claim.id,
            claim.epoch,
            kind,
            body.started_us,
            now_us,
            result=f'"{claim.ref_id}@{claim.epoch}"' if ends_well else None,
            code=code,
            error=ERROR if kind in {EndKind.RAISED, EndKind.TIMED_OUT} else None,
            permanent=body.plan.permanent,
            delay_us=SECOND_US if kind is EndKind.SNOOZED else None,
            report=last,
            children=msgspec.json.encode(children).decode() if ends_well and children else None,
        )
        self._world.trace.say(f"body of {claim.ref_id}@{claim.epoch} ends: {kind}", self._member.name)
        self._say(Batch(endings=(ending,)))
        self._later(0, self._fill)

    # -- how it reaches its node ---------------------------------------------------------------------------------

    def _say(self, batch: Batch) -> None:
        """Heard by the node a moment later, when it is not standing still."""
        if batch.endings or batch.reports:
            self._outbox.append(batch)
            self._world.after(0, self._member, self._flush, inside=True)

    def _flush(self) -> None:
        """In the order in which it was said."""
        while self._outbox and self._deliver is not None:
            self._deliver(self._outbox.popleft())

    def _later(self, delay_us: int, act: object) -> None:
        self._world.after(delay_us, self._member, act, inside=not self._outside)
