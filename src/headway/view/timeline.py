"""The history of one job: every transition in order, derived from its row, its attempts and its events.

The store writes a line only for what is unusual. The rest follows from the rows: the insert says the first state, an
attempt says when the job ran and what came of it. Between two such facts the state diagram leaves one shortest way,
and its stations are filled in. Where their moment is not kept, `exact` is False: it happened by then.

Two things are kept nowhere and so cannot be told: that a job which was retried or requeued was scheduled, not queued, in
the beginning (another due moment has been set), and whether a job that was cancelled before it ran had become ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headway.model.callback import CALLBACK_FAILED
from headway.model.job import TRANSITIONS, JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import AttemptRow, EventRow, JobDetail
from headway.store.verbs.outbox import NOT_ADMITTED

REQUEUE: Final = "requeue"
CANCEL: Final = "cancel"
CANCELLED: Final = "cancelled"
GIVEN_BACK: Final = frozenset({"release", "reap"})
ENDS, HAPPENS, STARTS = range(3)
"""The order of what carries the same moment: an end precedes what reacts to it, a start follows."""
HALTED: Final = frozenset({State.CANCELLED, State.SKIPPED})
WITHOUT_ATTEMPT: Final = frozenset({"expired", "parent_failed", "condition_unmet"})
"""Codes of endings that no attempt made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a job's history."""

    at_us: int
    exact: bool = True
    """False: it happened at this moment or before."""
    was: State | None
    """None at the first line."""
    state: State
    """The same as `was` where something happened that changed no state."""
    epoch: int | None = None
    """Of the attempt that it belongs to."""
    by: str | None = None
    """Who: a person, a node."""
    kind: str
    """A word: created, due, started, returned, raised, requeue, cancel, late_result, ..."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    """An attempt began."""

    at_us: int
    epoch: int
    node: str | None


_Fact = _Start | AttemptRow | EventRow


def timeline(detail: JobDetail) -> tuple[Step, ...]:
    """Every transition of a job, oldest first; the last line is the state that the job is in now."""
    row = detail.row
    steps = [Step(at_us=row.created_us, was=None, state=_first(detail), by=row.created_by, kind="created")]
    facts = _facts(detail)
    for index, fact in enumerate(facts):
        _add(steps, fact, facts[index + 1 :], row)
    _close(steps, row)
    return tuple(steps)


def _first(detail: JobDetail) -> State:
    row = detail.row
    if (row.state in HALTED or row.code == NOT_ADMITTED) and row.finished_us == row.created_us:
        return row.state
    if detail.parents:
        return State.WAITING
    starts = [attempt.started_us for attempt in detail.attempts] + (
        [row.started_us] if row.started_us is not None else []
    )
    delayed = row.due_us > row.created_us and all(start >= row.due_us for start in starts)
    delayed = delayed and all(event.kind != REQUEUE for event in detail.events)
    return State.SCHEDULED if delayed else State.QUEUED


def _facts(detail: JobDetail) -> list[_Fact]:
    row = detail.row
    keyed: list[tuple[int, int, int, _Fact]] = []
    for attempt in detail.attempts:
        start = _Start(attempt.started_us, attempt.epoch, attempt.node_uid)
        keyed.append((start.at_us, STARTS, attempt.epoch, start))
        # An end never stands before its start, also when the clock was set back between them.
        keyed.append((max(attempt.finished_us, attempt.started_us + 1), ENDS, attempt.epoch, attempt))
    ended = {attempt.epoch for attempt in detail.attempts}
    if row.state is State.RUNNING and row.epoch not in ended and row.started_us is not None:
        keyed.append((row.started_us, STARTS, row.epoch, _Start(row.started_us, row.epoch, None)))
    said = {(attempt.epoch, attempt.kind.value) for attempt in detail.attempts}
    events = (event for event in detail.events if (event.epoch, event.kind) not in said)  # the attempt says it better
    keyed.extend((event.at_us, HAPPENS, event.epoch, event) for event in events)
    return [fact for *_, fact in sorted(keyed, key=lambda entry: entry[:3])]


def _add(steps: list[Step], fact: _Fact, rest: Sequence[_Fact], row: JobRow) -> None:
    state = steps[-1].state
    match fact:
        case _Start():
            _go(steps, State.RUNNING, at_us=fact.at_us, epoch=fact.epoch, by=fact.node, kind="started")
        case AttemptRow():
            _go(steps, State.RUNNING, at_us=fact.started_us, epoch=fact.epoch, by=fact.node_uid, kind="started")
            target = _after(fact, rest, row)
            note = _reason(fact)
            _go(steps, target, at_us=fact.finished_us, epoch=fact.epoch, kind=fact.kind.value, note=note)
        case EventRow():
            if fact.kind == REQUEUE and state is State.EXECUTED:  # its callback had failed by then
                _go(steps, State.FAILED, at_us=fact.at_us, kind=CALLBACK_FAILED, exact=False)
            target = _after_event(fact, state, rest, row)
            _go(
                steps,
                target,
                at_us=fact.at_us,
                epoch=fact.epoch or None,
                by=fact.by,
                kind=fact.kind,
                note=fact.note,
                always=True,
            )


def _after(attempt: AttemptRow, rest: Sequence[_Fact], row: JobRow) -> State:
    """The state that an ended attempt led to: what comes next tells whether there was another chance."""
    if attempt.kind is EndKind.RETURNED and row.has_callback:
        return State.EXECUTED
    pause = State.QUEUED if attempt.kind in {EndKind.RELEASED, EndKind.SUSPECT} else State.SCHEDULED
    if attempt.kind is EndKind.RETURNED and _is_silent(rest):
        return row.state if row.state.is_final or row.state is State.EXECUTED else State.COMPLETED
    for fact in rest:
        match fact:
            case _Start() | AttemptRow():
                return pause
            case EventRow(kind=kind) if kind == REQUEUE:
                cancelled = attempt.kind is EndKind.CANCELLED or attempt.code == CANCELLED
                return State.CANCELLED if cancelled else State.FAILED
            case EventRow(kind=kind) if kind == CANCEL:
                return pause
            case _:
                pass
    ended = row.state.is_final and row.code not in WITHOUT_ATTEMPT
    return row.state if ended else pause


def _is_silent(rest: Sequence[_Fact]) -> bool:
    """Whether nothing follows that could start the job again."""
    return not any(isinstance(fact, _Start | AttemptRow) or fact.kind == REQUEUE for fact in rest)


def _after_event(event: EventRow, state: State, rest: Sequence[_Fact], row: JobRow) -> State:
    if event.kind == REQUEUE and state is State.EXECUTED:
        return State.EXECUTED
    if event.kind == REQUEUE:
        stays = not any(isinstance(fact, _Start | AttemptRow) for fact in rest)
        return row.state if stays and row.state in {State.WAITING, State.EXECUTED} else State.QUEUED
    if event.kind == CANCEL and state in {State.SCHEDULED, State.WAITING, State.QUEUED}:
        return State.CANCELLED
    told = any(isinstance(fact, AttemptRow) and fact.epoch == event.epoch for fact in rest)
    if event.kind in GIVEN_BACK and state is State.RUNNING and not told:
        return State.QUEUED
    return state


def _reason(attempt: AttemptRow) -> str | None:
    if attempt.error is not None:
        return f"{attempt.error.type}: {attempt.error.message}".rstrip(": ")
    return attempt.reason or attempt.code


def _close(steps: list[Step], row: JobRow) -> None:
    """Lead from the last fact to the state that the row is in."""
    at_us = row.finished_us if row.state.is_final and row.finished_us is not None else row.due_us
    last = steps[-1]
    kind = row.code or row.state.value if row.state.is_final else "due"
    exact = row.state.is_final or (row.state is State.QUEUED and at_us >= last.at_us)
    _go(steps, row.state, at_us=max(at_us, last.at_us), kind=kind, note=row.reason, exact=exact)


def _go(
    steps: list[Step],
    target: State,
    *,
    at_us: int,
    kind: str,
    epoch: int | None = None,
    by: str | None = None,
    note: str | None = None,
    exact: bool = True,
    always: bool = False,
) -> None:
    """Walk to a state, through the stations that the diagram demands; standing still is told only when asked."""
    was = steps[-1].state
    if was is target and not always:
        return
    for station in () if was is target else _way(was, target)[:-1]:
        told = "due" if station is State.QUEUED else "started" if station is State.RUNNING else station.value
        steps.append(Step(at_us=at_us, exact=False, was=was, state=station, kind=told))
        was = station
    steps.append(Step(at_us=at_us, exact=exact, was=was, state=target, epoch=epoch, by=by, kind=kind, note=note))


def _way(was: State, target: State) -> tuple[State, ...]:
    """The shortest way through the state diagram, without its start; a leap where there is none."""
    ways: list[tuple[State, ...]] = [()]
    seen = {was}
    for way in ways:  # grows while it is read: a search in breadth, at most once through each state
        here = way[-1] if way else was
        for following in sorted(TRANSITIONS[here]):
            if following is target:
                return (*way, following)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return (target,)
