"""Changing a job that waits: one guarded statement for its row, one for its arguments."""

from __future__ import annotations

from typing import Final

import msgspec

from headway.model.clock import from_us
from headway.model.job import PENDING, JobRow, State
from headway.model.line import IN_LINE
from headway.model.tie import LINED_UP
from headway.store.revision import ReviseAnswer, Revision
from headway.store.verbs.find import find, job_row
from headway.store.verbs.relink import Relinked, relink, relinked
from headway.store.verbs.transaction import Row, Transaction
from headway.store.verbs.unique import holder

PARENTS: Final = 35
TIES: Final = 45
"""Where `find` has the columns."""


def revise(tx: Transaction, id_or_ref: int | str, change: Revision, by: str | None, app: str | None) -> ReviseAnswer:
    """Change what is given, of a job that is scheduled, queued or waiting; nothing of any other."""
    row = find(tx, id_or_ref, app)
    if row is None:
        return ReviseAnswer.NOT_FOUND
    job = job_row(row)
    if job.state not in PENDING:
        return ReviseAnswer.STARTED
    if change.unique_key is not None and change.unique_key != job.unique_key:
        held_by = holder(tx, job.app, change.unique_key)
        if held_by is not None and held_by.id != job.id:
            return ReviseAnswer.KEY_HELD
    links: Relinked | None = None
    if change.payload is not None:
        links = relinked(tx, job, _parents(row), change) if change.links != change.old_links else None
        values = {
            "id": job.id,
            "payload": change.payload,
            "old_payload": change.old_payload,
            "links": change.links if links is None else links.links,
            "old_links": change.old_links,
        }
        if not tx.change("revise_body", values):
            return ReviseAnswer.CHANGED
    waits = job.state is State.WAITING if links is None else relink(tx, job, links)
    _write(tx, job, row, change, waits=waits)
    note = "; ".join(_differences(tx, job, change))
    if note:
        tx.event(job.id, job.epoch, "revise", by=by, note=note)
    return ReviseAnswer.REVISED


def _write(tx: Transaction, job: JobRow, row: Row, change: Revision, *, waits: bool) -> None:
    due_us = _due(tx, job, change)
    state = State.WAITING if waits else job.state
    if not waits and (due_us != job.due_us or state is State.WAITING):
        state = State.SCHEDULED if due_us > tx.now_us else State.QUEUED
    values = {
        "id": job.id,
        "was": job.state.value,
        "state": state.value,
        "priority": job.priority if change.priority is None else change.priority,
        "queue": job.queue if change.queue is None else change.queue,
        "due_at": due_us,
        "blocked": _blocked(job, state, in_line=bool(row[TIES] & LINED_UP)),
        "unique_key": change.unique_key or job.unique_key,
    }
    tx.change("revise_job", values)
    if row[TIES]:
        tx.touched.add(job.id)
    tx.wake = True


def _parents(row: Row) -> tuple[int, ...]:
    return () if row[PARENTS] is None else msgspec.json.decode(row[PARENTS], type=tuple[int, ...])


def _blocked(job: JobRow, state: State, *, in_line: bool) -> str | None:
    """What keeps it from being claimed now. One in a line takes its place anew; others keep what blocked them."""
    if state is not State.QUEUED:
        return None
    if job.blocked not in {None, IN_LINE}:
        return job.blocked
    return IN_LINE if in_line else None


def _due(tx: Transaction, job: JobRow, change: Revision) -> int:
    if change.delay_us is not None:
        return tx.now_us + change.delay_us
    return job.due_us if change.due_us is None else change.due_us


def _differences(tx: Transaction, job: JobRow, change: Revision) -> list[str]:
    due_us = _due(tx, job, change)
    said: list[str] = []
    if change.priority is not None and change.priority != job.priority:
        said.append(f"priority {job.priority} -> {change.priority}")
    if change.queue is not None and change.queue != job.queue:
        said.append(f"queue {job.queue} -> {change.queue}")
    if due_us != job.due_us:
        said.append(f"due {_moment(job.due_us)} -> {_moment(due_us)}")
    if change.said:
        said.append(change.said)
    return said


def _moment(at_us: int) -> str:
    return from_us(at_us).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
