"""Looking at schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.model.job import State
from headway.model.schedule import Definition, ScheduleState
from headway.store.operation import Operation
from headway.store.scheduling import MissedRange, Review, ScheduleRow, SchedulerRow, Tick, TickOutcome
from headway.store.verbs.fire import STEP_BACK_US
from headway.store.verbs.manage import unread_here
from headway.store.verbs.orphan import GONE_FOR_US
from headway.store.verbs.standing import read_definition, why
from headway.store.verbs.transaction import Row, Transaction, as_json

LIMIT_MAX: Final = 10_000
_ABOVE_ALL: Final = "\U0010ffff"
"""Comes after every text."""


class ScheduleReader:
    """The part of the reader that shows schedules."""

    def schedule(self, app: str, name: str) -> Operation[ScheduleRow | None]:
        """One schedule."""

        def run(tx: Transaction) -> ScheduleRow | None:
            found = tx.row("schedule_named", {"app": app, "name": name})
            return None if found is None else read_rows(tx, [found[0]])[0]

        return Operation("schedule", run)

    def schedules(
        self, *, app: str | None = None, after: tuple[str, str] | None = None, limit: int = 1000
    ) -> Operation[tuple[ScheduleRow, ...]]:
        """Schedules by app and name."""
        after_app, after_name = after or ("", "")
        values = {
            "first_app": app or "",
            "last_app": _ABOVE_ALL if app is None else app,
            "after_app": after_app,
            "after_name": after_name,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        return Operation("schedules", lambda tx: read_rows(tx, [row[0] for row in tx.rows("schedule_ids", values)]))

    def ticks(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[Tick, ...]]:
        """What became of its latest instants, newest first."""
        values = {"id": schedule_id, "limit": max(1, min(limit, LIMIT_MAX))}
        return Operation("ticks", lambda tx: tuple(_tick(row) for row in tx.rows("ticks_of", values)))

    def missed(self, schedule_id: int, *, limit: int = 20) -> Operation[tuple[MissedRange, ...]]:
        """Its latest ranges that were passed over, newest first."""
        values = {"id": schedule_id, "limit": max(1, min(limit, LIMIT_MAX))}
        return Operation("missed", lambda tx: tuple(_missed(row) for row in tx.rows("missed_of", values)))

    def scheduler(self, app: str) -> Operation[SchedulerRow]:
        """Whether the schedules of an app fire."""

        def run(tx: Transaction) -> SchedulerRow:
            paused_us, paused_by = tx.row("scheduler_of", {"app": app}) or (None, None)
            return SchedulerRow(app=app, paused_us=paused_us, paused_by=paused_by)

        return Operation("scheduler", run)

    def next_instant(self, app: str) -> Operation[int | None]:
        """When the next one is due; 0 where one is to be looked at because the clock was set back."""

        def run(tx: Transaction) -> int | None:
            is_off, next_us, judged_us = tx.rows("next_instant", {"app": app})[0]
            if is_off:
                return None
            return 0 if judged_us is not None and judged_us > tx.now_us + STEP_BACK_US else next_us

        return Operation("next_instant", run)

    def review(self, app: str, node_id: int) -> Operation[Review]:
        """What became of schedules without this node's doing."""

        def run(tx: Transaction) -> Review:
            outdated = tx.rows("outdated_schedules", {"node_id": node_id, "gone_at": tx.now_us - GONE_FOR_US})
            orphaned = tx.rows("orphaned_schedules", {"app": app})
            return Review(
                outdated=tuple(row[0] for row in outdated),
                orphaned=tuple(row[0] for row in orphaned),
                readable=unread_here(tx, app),
            )

        return Operation("review", run)


def read_rows(tx: Transaction, ids: Sequence[int]) -> tuple[ScheduleRow, ...]:
    """These schedules, in this order."""
    return tuple(_schedule(row, tx.now_us) for row in tx.rows("schedule_rows", {"ids": as_json(ids)}))


def _schedule(row: Row, now_us: int) -> ScheduleRow:
    definition: Definition | None = None
    error: str | None = row[4]
    try:
        definition = read_definition(row[3], row[2])
    except Exception as wrong:  # noqa: BLE001 - whatever is wrong with it, it is shown
        error = error or why(wrong)
    paused_us, orphaned_us, removed_us, finished_us = row[12], row[14], row[15], row[16]
    return ScheduleRow(
        id=row[0],
        app=row[1],
        name=row[2],
        state=_state(error, paused=paused_us, orphaned=orphaned_us, removed=removed_us, finished=finished_us),
        definition=definition,
        error=error,
        anchor_us=row[5],
        next_us=row[6],
        judged_us=row[7],
        created_us=row[8],
        created_by=row[9],
        changed_us=row[10],
        changed_by=row[11],
        paused_us=paused_us,
        paused_by=row[13],
        run_count=row[17],
        skip_count=row[18],
        missed_count=row[19],
        last=None if row[21] is None else _tick(row[21:]),
        last_success_us=row[20],
        waits_for_clock=row[6] is not None and row[7] > now_us + STEP_BACK_US,
    )


def _state(
    error: str | None, *, paused: int | None, orphaned: int | None, removed: int | None, finished: int | None
) -> ScheduleState:
    """What counts most."""
    if removed is not None:
        return ScheduleState.REMOVED
    if error is not None:
        return ScheduleState.FAULTY
    if orphaned is not None:
        return ScheduleState.ORPHANED
    if finished is not None:
        return ScheduleState.FINISHED
    return ScheduleState.ACTIVE if paused is None else ScheduleState.PAUSED


def _tick(row: Row) -> Tick:
    instant, outcome, job_id, state, made, started, ended, code, error, actor, note = row
    return Tick(
        instant_us=instant,
        outcome=TickOutcome(outcome),
        job_id=job_id,
        state=None if state is None else State(state),
        made_us=made,
        started_us=started,
        finished_us=ended,
        code=code,
        error=error,
        by=actor,
        note=note,
    )


def _missed(row: Row) -> MissedRange:
    from_us, until_us, count, is_least, noted = row
    return MissedRange(from_us=from_us, until_us=until_us, count=count, is_least=bool(is_least), noted_us=noted)
