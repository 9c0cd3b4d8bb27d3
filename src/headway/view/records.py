"""What programs read: each value of the store as plain JSON values under stable names.

The names are a promise (docs/reference/cli.md lists them): they may grow in number, never change in meaning. Moments
are ISO 8601 in UTC, durations are seconds, progress is a fraction of 1.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from headway.model.job import JobRow
from headway.model.occurrence import run_of
from headway.model.outcome import ErrorText
from headway.model.result_ref import link_of
from headway.store.awaited import Awaited
from headway.store.protocol import AttemptRow, JobDetail, NodeRow, QueueCount, StoredLine
from headway.view.secrets import MASK, Masked, Masking, mask
from headway.view.timeline import Step, timeline
from headway.view.words import percent, utc

Record = dict[str, Any]
SECOND_US: Final = 1_000_000
LEVELS: Final = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"), (0, "debug"))


def job(row: JobRow) -> Record:
    """A job, as lists show it."""
    return {
        "id": row.id,
        "app": row.app,
        "ref_id": row.ref_id,
        "name": row.name,
        "queue": row.queue,
        "state": row.state.value,
        "group": row.state.group,
        "priority": row.priority,
        "created_at": utc(row.created_us),
        "due_at": utc(row.due_us),
        "started_at": utc(row.started_us),
        "finished_at": utc(row.finished_us),
        "expires_at": utc(row.expires_us),
        "epoch": row.epoch,
        "tries": row.tries,
        "crashes": row.crashes,
        "retries": row.retries,
        "code": row.code,
        "reason": row.reason,
        "progress": row.fraction,
        "progress_percentage": percent(row.fraction),
        "message": row.message,
        "status": row.status,
        "node_id": row.node_id,
        "cancel_requested_at": utc(row.cancel_us),
        "cancel_requested_by": row.cancel_by,
        "blocked": row.blocked,
        "worker": row.lane,
        "concurrency_key": row.key,
        "concurrency_limit": row.key_limit,
        "key_rate_starts": None if row.key_rate is None else row.key_rate.starts,
        "key_rate_per_seconds": None if row.key_rate is None else row.key_rate.span_us / SECOND_US,
        "parents_left": row.parents_left,
        "when": row.condition,
        "callback_of": row.callback_of,
        "tags": list(row.tags),
        "created_by": row.created_by,
        "user_id": row.user_id,
        "tenant": row.tenant,
        "batch_id": row.batch_id,
        "batch": row.batch,
        "reply_to": row.reply_to,
        "parent_id": row.parent_id,
        "archived": row.archived,
        "unique_key": row.unique_key,
        "replay_of": row.replay_of,
    }


def detail(value: JobDetail, masking: Masking) -> Record:
    """Everything about one job, secrets masked."""
    masked = mask(value.payload, masking)
    result = masked.value(parsed(value.result))
    schedule, scheduled_for = run(value)
    return {
        **job(value.row),
        "schedule": schedule,
        "scheduled_for": scheduled_for,
        "reason": masked.text(value.row.reason),
        "message": masked.text(value.row.message),
        "status": masked.text(value.row.status),
        "arguments": masked.arguments if masked.readable else MASK,
        "arguments_masked": "as declared" if masking.declared else "by name only",
        "result": result,
        "result_link": link(result),
        "result_bytes_not_stored": value.result_size if value.result is None else None,
        "statistics": masked.value(parsed(value.stats)),
        "checkpoint": masked.value(parsed(value.checkpoint)),
        "options": parsed(value.options),
        "extras": masked.value(mask(value.extras, Masking()).arguments),
        "attempts": [attempt(each, masked) for each in value.attempts],
        "history": [step(each, masked) for each in timeline(value)],
        "parents": list(value.parents),
        "children": list(value.children),
        "after_batches": [awaited(each) for each in value.batches],
        "log_lines_dropped": value.lines_dropped,
        "kept": value.kept.value,
    }


def run(value: JobDetail) -> tuple[str | None, str | None]:
    """The schedule that a job is a run of, and the instant as text; nothing for any other job."""
    schedule, at_us = run_us(value)
    return schedule, utc(at_us)


def run_us(value: JobDetail) -> tuple[str | None, int | None]:
    """The same with the instant in microseconds."""
    extras = parsed(value.extras)
    found = run_of(extras) if isinstance(extras, dict) else None
    return (None, None) if found is None else found


def awaited(value: Awaited) -> Record:
    """A batch that a job waits for."""
    outcome = None if value.outcome is None else value.outcome.value
    return {"name": value.name, "exists": value.exists, "outcome": outcome, "waits": value.waits}


def link(result: Any) -> str | None:
    """The address that a result is, to be made a link of; None where it is none, or a part of it is masked."""
    address = link_of(result)
    return None if address is None or MASK in address else address


def attempt(row: AttemptRow, masked: Masked) -> Record:
    """One run of a job."""
    return {
        "epoch": row.epoch,
        "node": row.node_uid,
        "started_at": utc(row.started_us),
        "finished_at": utc(row.finished_us),
        "seconds": max(0, row.finished_us - row.started_us) / SECOND_US,
        "end": row.kind.value,
        "code": row.code,
        "reason": masked.text(row.reason),
        "error": None if row.error is None else error(row.error, masked),
    }


def error(text: ErrorText, masked: Masked) -> Record:
    """An exception as text."""
    return {"type": text.type, "message": masked.text(text.message), "traceback": masked.text(text.traceback)}


def step(value: Step, masked: Masked) -> Record:
    """One line of a job's history."""
    return {
        "at": utc(value.at_us),
        "exact": value.exact,
        "was": None if value.was is None else value.was.value,
        "state": value.state.value,
        "kind": value.kind,
        "epoch": value.epoch,
        "by": value.by,
        "note": masked.text(value.note),
    }


def line(value: StoredLine, masked: Masked) -> Record:
    """One line of a job's log."""
    return {
        "number": value.number,
        "epoch": value.epoch,
        "at": utc(value.line.at_us),
        "level": level(value.line.level),
        "text": masked.text(value.line.text),
    }


def level(number: int) -> str:
    """The name of a log level."""
    return next((name for least, name in LEVELS if number >= least), "debug")


def queue(value: QueueCount) -> Record:
    """How a queue stands."""
    return {
        "queue": value.queue,
        "app": value.app,
        "queued": value.queued,
        "scheduled": value.scheduled,
        "waiting": value.waiting,
        "running": value.running,
        "oldest_due_at": utc(value.oldest_due_us),
        "paused_at": utc(value.paused_us),
        "paused_by": value.paused_by,
        "size": value.size,
        "rate_starts": None if value.rate is None else value.rate.starts,
        "rate_per_seconds": None if value.rate is None else value.rate.per.total_seconds(),
    }


def node(value: NodeRow) -> Record:
    """A process that runs jobs."""
    return {
        "id": value.id,
        "uid": value.uid,
        "app": value.app,
        "host": value.host,
        "pid": value.pid,
        "version": value.version,
        "state": value.state,
        "started_at": utc(value.started_us),
        "seen_at": utc(value.seen_us),
        "queues": None if value.queues is None else list(value.queues),
        "names": list(value.names),
        "concurrency": value.concurrency,
        "running": value.running,
    }


def parsed(text: str | None) -> Any:
    """Stored JSON as a value; what cannot be read is given as its text."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text
