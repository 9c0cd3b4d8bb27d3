"""The store's verbs and their promises: the contract that every store keeps (tests/conformance is its specification).

A verb returns an `Operation`: a value that says what to do, run by `call` (blocking), `acall` (awaited) or `submit`
(fire and tell). Each operation is **one transaction**: all of it or none of it. What is submitted together may share
one commit; a failing operation never harms its neighbours. An awaited operation that is cancelled after it was handed
over still commits.

Every write to a running job is fenced by (id, epoch): when the job is not running under that epoch any more, nothing
changes and the answer says so. The store never runs user code and reads time only from its own clock, inside the
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from headway.model.claim import NewJob
from headway.model.gate import HandlerGate
from headway.model.job import JobRow, State
from headway.model.outcome import Report, Settlement
from headway.model.sort import NEWEST_FIRST, Sort
from headway.store.accounts import AccountReads, AccountVerbs
from headway.store.acting import ActReads, ActVerbs
from headway.store.batching import BatchReads, BatchVerbs
from headway.store.detail import AttemptRow, EventRow, JobDetail, StoredLine
from headway.store.figures import FigureReads
from headway.store.flow import Explaining, QueueVerbs
from headway.store.given import GivenReads
from headway.store.glance import Glancing
from headway.store.keeping import Keeping
from headway.store.mending import Mending
from headway.store.operation import Operation, Runs
from headway.store.outbox import Outbox
from headway.store.presence import Presence
from headway.store.retention import Kept, Pruned, Retaining, Retention
from headway.store.scheduling import ScheduleReads, ScheduleVerbs
from headway.store.standby import StandBy
from headway.store.turns import Turns
from headway.store.values import (
    Acted,
    Ask,
    Beat,
    Breach,
    CancelAnswer,
    Enqueued,
    Exchange,
    JobFilter,
    JobPage,
    NodeInfo,
    NodeRow,
    QueueCount,
    Reaped,
    RequeueAnswer,
    Stop,
)

__all__ = [
    "Acted",
    "Ask",
    "AttemptRow",
    "Beat",
    "Breach",
    "CancelAnswer",
    "Enqueued",
    "EventRow",
    "Exchange",
    "JobDetail",
    "JobFilter",
    "JobPage",
    "Kept",
    "NodeInfo",
    "NodeRow",
    "Operation",
    "Pruned",
    "QueueCount",
    "Reader",
    "Reaped",
    "RequeueAnswer",
    "Retention",
    "Runs",
    "StandBy",
    "Stop",
    "Store",
    "StoredLine",
]


class Reader(Runs, BatchReads, ScheduleReads, FigureReads, Explaining, ActReads, AccountReads, GivenReads, Protocol):
    """The looking half: short reads on connections of their own, never blocking a writer."""

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job's row wherever it is in its life, also while it is being archived."""
        ...

    def holder(self, unique_key: str, *, app: str) -> Operation[JobRow | None]:
        """The job that holds a unique key now."""
        ...

    def states(self, ids: Sequence[int]) -> Operation[dict[int, State]]:
        """The states of these jobs; one that is gone is no key. Cheap: for whoever waits for many."""
        ...

    def detail(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobDetail | None]:
        """One job with everything: from the main file, else from its month's archive."""
        ...

    def page(
        self,
        where: JobFilter,
        *,
        limit: int = 50,
        before_id: int | None = None,
        offset: int = 0,
        sort: Sort = NEWEST_FIRST,
        after: str | None = None,
        within_us: int | None = None,
        counted: bool = True,
    ) -> Operation[JobPage]:
        """Jobs newest first (by id), or sorted. `limit` 1 to 1000; `offset` up to 10 000, beyond that use a cursor.

        `before_id` goes on newest first, `after` (the page's `next_after`) in any order; a cursor is not moved by new
        jobs. An order that no index serves is made by one scan, newest first, up to a deadline: what was not looked at
        then is in no page, and `searched_to_us` says so; its cursors keep to what the first page looked at.
        OptionInvalid for a cursor of another order.

        `within_us`: looking and counting shall take no longer, as for a page that somebody waits for. Newest (or oldest)
        first, a page that is not full then says how far it came in `searched_to_us`, and its cursor goes on from there.

        `counted=False`: the total is only what was seen on the way, for whoever does not show it.
        """
        ...

    def ids(self, where: JobFilter, *, limit: int = 1000) -> Operation[tuple[int, ...]]:
        """The ids that a filter names, newest first."""
        ...

    def lines(self, job_id: int, *, after: int = 0, limit: int = 1000) -> Operation[tuple[StoredLine, ...]]:
        """The job's log after line number `after`, in order; works for archived jobs too."""
        ...

    def counts(self, *, app: str | None = None, tenant: str | None = None) -> Operation[dict[State, int]]:
        """How many jobs are in each state (every state is a key); `tenant`: how many of its 10,000 newest."""
        ...

    def queues(self, *, app: str | None = None) -> Operation[tuple[QueueCount, ...]]:
        """How each queue stands that has unfinished jobs or a gate, by name."""
        ...

    def nodes(self, *, app: str | None = None) -> Operation[tuple[NodeRow, ...]]:
        """The nodes that are active or were seen in the last day, newest first."""
        ...

    def durations(self, name: str, *, last: int = 5) -> Operation[tuple[int, ...]]:
        """Run times (us) of the latest successes of a handler, newest first: for estimated progress.

        They are looked for during some milliseconds. Where none was found then, the answer is one number: the median of
        the latest day of which there are figures.
        """
        ...

    def handlers(self, *, app: str | None = None) -> Operation[tuple[str, ...]]:
        """Every handler name that unfinished jobs are stored under."""
        ...


class Store(
    Runs,
    Presence,
    Keeping,
    Retaining,
    Glancing,
    Mending,
    Turns,
    Outbox,
    BatchVerbs,
    QueueVerbs,
    ScheduleVerbs,
    ActVerbs,
    AccountVerbs,
    Protocol,
):
    """The writing half, the door to the reading half, and what lies between processes."""

    @property
    def place(self) -> str:
        """Where it is, as a person would write it (an absolute path or a URL without secrets)."""
        ...

    @property
    def reader(self) -> Reader:
        """The looking half."""
        ...

    # client verbs

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none; answers in the order given. After the commit the workers are woken.

        With unsettled parents it is waiting; with parents that ended badly it is cancelled (code parent_failed); an unknown parent
        raises JobNotFound, nothing is stored. The same ref_id with the same content answers with that job, else DuplicateRefId.
        """
        ...

    def cancel(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[CancelAnswer]:
        """Cancel a job: at once when it has not started (its dependants with it), else ask its node to stop it."""
        ...

    def cancel_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None
    ) -> Operation[Acted[CancelAnswer]]:
        """Cancel those of these jobs that the filter (its free text apart) still names: as `cancel` does, in one transaction.

        It takes as many as fit into a few milliseconds, at least one, and says how many: the rest is asked for again.
        """
        ...

    # worker verbs

    def register(self, node: NodeInfo, *, lease_us: int) -> Operation[int]:
        """Enter a node, active, with a lease; answers its id. Jobs parked as unknown_handler that it knows are unparked."""
        ...

    def learn(self, node_id: int, names: Sequence[str], limits: Sequence[HandlerGate] = ()) -> Operation[None]:
        """The node knows these handlers now (all of them), with these limits; jobs parked for lack of them are unparked."""
        ...

    def beat(self, node_id: int, *, lease_us: int) -> Operation[Beat]:
        """Renew the node's lease and so its jobs'; a lapsed lease that nobody reaped is revived."""
        ...

    def leave(self, node_id: int) -> Operation[int]:
        """The node goes: what still runs under it is released uncharged; answers how many that were."""
        ...

    def exchange(
        self,
        node_id: int,
        *,
        settlements: Sequence[Settlement] = (),
        reports: Sequence[Report] = (),
        asks: Sequence[Ask] = (),
        lease_us: int,
    ) -> Operation[Exchange]:
        """One turn of a worker: write reports, then what ended, then stage what is due, then claim; one commit.

        Settlements are fenced and each is accepted or refused on its own; in the same transaction: attempt row, result, last
        report, children, dependants released or cancelled. A refused one leaves an event "late result", unless it is one that
        was written already, and repeated. When the node is not active any more nothing is claimed and `alive` is False
        (settlements are still judged by their fence). Claims come by priority (higher first; what is due for long rises: model/ageing.py), then due moment, then id, within all gates.
        """
        ...

    def stand_by(self, offer: StandBy[Any]) -> None:
        """Run the offer's operation at the end of the next transaction of this process that makes a job ready.

        It is part of that transaction. An offer runs once at most; withdrawn, or failed with its transaction, it is
        made anew by whoever wants to. A store may leave every offer alone: a listener is rung all the same.
        """
        ...

    def reap(self, *, dead: Sequence[str] = (), lease_us: int, beat_us: int) -> Operation[Reaped]:
        """Take jobs from nodes that are dead: those named in `dead` (their process is gone), and those whose lease lapsed.

        Re-checks state, epoch and lease; jobs first, then the node, in one transaction. Jobs go back to queued as suspects,
        uncharged (or fail with code interrupted where their handler says so). After the sweeper or the store was away longer
        than two beats, lapsed leases are held for one lease before any is taken.
        """
        ...

    def tend(self, *, limit: int = 1000) -> Operation[int]:
        """Upkeep in small steps: expire jobs past their expiry, stage due ones, park or unpark; answers how many changed."""
        ...

    def backup(self, target: str) -> Operation[int]:
        """Copy the whole store, archives too, to a new place while everything runs; answers its bytes. The copy starts held."""
        ...

    def hold_claims(self) -> Operation[None]:
        """Let nothing be claimed until `resume_claims`, in any process; what runs goes on."""
        ...

    def resume_claims(self) -> Operation[bool]:
        """Let jobs be claimed again; answers whether the store was held."""
        ...

    def audit(self) -> Operation[tuple[Breach, ...]]:
        """Read everything, as it is at one moment, and report each invariant that does not hold. Every writer waits meanwhile."""
        ...

    def close(self) -> None:
        """Finish what was handed over, then close; idempotent and safe from any thread."""
        ...
