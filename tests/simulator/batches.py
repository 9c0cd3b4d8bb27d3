"""The rules of batches, callbacks and unique keys, asked after every commit: worked out anew from the jobs alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.batch import status_in
from headway.model.tie import Tie
from tests.simulator.lines import Must

if TYPE_CHECKING:
    from headway.store.protocol import Enqueued
    from tests.simulator.record import Row

BATCHES: Final = (
    "SELECT id, name, parent, sealed_at, finished_at, succeeded_at, cancel_at, outcome, jobs, completed, failed, cancelled,"
    " skipped, batches, batches_completed, batches_failed, batches_cancelled, on_finish IS NOT NULL, on_success IS NOT NULL"
    " FROM headway_batch"
)
ENDS: Final = ("completed", "failed", "cancelled", "skipped")


class BatchSeen(msgspec.Struct, frozen=True, array_like=True):
    """A batch as a commit left it."""

    id: int
    name: str
    parent: int | None
    sealed_us: int | None
    finished_us: int | None
    succeeded_us: int | None
    cancel_us: int | None
    outcome: str | None
    jobs: int
    completed: int
    failed: int
    cancelled: int
    skipped: int
    batches: int
    batches_completed: int
    batches_failed: int
    batches_cancelled: int
    has_finish: bool
    has_success: bool


class BatchRules:
    """Remembers what batches went through, and what of them is gone."""

    def __init__(self, must: Must) -> None:
        self._must = must
        self.outcomes: defaultdict[str, set[str]] = defaultdict(set)
        """How batches ended, ever, by name."""
        self._ended: set[int] = set()
        self._succeeded: set[int] = set()
        self._gone_members: Counter[tuple[int, str]] = Counter()
        self._gone_calls: Counter[str] = Counter()
        self._calls_seen: Counter[str] = Counter()
        self._former_calls: dict[str, int] = {}
        """Of batches that are gone, whose names others may have by now."""
        self._gone_callbacks: Counter[int] = Counter()
        self._executed: Counter[int] = Counter()
        """How often a job returned that has a callback."""

    def removed(self, row: Row) -> None:
        """Retention took away a job that had ended well, or somebody deleted one."""
        if row.batch is not None:
            self._gone_members[row.batch, row.state] += 1
        if row.created_by is not None:
            self._gone_calls[row.created_by] += 1
        if row.callback_of is not None:
            self._gone_callbacks[row.callback_of] += 1

    def changed(self, old: Row | None, row: Row, rows: Mapping[int, Row], before: Mapping[int, BatchSeen]) -> None:
        """A job is new, or another."""
        if old is not None and old.state == "running" and row.ties & Tie.CALLBACK:
            went_on = row.state in {"executed", "completed"}
            self._executed[row.id] += went_on or (row.state == "failed" and row.code == "callback_failed")
        if old is None and row.batch is not None:
            self._may_join(row, rows, before.get(row.batch))

    def _may_join(self, row: Row, rows: Mapping[int, Row], batch: BatchSeen | None) -> None:
        if batch is None:
            return
        self._must(batch.cancel_us is None, f"{row.ref_id} was added to {batch.name}, which was cancelled")
        if batch.sealed_us is not None:
            parent = None if row.parent_id is None else rows.get(row.parent_id)
            joins = bool(row.ties & Tie.CHILD) and parent is not None and parent.batch == batch.id
            self._must(joins, f"{row.ref_id} was added to {batch.name}, which was closed")

    # -- after each commit ---------------------------------------------------------------------------------------

    def hold(
        self, batches: Mapping[int, BatchSeen], before: Mapping[int, BatchSeen], rows: Iterable[Row], *, reopened: bool
    ) -> None:
        """Every batch counts and fires as its jobs stand; `reopened`: a requeue was among what was committed."""
        members: defaultdict[int, list[Row]] = defaultdict(list)
        calls = Counter(self._gone_calls)
        for row in rows:
            if row.batch is not None:
                members[row.batch].append(row)
            if row.created_by is not None:
                calls[row.created_by] += 1
        parts: defaultdict[int, list[BatchSeen]] = defaultdict(list)
        for batch in batches.values():
            if batch.parent is not None:
                parts[batch.parent].append(batch)
        for gone in before.keys() - batches.keys():
            name = before[gone].name
            self._must(before[gone].outcome == "completed", f"the batch {name} is gone")
            for label in (f"{kind} of {name}" for kind in CALLS):
                self._former_calls[label] = self._calls_seen[label]
        self._calls_seen = calls
        own = Counter({label: count - self._former_calls.get(label, 0) for label, count in calls.items()})
        for batch in batches.values():
            self._counts(batch, members[batch.id], parts[batch.id])
            self._ends(batch, members[batch.id], parts[batch.id], reopened=reopened)
            self._calls(batch, own)

    def _counts(self, batch: BatchSeen, members: Sequence[Row], parts: Sequence[BatchSeen]) -> None:
        states = Counter(row.state for row in members)
        for end in ENDS:
            states[end] += self._gone_members[batch.id, end]
        real = (states.total(), *(states[end] for end in ENDS))
        counted = (batch.jobs, batch.completed, batch.failed, batch.cancelled, batch.skipped)
        self._must(counted == real, f"the batch {batch.name} counts {counted}, and its jobs are {real}")
        outcomes = Counter(part.outcome for part in parts)
        open_parts = batch.batches - batch.batches_completed - batch.batches_failed - batch.batches_cancelled
        self._must(open_parts == outcomes[None], f"the batch {batch.name} has {outcomes} and counts {open_parts} open")
        bad = batch.batches_failed, batch.batches_cancelled
        self._must(
            bad == (outcomes["failed"], outcomes["cancelled"]), f"the batch {batch.name} has {outcomes} not {bad}"
        )

    def _ends(self, batch: BatchSeen, members: Sequence[Row], parts: Sequence[BatchSeen], *, reopened: bool) -> None:
        outcomes = {part.outcome for part in parts}
        gone = {end for end in ENDS if self._gone_members[batch.id, end]}
        ends = {row.state for row in members} | gone | outcomes
        over = batch.sealed_us is not None and all(row.is_final for row in members) and None not in outcomes
        outcome = None
        if over:
            cancelled = "cancelled" in ends or batch.cancel_us is not None
            outcome = "failed" if "failed" in ends else "cancelled" if cancelled else "completed"
        self._must(batch.outcome == outcome, f"the batch {batch.name} is {batch.outcome}, and should be {outcome}")
        if outcome is not None:
            self.outcomes[batch.name].add(outcome)
            self._ended.add(batch.id)
        if outcome == "completed":
            self._succeeded.add(batch.id)
        if reopened:  # it may have ended and gone on in one commit
            self._ended |= {batch.id} if batch.finished_us is not None else set()
            self._succeeded |= {batch.id} if batch.succeeded_us is not None else set()
        finished, succeeded = batch.finished_us is not None, batch.succeeded_us is not None
        self._must(finished == (batch.id in self._ended), f"the batch {batch.name} says it finished: {finished}")
        self._must(succeeded == (batch.id in self._succeeded), f"the batch {batch.name} says it succeeded: {succeeded}")

    def _calls(self, batch: BatchSeen, calls: Mapping[str, int]) -> None:
        finish, success = calls.get(f"finish of {batch.name}", 0), calls.get(f"success of {batch.name}", 0)
        wanted = int(batch.has_finish and batch.id in self._ended)
        self._must(finish == wanted, f"on_finish of {batch.name} was called {finish} times instead of {wanted}")
        wanted = int(batch.has_success and batch.id in self._succeeded)
        self._must(success == wanted, f"on_success of {batch.name} was called {success} times instead of {wanted}")

    def hold_cancels(
        self,
        batches: Mapping[int, BatchSeen],
        before: Mapping[int, BatchSeen],
        rows_before: Mapping[int, Row],
        rows: Mapping[int, Row],
    ) -> None:
        """What runs in a batch that has just been cancelled is asked to stop, and nothing else of it is left."""
        for batch in batches.values():
            old = before.get(batch.id)
            if batch.cancel_us is None or old is None or old.cancel_us is not None:
                continue
            for row in rows.values():
                was = rows_before.get(row.id)
                if row.batch == batch.id and was is not None and not was.is_final:
                    stops = row.is_final or row.state == "executed" or row.cancel_us is not None
                    self._must(stops, f"the batch {batch.name} was cancelled, and {row.ref_id} goes on ({row.state})")

    def hold_callbacks(self, rows: Iterable[Row]) -> None:
        """Whoever has returned has exactly one callback for that, and ends as it does."""
        of: defaultdict[int, list[Row]] = defaultdict(list)
        callers: list[Row] = []
        for row in rows:
            if row.callback_of is not None:
                of[row.callback_of].append(row)
            if row.ties & Tie.CALLBACK:
                callers.append(row)
        for row in callers:
            mine, name = of[row.id], f"{row.ref_id} ({row.state})"
            waits = sum(not one.is_final for one in mine)
            wanted = int(row.state == "executed")
            self._must(waits == wanted, f"{name} has {waits} callbacks that have not ended")
            made = len(mine) + self._gone_callbacks[row.id]
            returned = self._executed[row.id]
            self._must(made == returned, f"{name} returned {returned} times and has {made} callbacks")
            if row.state == "completed":
                done = self._gone_callbacks[row.id] or any(one.state == "completed" for one in mine)
                self._must(bool(done), f"{name}, and its callback did not")
            if row.state == "failed" and row.code == "callback_failed" and mine:  # it may have been deleted
                last = max(mine, key=lambda one: one.id)
                self._must(last.state in {"failed", "cancelled"}, f"{name} for its callback, which is {last.state}")


def hold_to_told(connection: Any, fresh: Iterable[Row], batches: Mapping[int, BatchSeen], must: Must) -> None:
    """What a batch's call is told of its batch is how that stands when the call is stored."""
    of = {batch.name: batch for batch in batches.values()}
    for row in fresh:
        kind, _, name = (row.created_by or "").partition(" of ")
        if kind in CALLS and name in of:
            ((extras,),) = connection.execute("SELECT extras FROM headway_body WHERE job_id = ?", (row.id,))
            told, batch = status_in(extras), of[name]
            must(told is not None, f"{row.ref_id} is told nothing of its batch")
            assert told is not None
            counts = (told.jobs, told.completed, told.failed, told.cancelled, told.skipped, told.state)
            real = (batch.jobs, batch.completed, batch.failed, batch.cancelled, batch.skipped, batch.outcome)
            must(counts == real, f"{row.ref_id} is told {counts} of its batch, which has {real}")


CALLS: Final = frozenset({"finish", "success"})


class KeyRules:
    """Of a unique key only one job has not ended; and in a span only one was stored."""

    def __init__(self, must: Must) -> None:
        self._must = must
        self._over: set[int] = set()
        """Whose span was over at some moment; a date that is set back does not begin it anew."""

    def hold(self, rows: Iterable[Row], fresh: Iterable[Row], now_us: int) -> None:
        """These were stored with this commit."""
        keyed: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.unique_key is not None:
                keyed[row.unique_key].append(row)
        for key, those in keyed.items():
            active = [row.ref_id for row in those if row.unique_until_us is None and not row.is_final]
            self._must(len(active) <= 1, f"the unique key {key} has {active} at once")
        spans = [row for those in keyed.values() for row in those if row.unique_until_us is not None]
        for row in fresh:
            others = [one.ref_id for one in spans if one.id < row.id and self._covers(one, row)]
            self._must(not others, f"{row.ref_id} was stored in the span in which {others} have the unique key")
        self._over.update(row.id for row in spans if row.unique_until_us is not None and row.unique_until_us <= now_us)

    def _covers(self, one: Row, fresh: Row) -> bool:
        both = (
            one.unique_until_us is not None and fresh.unique_until_us is not None and one.unique_key == fresh.unique_key
        )
        return both and one.id not in self._over and (one.unique_until_us or 0) > fresh.created_us


def hold_to_answers(
    answers: Iterable[Enqueued], before: Mapping[int, Row], rows: Mapping[int, Row], refs: AbstractSet[str], must: Must
) -> None:
    """Who is answered with another's job was not stored, and that job has the key; `refs`: what was stored before."""
    for answer in answers:
        if answer.asked in {None, answer.ref_id}:
            continue
        must(answer.asked not in refs, f"{answer.asked} is stored, and was answered with {answer.ref_id}")
        found = [one for one in (before.get(answer.id), rows.get(answer.id)) if one is not None]
        held = answer.id not in before  # it came with this commit, and may have expired in it
        holds = held or any(not one.is_final or one.unique_until_us is not None for one in found)
        must(holds, f"{answer.asked} was answered with {answer.ref_id}, which does not hold its key")
