"""Values of the store, made by hand: what a test does not say is ordinary."""

from typing import Any

from headway.model.claim import NewJob
from headway.model.job import JobRow, State
from headway.model.schedule import Definition, ScheduleState
from headway.model.timetable import Timetable, timetable_of
from headway.store.protocol import JobDetail
from headway.store.scheduling import ScheduleRow, Tick, TickOutcome

NOW_US = 1_795_316_400_000_000
"""2026-11-22 03:00:00 UTC."""
SECOND = 1_000_000
MINUTE = 60 * SECOND


def job_row(**given: Any) -> JobRow:
    fields: dict[str, Any] = {
        "id": 4711,
        "app": "default",
        "ref_id": "r-4711",
        "name": "shop.mail:send",
        "queue": "mail",
        "state": State.QUEUED,
        "priority": 0,
        "created_us": NOW_US - 3 * MINUTE,
        "due_us": NOW_US - 3 * MINUTE,
        "started_us": None,
        "finished_us": None,
        "expires_us": None,
        "epoch": 0,
        "tries": 0,
        "crashes": 0,
        "retries": 2,
        "node_id": None,
        "code": None,
        "reason": None,
        "cancel_us": None,
        "cancel_by": None,
        "blocked": None,
        "parents_left": 0,
        "suspect": 0,
        "tags": (),
        "created_by": None,
        "user_id": None,
        "batch_id": None,
        "reply_to": None,
        "parent_id": None,
        "fraction": None,
        "message": None,
        "status": None,
        "archived": False,
    }
    return JobRow(**(fields | given))


def job_detail(row: JobRow, **given: Any) -> JobDetail:
    fields: dict[str, Any] = {
        "payload": "{}",
        "result": None,
        "result_size": None,
        "stats": None,
        "checkpoint": None,
        "options": None,
        "extras": None,
        "attempts": (),
        "events": (),
        "parents": (),
        "children": (),
        "lines_dropped": 0,
    }
    return JobDetail(row=row, **(fields | given))


def definition(table: Timetable | str = "0 2 * * *", *, job: dict[str, Any] | None = None, **given: Any) -> Definition:
    made = NewJob(**({"ref_id": "", "name": "shop:clean", "payload": '{"days": 3}'} | (job or {})))
    return Definition(**({"name": "clean", "timetable": timetable_of(table), "job": made} | given))


def schedule_row(made: Definition | None = None, **given: Any) -> ScheduleRow:
    fields: dict[str, Any] = {
        "id": 7,
        "app": "default",
        "name": "clean" if made is None else made.name,
        "state": ScheduleState.ACTIVE,
        "definition": definition() if made is None else made,
        "error": None,
        "anchor_us": NOW_US - 10 * MINUTE,
        "next_us": NOW_US + 60 * MINUTE,
        "judged_us": NOW_US - 10 * MINUTE,
        "created_us": NOW_US - 10 * MINUTE,
        "created_by": None,
        "changed_us": NOW_US - 10 * MINUTE,
        "changed_by": None,
        "paused_us": None,
        "paused_by": None,
        "run_count": 0,
        "skip_count": 0,
        "missed_count": 0,
        "last": None,
        "last_success_us": None,
    }
    return ScheduleRow(**(fields | given))


def tick(**given: Any) -> Tick:
    fields: dict[str, Any] = {
        "instant_us": NOW_US - 5 * MINUTE,
        "outcome": TickOutcome.STARTED,
        "job_id": 41,
        "state": State.COMPLETED,
        "made_us": NOW_US - 5 * MINUTE,
        "started_us": NOW_US - 4 * MINUTE,
        "finished_us": NOW_US - 3 * MINUTE,
    }
    return Tick(**(fields | given))
