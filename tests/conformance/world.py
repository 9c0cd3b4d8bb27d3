"""What the tests of the store say in one word each: put a job, claim it, end it, look at it."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from headway.model.claim import Claim, NewJob
from headway.model.job import JobRow, State
from headway.model.outcome import Budget, Ending, EndKind, ErrorText, LogLine, Report, Settlement, decide
from headway.store.glance import Glance
from headway.store.protocol import (
    Ask,
    Beat,
    Enqueued,
    Exchange,
    JobDetail,
    JobFilter,
    NodeInfo,
    Operation,
    Reaped,
    Store,
)
from tests.conformance.owned_clock import SECOND_US, OwnedClock

LEASE_US = 30 * SECOND_US
BEAT_US = 5 * SECOND_US
SWEEP_S = 3
PLENTY = 100_000
NAMES = ("work", "other")
IN_QUEUES = (State.QUEUED, State.SCHEDULED, State.WAITING, State.RUNNING)
ERROR = ErrorText(type="ValueError", message="no", traceback="Traceback ...\nValueError: no")


def budget(claim: Claim, **facts: Any) -> Budget:
    values: dict[str, Any] = {"interrupt_fails": claim.interrupt_fails}
    return Budget(tries=claim.tries, crashes=claim.crashes, retries=claim.retries, **values | facts)


def new(ref_id: str, **facts: Any) -> NewJob:
    return NewJob(ref_id=ref_id, name=facts.pop("name", "work"), payload=facts.pop("payload", '{"x":1}'), **facts)


@dataclass(slots=True, kw_only=True)
class World:
    """One store, its clock, and names that are never used twice."""

    store: Store
    clock: OwnedClock
    prefix: str = "r"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # -- the client's side

    def new(self, **facts: Any) -> NewJob:
        return new(facts.pop("ref_id", None) or f"{self.prefix}-{next(self.numbers)}", **facts)

    def enqueue(self, *jobs: NewJob) -> list[Enqueued]:
        return self.store.call(self.store.enqueue(jobs))

    def put(self, **facts: Any) -> int:
        """Enqueue one job; its id."""
        return self.enqueue(self.new(**facts))[0].id

    def row(self, id_or_ref: int | str, **facts: Any) -> JobRow:
        row = self.store.reader.call(self.store.reader.job(id_or_ref, **facts))
        assert row is not None, f"job {id_or_ref} is nowhere"
        return row

    def state(self, job: int) -> State:
        return self.row(job).state

    def detail(self, id_or_ref: int | str) -> JobDetail:
        detail = self.store.reader.call(self.store.reader.detail(id_or_ref))
        assert detail is not None, f"job {id_or_ref} is nowhere"
        return detail

    def events(self, job: int) -> list[str]:
        return [event.kind for event in self.detail(job).events]

    def lines(self, job: int, **facts: Any) -> list[str]:
        return [stored.line.text for stored in self.store.reader.call(self.store.reader.lines(job, **facts))]

    def everything(self, where: JobFilter | None = None) -> tuple[Any, ...]:
        """All that can be seen of all jobs and nodes: equal before and after means that nothing changed."""
        reader = self.store.reader
        rows = reader.call(reader.page(where or JobFilter(), limit=1000)).rows
        details = tuple(self.detail(row.id) for row in rows)
        lines = tuple(reader.call(reader.lines(row.id)) for row in rows)
        return details, lines, reader.call(reader.nodes())

    # -- the worker's side

    def info(self, uid: str | None = None, **facts: Any) -> NodeInfo:
        values: dict[str, Any] = {
            "uid": uid or f"node-{self.prefix}-{next(self.numbers)}", "app": "default", "host": "here", "pid": 4242,
            "names": NAMES, "queues": None, "concurrency": 8, "version": "0",
        }  # fmt: skip
        return NodeInfo(**values | facts)

    def node(self, uid: str | None = None, **facts: Any) -> int:
        return self.store.call(self.store.register(self.info(uid, **facts), lease_us=LEASE_US))

    def turn(
        self, node: int, *settlements: Settlement, reports: Sequence[Report] = (), asks: Sequence[Ask] = ()
    ) -> Exchange:
        return self.store.call(
            self.store.exchange(node, settlements=settlements, reports=reports, asks=asks, lease_us=LEASE_US)
        )

    def claim(
        self, node: int, limit: int = 1, *, names: Sequence[str] = NAMES, queues: tuple[str, ...] | None = None
    ) -> tuple[Claim, ...]:
        return self.turn(node, asks=[Ask(limit=limit, names=frozenset(names), queues=queues)]).claims

    def claim_ids(self, node: int, limit: int = PLENTY, **facts: Any) -> list[int]:
        return [claim.id for claim in self.claim(node, limit, **facts)]

    def take(self, node: int, job: int) -> Claim:
        """Claim exactly this job, which must be the next one."""
        (claim,) = self.claim(node)
        assert claim.id == job
        return claim

    def running(self, node: int, **facts: Any) -> Claim:
        return self.take(node, self.put(**facts))

    def ending(self, claim: Claim, kind: EndKind = EndKind.RETURNED, **facts: Any) -> Ending:
        now = self.clock.now_us()
        error = ERROR if kind in {EndKind.RAISED, EndKind.TIMED_OUT} else None
        values: dict[str, Any] = {"started_us": claim.claimed_us, "finished_us": now, "error": error}
        return Ending(id=claim.id, epoch=claim.epoch, kind=kind, **values | facts)

    def settlement(
        self, claim: Claim, kind: EndKind = EndKind.RETURNED, *, handler: dict[str, bool] | None = None, **facts: Any
    ) -> Settlement:
        return decide(budget(claim, **handler or {}), self.ending(claim, kind, **facts))

    def settle(self, node: int, claim: Claim, kind: EndKind = EndKind.RETURNED, **facts: Any) -> Exchange:
        return self.turn(node, self.settlement(claim, kind, **facts))

    def end(self, node: int, claim: Claim, kind: EndKind = EndKind.RETURNED, **facts: Any) -> State:
        """Settle, which must be accepted; the state that was written."""
        answer = self.settle(node, claim, kind, **facts)
        assert answer.accepted == (True,)
        (state,) = answer.states
        assert state is not None
        return state

    def fail(self, node: int, claim: Claim) -> State:
        """For good, whatever the budget."""
        return self.end(node, claim, EndKind.RAISED, permanent=True)

    def report(self, node: int, claim: Claim, **facts: Any) -> Exchange:
        return self.turn(node, reports=[Report(id=claim.id, epoch=claim.epoch, **facts)])

    def say(self, node: int, claim: Claim, *texts: str, **facts: Any) -> Exchange:
        return self.report(node, claim, lines=said(self.clock, *texts), **facts)

    def beat(self, node: int) -> Beat:
        return self.store.call(self.store.beat(node, lease_us=LEASE_US))

    def glance(self) -> Glance | None:
        """What a worker at rest would see now."""
        return self.store.glance("default", lease_us=LEASE_US)

    def reap(self, *dead: str) -> Reaped:
        glance = None if dead else self.glance()
        reaped = self.store.call(self.store.reap(dead=dead, lease_us=LEASE_US, beat_us=BEAT_US))
        assert glance is None or glance.lapsed or not reaped.nodes, "a worker at rest would not have swept"
        return reaped

    def sweep(self, seconds: int, *, beating: Sequence[int] = ()) -> list[Reaped]:
        """Let time pass as it does in life: a sweep every 3 s; the nodes in `beating` beat."""
        done = []
        for _ in range(-(-seconds // SWEEP_S)):
            self.clock.advance(SWEEP_S)
            for node in beating:
                self.beat(node)
            done.append(self.reap())
        return done

    def tend(self) -> int:
        glance = self.glance()
        changed = self.store.call(self.store.tend())
        if glance is not None and changed:
            is_due = glance.next_due_us is not None and glance.next_due_us <= self.clock.now_us()
            assert glance.upkeep or is_due, "a worker at rest would not have tended"
        return changed

    def archive(self) -> int:
        """Everything that has ended."""
        glance = self.glance()
        moved = self.store.call(self.store.archive(before_us=self.clock.now_us() + 1))
        assert glance is None or glance.oldest_ended_us is not None or not moved, "a worker would not have archived"
        return moved

    def healthy(self) -> None:
        found = self.store.call(self.store.audit())
        assert found == (), found
        self.counted()

    def counted(self) -> None:
        """What is counted by the indexes and by months is what is there, job by job; so is what is listed by the indexes."""
        reader = self.store.reader
        every = reader.call(reader.page(JobFilter(), limit=1000))
        if every.next_cursor is not None:  # too many to be compared
            return
        looks: list[tuple[Operation[Any], Any]] = []
        for app in (*{row.app for row in every.rows}, None):
            own = [row for row in every.rows if app in {None, row.app}]
            by_state = {state: tuple(row for row in own if row.state is state) for state in State}
            looks.append((reader.counts(app=app), {state: len(rows) for state, rows in by_state.items()}))
            names = {row.name for row in own if row.state in IN_QUEUES}
            looks.append((reader.handlers(app=app), tuple(sorted(names))))
        looks += [
            (reader.ids(JobFilter(states=(state,))), tuple(row.id for row in rows)) for state, rows in by_state.items()
        ]
        *found, queues = reader.call(
            Operation("look", lambda tx: [look.run(tx) for look in (*(one for one, _ in looks), reader.queues())])
        )
        assert found == [wanted for _, wanted in looks]
        open_jobs = Counter((row.app, row.queue, row.state) for row in every.rows if row.state in IN_QUEUES)
        numbers = {(one.app, one.queue, state): getattr(one, state.value) for one in queues for state in IN_QUEUES}
        assert +Counter(numbers) == open_jobs


def said(clock: OwnedClock, *texts: str) -> tuple[LogLine, ...]:
    return tuple(LogLine(at_us=clock.now_us(), level=20, text=text) for text in texts)
