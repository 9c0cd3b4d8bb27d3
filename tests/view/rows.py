"""Values of the store, made by hand: what a test does not say is ordinary."""

from typing import Any

from headway.model.job import JobRow, State
from headway.store.protocol import JobDetail

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
