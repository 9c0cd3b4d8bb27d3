"""The record: what was promised and what was seen, and the rules that every transaction and every start must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.claim import Claim, NewJob
from headway.model.event import EventKind, JobEvent
from headway.model.job import FINAL, PENDING, TRANSITIONS, State
from headway.model.tie import Tie
from headway.store.batching import Created
from headway.store.protocol import CancelAnswer, Enqueued, Exchange, Reaped, RequeueAnswer
from headway.store.thread import Ticket
from headway.store.values import DeleteAnswer
from tests.simulator.batches import BATCHES, BatchRules, BatchSeen, KeyRules, hold_to_answers, hold_to_told
from tests.simulator.calling import CallingRules
from tests.simulator.families import Ended, kin
from tests.simulator.flow import NO_FLOW
from tests.simulator.gates import GATES, GateRules, GateSeen
from tests.simulator.lines import FORWARD, hold_to_lines, hold_to_one_body
from tests.simulator.schedules import Commit, ScheduleRules
from tests.simulator.tidying import DrainRules
from tests.simulator.turning import hold_to_turns

if TYPE_CHECKING:
    from tests.simulator.bodies import Body
    from tests.simulator.member import Member, Process
    from tests.simulator.world import World


class Violation(BaseException):
    """A promise was broken; passes through everything, as no part of the product may wait it out."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What the rules need of a job."""

    id: int
    ref_id: str
    name: str
    state: str
    epoch: int
    tries: int
    crashes: int
    retries: int
    node_id: int | None
    due_us: int
    expires_us: int | None
    finished_us: int | None
    blocked: str | None
    parents: str | None
    suspect: int
    lane: str | None
    key: str | None
    key_limit: int | None
    queue: str
    code: str | None
    created_us: int
    created_by: str | None
    parent_id: int | None
    ties: int
    unique_key: str | None
    unique_until_us: int | None
    batch: int | None
    condition: str | None
    callback_of: int | None
    cancel_us: int | None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


SNAPSHOT: Final = (
    "SELECT id, ref_id, name, state, epoch, tries, crashes, retries, node_id, due_at, expires_at, finished_at, blocked,"
    " parents, suspect, lane, key, key_terms, queue, code, created_at, created_by, parent_id, ties, unique_key, unique_until,"
    " batch, condition, callback_of, cancel_at FROM headway_job"
)
KEPT_US: Final = 10_000_000
"""So long after its end a fleeting run can be read."""
NOTHING_REAPED: Final = Reaped(nodes=(), jobs=0)
QUIET: Final = frozenset({"beat", "register", "learn", "hold_claims", "resume_claims", "keep", "prune", "seal"})
"""Verbs that change no job, or only what no rule asks for."""


def _reachable() -> dict[State, frozenset[State]]:
    """What one transaction may make of each state: arrows after each other, but none out of a final state."""
    arrows = {old: (frozenset() if old in FINAL else new) for old, new in TRANSITIONS.items()}
    found = {state: frozenset({state}) | arrows[state] for state in State}
    for _ in State:
        found = {state: frozenset().union(*(found[one] for one in near)) for state, near in found.items()}
    return found


REACHABLE: Final = _reachable()


class Record:
    """Sees every commit, whether its answer arrives or not, and every body."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.rows: dict[int, Row] = {}
        """As the latest commit left them."""
        self._found: dict[int, tuple[Any, ...]] = {}
        """The same, as they were read."""
        self.wanted: dict[str, NewJob] = {}
        self.id_of: dict[str, int] = {}
        """Acknowledged."""
        self.held = False
        self.requeued_at: dict[int, int] = {}
        """Epoch at the latest requeue."""
        self.barred: set[int] = set()
        """Cancelled before they started."""
        self.asked: dict[int, int] = {}
        """Running under that epoch when a cancellation was asked for."""
        self.claims: dict[tuple[int, int], int] = {}
        """Who was granted what."""
        self.begun_by: set[tuple[int, int]] = set()
        self.bodies: list[Body] = []
        self.successes: Counter[int] = Counter()
        self.offered: dict[tuple[int, int], Body] = {}
        """Attempts that ended, by key."""
        self.events: set[tuple[int, int, int, EventKind]] = set()
        self.requeues: Counter[int] = Counter()
        self.purged: set[int] = set()
        self.purged_refs: set[str] = set()
        self.deleted: set[int] = set()
        """Of which a deletion said so."""
        self.drains = DrainRules(self.must)
        self.calling = CallingRules(self.must)
        self.commits = self.served = 0
        self.batches: dict[int, BatchSeen] = {}
        self.gates: dict[str, GateSeen] = {}
        self.batch_rules = BatchRules(self.must)
        self.key_rules = KeyRules(self.must)
        self.gate_rules = GateRules(world.script.terms.flow, self.must)
        self.schedule_rules = ScheduleRules(self.must)
        self._was_held = False
        self.ended = Ended()

    # -- the user's side -----------------------------------------------------------------------------------------

    def acknowledged(self, jobs: Sequence[NewJob], answers: Sequence[Enqueued]) -> None:
        for job, answer in zip(jobs, answers, strict=True):
            if answer.ref_id != job.ref_id:
                continue  # it was not stored: another job has its unique key
            if self.id_of.get(job.ref_id) in self.purged:
                del self.id_of[job.ref_id]  # forgotten, so the same call makes a new one
            known = self.id_of.setdefault(job.ref_id, answer.id)
            self.must(known == answer.id, f"{job.ref_id} was acknowledged as job {known} and as job {answer.id}")

    def stored_in(self, member: Member, answers: Sequence[Enqueued]) -> None:
        """The process of a node is told that these are stored: from now on that node is not idle while they wait, or run there."""
        drained = member.core.node.uid in self.drains.now or member.core.engine._orders.draining
        if drained or self.held or not self._world.is_awake(member) or not member.core.engine.idle.is_set():
            return
        now_us, node = self._world.clock.now_us(), member.core.node
        for row in [self.rows[one.id] for one in answers if one.id in self.rows and not one.existing]:
            waits = (
                row.state == "queued"
                and row.blocked is None
                and row.due_us <= now_us
                and row.name in member.core.judge.names.every
            )
            waits = waits and not self._world.script.terms.flow.bounds
            runs_here = row.state == "running" and row.node_id == node.id
            self.must(not (waits or runs_here), f"{row.ref_id} is {row.state}, and {member.name} says it is idle")

    # -- commits -------------------------------------------------------------------------------------------------

    def committed(self, process: Process, tickets: Sequence[Ticket], served: Exchange | None) -> None:
        """A transaction of these was committed, and what a standing claim was granted in it."""
        self.commits += 1
        granted: Counter[int] = Counter()
        reopened: set[int] = set()
        self._was_held = self.held
        self.drains.begin()
        for one in tickets:
            self._heard(one, granted, reopened)
        if served is not None:
            self.served += bool(served.claims)
            self._grant_all(served, granted)
        if served or any(one.operation.verb not in QUIET and one.value != NOTHING_REAPED for one in tickets):
            forward = all(one.operation.verb in FORWARD for one in tickets)
            answers = [answer for one in tickets for answer in _enqueued(one)]
            self._look(process, granted, reopened, answers, forward=forward, tickets=tickets)
        for one in tickets:
            self._cancelled(one)

    def _heard(self, ticket: Ticket, granted: Counter[int], reopened: set[int]) -> None:
        answer, verb = ticket.value, ticket.operation.verb
        if isinstance(answer, Exchange):
            self._grant_all(answer, granted)
        elif verb == "hold_claims":
            self.held = True
        elif verb == "resume_claims":
            self.held = False
        elif answer is DeleteAnswer.DELETED:
            self.deleted.add(_subject(ticket))
        elif verb in {"drain_node", "undrain_node"} and answer is True:
            self.drains.heard(verb, _uid(ticket))
        elif answer is RequeueAnswer.REQUEUED:
            subject = _subject(ticket)
            self._reopened(self.rows[subject])
            reopened |= kin(subject, self.rows)

    def _reopened(self, row: Row) -> None:
        """It goes again; one that failed with its callback only waits for that again."""
        self.barred.discard(row.id)
        self.asked.pop(row.id, None)
        if row.code != "callback_failed":
            self.requeued_at[row.id] = row.epoch
        self.requeues[row.id] += 1
        self.successes[row.id] = 0

    def _grant_all(self, answer: Exchange, granted: Counter[int]) -> None:
        for claim in answer.claims:
            self._grant(claim)
            granted[claim.id] += 1

    def _grant(self, claim: Claim) -> None:
        key = (claim.id, claim.epoch)
        self.must(not self.held, f"job {claim.id} was granted while the store was held")
        self.calling.hold_grant(claim)
        self.must(key not in self.claims, f"job {claim.id} was granted twice under epoch {claim.epoch}")
        self.claims[key] = claim.claimed_us

    def _cancelled(self, ticket: Ticket) -> None:
        if ticket.value is CancelAnswer.CANCELLED:
            self.barred.add(_subject(ticket))
        elif ticket.value is CancelAnswer.REQUESTED:
            subject = _subject(ticket)
            self.asked[subject] = self.rows[subject].epoch

    def _look(
        self,
        process: Process,
        granted: Counter[int],
        reopened: set[int],
        answers: Sequence[Enqueued],
        *,
        forward: bool,
        tickets: Sequence[Ticket],
    ) -> None:
        """Compare every job with what it was before, if anything was written."""
        seen = process.store.connection.total_changes
        if process.changes_seen == seen:
            self._hold_to_answers(answers, self.rows)
            return
        process.changes_seen = seen
        found = {values[0]: values for values in process.store.connection.execute(SNAPSHOT)}
        known, self._found = self._found, found
        before = self.rows
        self.rows = {job: before[job] if values == known.get(job) else Row(*values) for job, values in found.items()}
        for job_id in before.keys() - found.keys():
            self.must(self._may_go(before[job_id]), f"job {job_id} ({before[job_id].state}) is gone")
            self.purged.add(job_id)
            self.purged_refs.add(before[job_id].ref_id)
            self.batch_rules.removed(_as_it_ended(before[job_id]))
        if found.keys() - before.keys():
            twice = [ref for ref, count in Counter(row.ref_id for row in self.rows.values()).items() if count > 1]
            self.must(not twice, f"one ref_id, several jobs: {twice}")
        changed = [(before.get(job_id), row) for job_id, row in self.rows.items() if before.get(job_id) is not row]
        for old, row in changed:
            self.ended.changed(old, row, reopened=row.id in reopened)
        batches = self._batches(process)
        for old, row in changed:
            job_id = row.id
            self._changed(old, row, granted[job_id], reopened=job_id in reopened)
        self.drains.hold(process.store.connection, [self.rows[one] for one in granted])
        must_go = self.deleted & self.rows.keys()
        self.must(not must_go, f"the jobs {must_go} were deleted, and are there")
        hold_to_lines(self.rows.values(), [self.rows[one] for one in granted], self.must, forward=forward)
        if self._world.script.terms.callers:
            fresh = [self.rows[one] for one in found.keys() - before.keys()]
            self.key_rules.hold(self.rows.values(), fresh, self._world.clock.now_us())
            self.calling.hold(fresh, [row for _, row in changed], self.rows.values())
        if self._world.script.terms.flow is not NO_FLOW:
            self._look_at_flow(process, granted, before, answers, batches, reopened=bool(reopened))
        if self._world.script.terms.flow.schedules:
            self._look_at_schedules(process, tickets)

    def _may_go(self, row: Row) -> bool:
        """What somebody deleted, what has ended well and is old, and runs that are forgotten soon after any end."""
        if row.id in self.deleted:
            return True
        if row.ties & Tie.FLEETING and row.finished_us is not None:
            return row.finished_us < self._world.clock.now_us() - KEPT_US
        return row.state in {"completed", "skipped"} and self._world.script.terms.keep_s is not None

    def _look_at_schedules(self, process: Process, tickets: Sequence[Ticket]) -> None:
        commit = Commit(
            verbs=frozenset(one.operation.verb for one in tickets),
            now_us=self._world.clock.now_us(),
            was_held=self._was_held,
            forced=frozenset(one.value.id for one in tickets if _is_forced(one)),
        )
        self.schedule_rules.hold(process.store.connection, commit, self.rows, self.requeues)

    def _look_at_flow(
        self,
        process: Process,
        granted: Counter[int],
        before: dict[int, Row],
        answers: Sequence[Enqueued],
        batches: dict[int, BatchSeen],
        *,
        reopened: bool,
    ) -> None:
        connection, rows = process.store.connection, self.rows
        fresh = [rows[one] for one in rows.keys() - before.keys()]
        now_us = self._world.clock.now_us()
        self.key_rules.hold(rows.values(), fresh, now_us)
        self._hold_to_answers(answers, before)
        self.batch_rules.hold_callbacks(rows.values())
        self.batch_rules.hold_cancels(batches, self.batches, before, rows)
        self.batch_rules.hold(batches, self.batches, rows.values(), reopened=reopened)
        if not reopened:
            hold_to_told(connection, fresh, batches, self.must)
        self.batches = batches
        gates = {one[0]: GateSeen(*one) for one in connection.execute(GATES)}
        moments = {job: self.claims[job, rows[job].epoch] for job in granted}
        self.gate_rules.hold(moments, rows, self.gates, gates, now_us)
        self.gates = gates
        if self._world.script.terms.flow.turns:
            hold_to_turns(connection, rows.values(), self.must)

    def _hold_to_answers(self, answers: Sequence[Enqueued], before: dict[int, Row]) -> None:
        if any(one.asked is not None for one in answers):
            refs = {row.ref_id for row in before.values() if row.ref_id in self.wanted}
            own = {ref for ref in refs if self.wanted[ref].content is not None}  # others are looked up after a clash
            hold_to_answers(answers, before, self.rows, own, self.must)

    def _batches(self, process: Process) -> dict[int, BatchSeen]:
        if not self._world.script.terms.flow.batches:
            return {}
        found = {one[0]: BatchSeen(*one) for one in process.store.connection.execute(BATCHES)}
        for batch in found.values():
            if batch.outcome is not None:
                self.batch_rules.outcomes[batch.name].add(batch.outcome)
        return found

    def _awaited_outcomes(self, row: Row) -> dict[str, set[str]]:
        """How the batches ended that it was told to wait for."""
        job = self.wanted.get(row.ref_id)
        return {name: self.batch_rules.outcomes[name] for name in (() if job is None else job.after_batches)}

    def _changed(self, old: Row | None, row: Row, grants: int, *, reopened: bool) -> None:
        trace = self._world.trace
        if old is None or (old.state, old.epoch) != (row.state, row.epoch):
            trace.say(
                f"{row.ref_id} ({row.id}): {'' if old is None else f'{old.state}@{old.epoch} -> '}{row.state}@{row.epoch}"
            )
        name = f"job {row.id} ({row.ref_id})"
        epoch = 0 if old is None else old.epoch
        self.must(row.epoch == epoch + grants, f"{name} went from epoch {epoch} to {row.epoch} in {grants} grants")
        if old is not None and not reopened:
            allowed = REACHABLE[State(old.state)]
            self.must(State(row.state) in allowed, f"{name} went from {old.state} to {row.state}")
            self.must(not old.is_final or old.epoch == row.epoch, f"{name} was {old.state} and ran again")
        if reopened and old is not None and old.is_final and row.finished_us != old.finished_us:
            self._reopened(old)
        if old is not None and old.code == "callback_failed":
            ran = f"{name} had returned, failed with its callback, and is {row.state}"
            self.must(row.state in {"executed", "completed", "failed"}, ran)
        self.batch_rules.changed(old, row, self.rows, self.batches)
        if grants:
            self._may_start(row)
        if row.state == "completed" and (old is None or old.state != "completed"):
            self.successes[row.id] += 1
            self.must(self.successes[row.id] == 1, f"{name} succeeded {self.successes[row.id]} times")
        self.must(row.tries <= row.retries + 1, f"{name} was tried {row.tries} times")
        self.must(row.crashes <= 3, f"{name} crashed {row.crashes} times")

    def _may_start(self, row: Row) -> None:
        name = f"job {row.id} ({row.ref_id})"
        self.must(row.id not in self.barred, f"{name} was cancelled before it started, and was granted")
        asked = self.asked.get(row.id)
        self.must(
            asked is None or row.epoch <= asked, f"{name} was asked to be cancelled at epoch {asked}, and runs again"
        )
        if row.id not in self.requeued_at:
            now_us = self._world.clock.now_us()
            self.must(row.expires_us is None or row.expires_us > now_us, f"{name} was granted after its expiry")
            self.ended.hold_start(row, self.rows, self._awaited_outcomes, self.must)
            batch = None if row.batch is None else self.batches.get(row.batch)
            self.must(batch is None or batch.cancel_us is None, f"{name} was granted, and its batch was cancelled")

    # -- bodies --------------------------------------------------------------------------------------------------

    def given(self, claim: Claim, who: str, *, alone: bool) -> None:
        """A node hands a claim to a runner."""
        self.must(alone or not claim.suspect, f"{claim.ref_id} is a suspect, and {who} does not run it alone")
        self.must(
            (claim.id, claim.epoch) in self.claims, f"{who} runs job {claim.id}@{claim.epoch}, which nobody granted"
        )

    def begun(self, body: Body) -> None:
        """A body starts to run: elsewhere no other may run on that has not been told to stop.

        Who has stood still may begin what it was given before, until it notices; what that says is refused by its epoch.
        """
        trace, claim = self._world.trace, body.claim
        trace.say(f"body of {claim.ref_id}@{claim.epoch} begins", body.member.name)
        self.must(body.key not in self.begun_by, f"{claim.ref_id}@{claim.epoch} was begun twice")
        self.begun_by.add(body.key)
        self.bodies.append(body)
        for other in self.bodies:
            if (
                other is not body
                and other.claim.id == claim.id
                and other.told is None
                and self._world.is_awake(other.member)
                and (other.claim.epoch < claim.epoch or self._world.is_awake(body.member))
            ):
                self.must(False, f"{claim.ref_id}@{claim.epoch} begins on {body.member.name} while {other.member.name} "
                                  f"runs it as epoch {other.claim.epoch} and was not told to stop")  # fmt: skip

        hold_to_one_body(body, self.bodies, lambda other: self._world.is_awake(other.member), self.must)

    def over(self, body: Body) -> None:
        """It runs no more."""
        self.bodies.remove(body)
        self.offered[body.key] = body

    def told(self, event: JobEvent) -> None:
        """A hook is told of an end."""
        key = (event.id, event.epoch, self.requeues[event.id], event.kind)
        self.must(key not in self.events, f"hooks were told twice that {event.ref_id}@{event.epoch} is {event.kind}")
        self.events.add(key)

    def must(self, holds: bool, words: str) -> None:
        if not holds:
            self._world.trace.say(f"VIOLATION: {words}")
            raise Violation(words)


def _enqueued(ticket: Ticket) -> Sequence[Enqueued]:
    """The answers to an enqueue, of whatever kind."""
    if isinstance(ticket.value, Created):
        return ticket.value.jobs
    return ticket.value if ticket.operation.verb == "enqueue" else ()


def _is_forced(ticket: Ticket) -> bool:
    """Whether a schedule was run by hand, also beside a run that has not ended."""
    if ticket.operation.verb != "trigger" or ticket.value is None:
        return False
    names = ticket.operation.run.__code__.co_freevars
    cells: Any = ticket.operation.run.__closure__
    return bool(cells[names.index("force")].cell_contents)


def _as_it_ended(row: Row) -> Row:
    """A job that is gone: one that had not begun was cancelled first."""
    return msgspec.structs.replace(row, state="cancelled") if row.state in PENDING else row


def _uid(ticket: Ticket) -> str:
    """The node that a drain is about."""
    names = ticket.operation.run.__code__.co_freevars
    cells: Any = ticket.operation.run.__closure__
    uid: str = cells[names.index("uid")].cell_contents
    return uid


def _subject(ticket: Ticket) -> int:
    """The job that a cancel, requeue or deletion is about: their operations close over its id."""
    names = ticket.operation.run.__code__.co_freevars
    cells: Any = ticket.operation.run.__closure__
    subject: int = cells[names.index("id_or_ref")].cell_contents
    return subject
