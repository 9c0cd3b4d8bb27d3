"""The protocol as a pure model: jobs and nodes as plain records, and every verb in its few lines.

It knows nothing of SQL, threads, groups or files. The store must look the same after every step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from headway.model.job import FINAL, PENDING, State
from headway.model.outcome import Settlement
from headway.store.protocol import CancelAnswer, RequeueAnswer
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import BEAT_US, LEASE_US

BAD = frozenset({State.FAILED, State.CANCELLED, State.SKIPPED})
WANTED = {
    "failure": {"failed"},
    "cancelled": {"cancelled"},
    "failure_or_cancelled": {"failed", "cancelled"},
    "finished": {"completed", "failed", "cancelled", "skipped"},
}
CALLBACK_RETRIES = 1


@dataclass(slots=True, kw_only=True)
class PureJob:
    """One job; the fields are compared with the row's."""

    id: int
    ref_id: str
    state: State
    priority: int
    due_us: int
    created_us: int
    retries: int
    expires_us: int | None = None
    started_us: int | None = None
    finished_us: int | None = None
    epoch: int = 0
    tries: int = 0
    crashes: int = 0
    code: str | None = None
    cancel: bool = False
    archived: bool = False
    suspect: bool = False
    node: int | None = None
    fragile: bool = False
    parents: tuple[int, ...] = ()
    waits: set[int] = field(default_factory=set)
    revived: bool = False
    condition: str | None = None
    heard: set[State] = field(default_factory=set)
    """How parents ended so far; kept where there is a condition."""
    callback: bool = False
    callback_of: int | None = None


@dataclass(slots=True, kw_only=True)
class PureNode:
    """One node and its lease, on the boot clock."""

    id: int
    uid: str
    boot: str
    lease: int
    state: str = "active"


@dataclass(slots=True)
class Pure:
    """All jobs and nodes."""

    clock: OwnedClock
    number_of: Callable[[str], int]
    """Under which number the store has made a call a job: a refused enqueue may leave a gap."""
    jobs: dict[int, PureJob] = field(default_factory=dict)
    nodes: dict[int, PureNode] = field(default_factory=dict)
    last_sweep: tuple[str, int, int] | None = None
    outbox: list[PureJob] = field(default_factory=list)
    """Committed by callers; each gets its number when it is made a job."""
    marked: set[int] = field(default_factory=set)
    """Jobs whose own transactions were committed."""
    held: bool = False

    # -- the client's verbs

    def enqueue(self, job: PureJob) -> None:
        """A new job, with parents that exist."""
        self.jobs[job.id] = job
        states = {parent: self.jobs[parent].state for parent in job.parents}
        job.heard = {state for state in states.values() if state in FINAL}
        job.waits = {parent for parent, state in states.items() if state not in FINAL}
        self._judge(job)

    def cancel(self, job: PureJob) -> CancelAnswer:
        if job.state in FINAL:
            return CancelAnswer.FINAL
        if job.state is State.EXECUTED:
            return self.cancel(next(one for one in self.callbacks(job) if one.state not in FINAL))
        if job.state is State.RUNNING:
            answer = CancelAnswer.ALREADY_REQUESTED if job.cancel else CancelAnswer.REQUESTED
            job.cancel = True
            return answer
        job.cancel = True
        self._end(job, State.CANCELLED, "cancelled")
        return CancelAnswer.CANCELLED

    def requeue(self, job: PureJob) -> RequeueAnswer:
        """Parents still open are waited for; parents that ended badly are not asked again: somebody has decided."""
        if job.state not in {State.FAILED, State.CANCELLED}:
            return RequeueAnswer.REFUSED
        if job.code == "callback_failed":  # then it is the callback that runs again
            return self.requeue(self.callbacks(job)[-1])
        if job.callback_of is not None:
            caller = self.jobs[job.callback_of]
            caller.state, caller.code, caller.finished_us = State.EXECUTED, None, None
            caller.archived, caller.revived = False, True
        job.suspect = job.code == "poison"
        states = {parent: self.jobs[parent].state for parent in job.parents}
        job.waits = {parent for parent, state in states.items() if state not in FINAL}
        job.heard = set() if job.condition == "success" else {state for state in states.values() if state in FINAL}
        job.revived = True
        job.state = State.WAITING if job.waits else State.QUEUED
        job.due_us = self.clock.now_us()
        job.finished_us = job.expires_us = job.code = None
        job.tries = job.crashes = 0
        job.cancel = job.archived = False
        return RequeueAnswer.REQUEUED

    def admit(self) -> int:
        """Make jobs of all that callers have committed."""
        left, self.outbox = self.outbox, []
        for job in left:
            job.id, job.created_us = self.number_of(job.ref_id), self.clock.now_us()
            assert job.id > max(self.jobs, default=0), "the oldest first"
            job.due_us = job.due_us or job.created_us  # a delay runs from the call
            self.enqueue(job)
        return len(left)

    # -- the worker's verbs

    def register(self, node: int, uid: str) -> None:
        self.nodes[node] = PureNode(id=node, uid=uid, boot=self.clock.boot_id(), lease=self._lease())

    def alive(self, node: int) -> bool:
        """Whether the node may go on; renews its lease if so."""
        found = self.nodes[node]
        if found.state != "active" or found.boot != self.clock.boot_id():
            return False
        found.lease = self._lease()
        return True

    def claim(self, node: int, limit: int) -> list[PureJob]:
        """For a node that is alive: admit, expire and stage first, then by priority, due moment, id."""
        self.admit()
        self.expire()
        self.stage()
        if self.held:
            return []
        ready = [job for job in self.jobs.values() if job.state is State.QUEUED]
        granted = sorted(ready, key=lambda job: (-job.priority, job.due_us, job.id))[:limit]
        for job in granted:
            job.state, job.epoch, job.node, job.code = State.RUNNING, job.epoch + 1, node, None
            job.started_us = self.clock.now_us()
        return granted

    def settle(self, written: Settlement) -> State | None:
        """Under the fence; a cancellation asked for in time wins."""
        job = self.jobs.get(written.id)
        if job is None or job.state is not State.RUNNING or job.epoch != written.epoch:
            return None
        job.tries, job.crashes = written.tries, written.crashes
        if job.id in self.marked:
            return self._end_done(job)
        job.suspect = job.suspect or written.suspect > 0
        state, code = (State.CANCELLED, "cancelled") if job.cancel else (written.state, written.code)
        if state is State.COMPLETED and job.callback:
            state = State.EXECUTED
        if state is State.SCHEDULED:
            job.due_us = self.clock.now_us() + written.due_delay_us
        self._leave_running(job, state, code)
        if state in {State.COMPLETED, State.EXECUTED}:
            job.suspect = False
        if state is State.EXECUTED:
            self._call_back(job)
        return state

    def leave(self, node: int) -> int:
        held = self._take_undone(node)
        for job in held:
            self._leave_running(job, *((State.CANCELLED, "cancelled") if job.cancel else (State.QUEUED, None)))
        if self.nodes[node].state == "active":
            self.nodes[node].state = "left"
        return len(held)

    def reap(self, dead: tuple[str, ...]) -> tuple[set[str], bool]:
        """Uids of the nodes declared dead, and whether lapsed leases were held."""
        boot, now = self.clock.boot_id(), self.clock.boot_us()
        hold = 0
        if self.last_sweep is not None and self.last_sweep[0] == boot:
            hold = self.last_sweep[2]
            if now - self.last_sweep[1] > 2 * BEAT_US:
                hold = self._lease()
        self.last_sweep = (boot, now, hold)
        held = now < hold
        taken = set()
        for node in self.nodes.values():
            lapsed = not held and node.lease < now
            if node.state == "active" and (node.boot != boot or node.uid in dead or lapsed):
                self._bury(node)
                taken.add(node.uid)
        return taken, held

    # -- upkeep

    def expire(self) -> None:
        """All whose moment has passed, then their families: a child that expired too says so itself."""
        now = self.clock.now_us()
        late = [job for job in self.jobs.values() if job.state in PENDING and (job.expires_us or now + 1) <= now]
        for job in late:
            job.state, job.code, job.finished_us = State.CANCELLED, "expired", now
        for job in late:
            self._tell(job)

    def stage(self) -> None:
        for job in self.jobs.values():
            if job.state is State.SCHEDULED and job.due_us <= self.clock.now_us():
                job.state = State.QUEUED

    def archive(self, before_us: int) -> int:
        moved = [
            job for job in self.jobs.values()
            if job.state in FINAL and not job.archived and job.finished_us is not None and job.finished_us < before_us
        ]  # fmt: skip
        for job in moved:
            job.archived = True
        return len(moved)

    # -- looking

    def held_by(self, node: int) -> list[PureJob]:
        return [job for job in self.jobs.values() if job.state is State.RUNNING and job.node == node]

    def callbacks(self, job: PureJob) -> list[PureJob]:
        return [one for one in self.jobs.values() if one.callback_of == job.id]

    def breaches(self) -> Iterator[str]:
        """What the protocol forbids in any state; the model itself must be free of it."""
        for job in self.jobs.values():
            states = {parent: self.jobs[parent].state for parent in job.parents}
            if job.state is State.WAITING and not any(states[parent] not in FINAL for parent in job.waits):
                yield f"job {job.id} waits for nobody that can still end"
            wanted = {State.COMPLETED} if job.condition in {None, "success"} else FINAL
            if job.epoch and not job.revived and any(state not in wanted for state in states.values()):
                yield f"job {job.id} started before its parents completed"
            open_ = [one for one in self.callbacks(job) if one.state not in FINAL]
            if len(open_) != (job.state is State.EXECUTED):
                yield f"job {job.id} is {job.state} and has {len(open_)} callbacks that have not ended"
            if job.state is State.CANCELLED and job.code == "expired" and job.epoch == 0 and job.started_us is not None:
                yield f"job {job.id} expired after it started"

    # -- within

    def _lease(self) -> int:
        return self.clock.boot_us() + LEASE_US

    def _ready(self, job: PureJob) -> State:
        return State.SCHEDULED if job.due_us > self.clock.now_us() else State.QUEUED

    def _bury(self, node: PureNode) -> None:
        for job in self._take_undone(node.id):
            job.suspect = True
            if job.cancel:
                self._leave_running(job, State.CANCELLED, "cancelled")
            elif job.fragile:
                self._leave_running(job, State.FAILED, "interrupted")
            else:
                self._leave_running(job, State.QUEUED, None)
        node.state = "dead"

    def _leave_running(self, job: PureJob, state: State, code: str | None) -> None:
        job.node = None
        if state in FINAL:
            self._end(job, state, code)
        else:
            job.state, job.code = state, code

    def _take_undone(self, node: int) -> list[PureJob]:
        """What it holds, without that which is done already: this ends well."""
        for job in self.held_by(node):
            if job.id in self.marked:
                self._end_done(job)
        return self.held_by(node)

    def _end_done(self, job: PureJob) -> State:
        """Its own transaction was committed: whatever else is said of its attempt, it ends well."""
        job.cancel = job.suspect = False
        state = State.EXECUTED if job.callback else State.COMPLETED
        self._leave_running(job, state, None)
        if job.callback:
            self._call_back(job)
        return state

    def _call_back(self, job: PureJob) -> None:
        now, number = self.clock.now_us(), max(self.jobs) + 1
        self.jobs[number] = PureJob(
            id=number, ref_id=f"callback-{job.id}-{job.epoch}", state=State.QUEUED, priority=0, due_us=now,
            created_us=now, retries=CALLBACK_RETRIES, callback_of=job.id,
        )  # fmt: skip

    def _end(self, job: PureJob, state: State, code: str | None) -> None:
        job.state, job.code, job.finished_us = state, code, self.clock.now_us()
        self._tell(job)
        caller = None if job.callback_of is None else self.jobs[job.callback_of]
        if caller is not None and caller.state is State.EXECUTED:
            well = state is State.COMPLETED
            self._end(caller, State.COMPLETED if well else State.FAILED, None if well else "callback_failed")

    def _tell(self, job: PureJob) -> None:
        """The family, level by level."""
        told = [job]
        while told:
            parent = told.pop()
            for child in self.jobs.values():
                if child.state is not State.WAITING or parent.id not in child.waits:
                    continue
                child.waits.discard(parent.id)
                child.heard.add(parent.state)
                self._judge(child)
                if child.state in FINAL:
                    told.append(child)

    def _judge(self, job: PureJob) -> None:
        """What a job does that has heard this of those it waited for, and waits for these."""
        if job.condition in {None, "success"}:
            unmet = bool(job.heard & BAD)
        elif job.waits or not job.parents:
            unmet = False
        else:
            unmet = not any(state.value in WANTED[job.condition or ""] for state in job.heard)
        if unmet:
            skipped = job.condition is not None
            job.state = State.SKIPPED if skipped else State.CANCELLED
            job.code = "condition_unmet" if skipped else "parent_failed"
            job.finished_us = self.clock.now_us()
        else:
            job.state = State.WAITING if job.waits else self._ready(job)
