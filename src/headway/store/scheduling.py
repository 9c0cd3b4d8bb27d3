"""What the store's verbs about schedules take and give, and what they promise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from headway.model.job import State
from headway.model.schedule import Definition, ScheduleState
from headway.store.operation import Operation
from headway.store.values import Enqueued


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration did, by name; what is in none of these is as it was."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Their definition changed; those whose timing changed have another next instant."""
    returned: tuple[str, ...] = ()
    """No worker's code had them for a while."""
    orphaned: tuple[str, ...] = ()
    """Of this app, and no worker's code has them any more: they fire no more."""
    kept: tuple[str, ...] = ()
    """They are managed in the store, or were removed for good: what the code says of them was not taken."""
    more: bool = False
    """There is more to do than fits into one transaction: declare the same again, at once. The last answer tells what
    was orphaned and kept."""


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """What a look for due schedules did."""

    runs: int = 0
    """Jobs that are to run."""
    skipped: int = 0
    """Jobs recorded as skipped, because an earlier run had not ended."""
    passed: int = 0
    """Instants that were missed and do not run."""
    faulty: tuple[tuple[str, str], ...] = ()
    """Schedules that could not be fired, and why: they are stopped."""
    set_back: int = 0
    """Schedules whose next instant was looked for anew, because the clock was set back."""
    more: bool = False
    """Others are due still: look again at once."""
    next_us: int | None = None
    """When the next one is due; None if none is."""


class TickOutcome(StrEnum):
    """What became of an instant."""

    STARTED = "started"
    """A job was enqueued for it."""
    SKIPPED = "skipped"
    """An earlier run had not ended."""
    REFUSED = "refused"
    """Its job could not be stored, as the note says; the schedule goes on."""
    MANUAL = "manual"
    """Somebody ran it."""


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """An instant that was judged, and its run."""

    instant_us: int
    outcome: TickOutcome
    job_id: int | None
    """None when there is none, or it was forgotten."""
    state: State | None
    """How its job stands, or how it ended."""
    made_us: int
    """When the job was enqueued."""
    started_us: int | None = None
    finished_us: int | None = None
    code: str | None = None
    error: str | None = None
    """The message of a failure."""
    by: str | None = None
    """Who ran it by hand."""
    note: str | None = None


class MissedRange(msgspec.Struct, frozen=True, kw_only=True):
    """Instants that were passed over."""

    from_us: int
    until_us: int
    count: int
    is_least: bool
    """There were more than were counted."""
    noted_us: int


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it stands."""

    id: int
    app: str
    name: str
    state: ScheduleState
    definition: Definition | None
    """None when the stored one cannot be read; `error` says why."""
    error: str | None
    anchor_us: int
    next_us: int | None
    """When it is due next; None when it is not active."""
    judged_us: int
    """Up to here every instant was fired or passed over; 0 where none was yet."""
    created_us: int
    created_by: str | None
    changed_us: int
    """When its definition changed last."""
    changed_by: str | None
    paused_us: int | None
    paused_by: str | None
    run_count: int
    """Runs that were started by the schedule."""
    skip_count: int
    missed_count: int
    last: Tick | None
    """Its latest run, by hand or by the schedule; not a skipped one."""
    last_success_us: int | None
    """When a run last ended well."""
    waits_for_clock: bool = False
    """It ran up to a moment that is ahead of now: the clock was set back."""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What a node should know of its app's schedules, by name."""

    outdated: tuple[str, ...] = ()
    """This node's code says something else than what is stored, and what is stored is no living node's code any more."""
    orphaned: tuple[str, ...] = ()
    """No worker's code has them: no run of theirs starts."""
    readable: tuple[str, ...] = ()
    """They were stopped because a process could not read them, and this one can."""


class SchedulerRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the schedules of an app fire at all."""

    app: str
    paused_us: int | None
    paused_by: str | None


class Removed(StrEnum):
    """What a removal did."""

    REMOVED = "removed"
    """It is gone; its jobs stay."""
    RETURNS = "returns"
    """The same, and its code brings it back when a worker starts that has it."""
    NOT_FOUND = "not_found"


class ScheduleVerbs(Protocol):
    """Schedules of an app: registered, fired, changed. Each verb is one transaction."""

    def declare(
        self, app: str, definitions: Sequence[Definition], *, node_id: int, again: Collection[str] = ()
    ) -> Operation[Declared]:
        """A node's code declares these schedules, all of them; answers what that changed.

        Idempotent: of a schedule that is there only the definition is touched. Where its timing changed it is next due
        at the first instant after now, so nothing fires because of it; counts, history, pause and last run stay. What
        is managed in the store is created only; what was due under a timing that it has no more was missed. Schedules of
        the app that are managed by code and that no living node declares any more are orphaned; one that comes back
        within ten minutes goes on where it stood. `tend` orphans those whose last node went a minute ago, if others of
        the app live that declare any. Run the same operation again while the answer has `more`.

        `again`: the names of those of which this process told the store the same before, as another node or the same
        one. They are added and brought back, but change nothing that the code of a node that lives says.
        """
        ...

    def put_schedule(self, definition: Definition, *, by: str | None = None) -> Operation[ScheduleRow]:
        """Create a schedule that is managed in the store, or change it; ScheduleManaged if one of that name is managed by code.

        A removed one is created anew.
        """
        ...

    def fire(self, app: str, *, limit: int = 100) -> Operation[Fired]:
        """Judge what is due, at most `limit` schedules, and insert the jobs of what runs: each instant once, over all processes.

        Schedules whose clock was set back are looked at too. One that cannot be fired stops only itself. While all of the
        app are paused, and in a store that is held, nothing fires. A look is short: where much is due it ends after a
        while, with `more`.
        """
        ...

    def trigger(self, app: str, name: str, *, by: str | None = None, force: bool = False) -> Operation[Enqueued]:
        """Run a schedule's job now, whatever its state; its next instant and its counts stay.

        ScheduleNotFound; ScheduleBusy where overlap is skip and a run has not ended, or too many wait, unless `force`;
        OptionInvalid where it cannot be read. Its run waits as those of its instants do, or cancels as they do.
        """
        ...

    def pause_schedule(self, app: str, name: str, *, by: str | None = None) -> Operation[bool]:
        """Let it not fire until `resume_schedule`; False if it was paused already. What was due was missed. ScheduleNotFound."""
        ...

    def resume_schedule(self, app: str, name: str) -> Operation[bool]:
        """Let it fire again, from the first instant after now on; whether it was paused, faulty or removed for good.

        One that was removed, is managed by code and is declared by no living node is an orphan then. ScheduleNotFound;
        OptionInvalid where it still cannot be read.
        """
        ...

    def reread_schedules(self, app: str, names: Sequence[str]) -> Operation[tuple[str, ...]]:
        """Let those of these go on, from the first instant after now, that were stopped because another process could not read
        them, and that this one can read; a pause stays. Which did.
        """
        ...

    def remove_schedule(
        self, app: str, name: str, *, by: str | None = None, for_good: bool = False
    ) -> Operation[Removed]:
        """Remove it with its ticks; its jobs stay. `for_good`: code that declares it does not bring it back."""
        ...

    def pause_scheduler(self, app: str, *, by: str | None = None) -> Operation[bool]:
        """Let no schedule of the app fire until `resume_scheduler`; what was due meanwhile was missed. False if paused already."""
        ...

    def resume_scheduler(self, app: str) -> Operation[bool]:
        """Let them fire again; whether they were paused."""
        ...


class ScheduleReads(Protocol):
    """Looking at schedules."""

    def schedule(self, app: str, name: str) -> Operation[ScheduleRow | None]:
        """One schedule."""
        ...

    def schedules(
        self, *, app: str | None = None, after: tuple[str, str] | None = None, limit: int = 1000
    ) -> Operation[tuple[ScheduleRow, ...]]:
        """Schedules by app and name; `after`: the app and name of the last one, to go on."""
        ...

    def ticks(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[Tick, ...]]:
        """What became of its latest instants, newest first."""
        ...

    def missed(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[MissedRange, ...]]:
        """Its latest ranges that were passed over, newest first."""
        ...

    def scheduler(self, app: str) -> Operation[SchedulerRow]:
        """Whether the schedules of an app fire."""
        ...

    def next_instant(self, app: str) -> Operation[int | None]:
        """When the next schedule of an app is due, or 0 where one has to be looked at because the clock was set back.

        None when none is due ever, all are paused, or the store is held. Cheap: asked for once a second by each worker.
        """
        ...

    def review(self, app: str, node_id: int) -> Operation[Review]:
        """What became of schedules without this node's doing. Asked for now and then by each worker."""
        ...
