"""One job as a page for people: facts, arguments, result, errors and history, as text ready to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Final

import msgspec

from headway.model.job import JobRow, State
from headway.store.protocol import AttemptRow, JobDetail, Kept, StoredLine
from headway.view import records, words
from headway.view.secrets import Masked, Masking, mask
from headway.view.timeline import Step, timeline

TEXT_MAX: Final = 20_000
"""Characters shown of one argument list, result or traceback."""
NOTE_WIDTH: Final = 200
_KEPT: Final[Mapping[Kept, str]] = MappingProxyType(
    {Kept.ALL: "yes", Kept.NO_LOG: "yes, its log is removed", Kept.SUMMARY: "yes, only its summary is kept"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled line."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled text of several lines."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line of the history."""

    at: str
    state: State
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailPage:
    """Everything about one job."""

    title: str
    state: State
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    history: tuple[Moment, ...]


def detail_page(detail: JobDetail, masking: Masking, *, now_us: int, zone: tzinfo | None = None) -> DetailPage:
    """Everything about one job in words, secrets masked."""
    masked = mask(detail.payload, masking)
    row = detail.row
    return DetailPage(
        title=f"job {row.id} {words.visible(row.name)}",
        state=row.state,
        facts=tuple(
            Fact(label=label, value=words.visible(value))
            for label, value in _facts(detail, masked, now_us, zone)
            if value
        ),
        sections=tuple(
            Section(title=title, text=shown(text)) for title, text in _sections(detail, masked, masking) if text
        ),
        history=tuple(_moment(step, masked, zone) for step in timeline(detail)),
    )


def log_line(stored: StoredLine, masked: Masked, zone: tzinfo | None = None) -> str:
    """A line of a job's log: moment, level where it is not the usual one, text."""
    level = records.level(stored.line.level)
    word = "" if level == "info" else f"{level.upper()} "
    text = words.safe_lines(masked.text(stored.line.text) or "").replace("\n", "\n    ")
    return f"{words.moment(stored.line.at_us, zone)} {word}{text}"


def _facts(detail: JobDetail, masked: Masked, now_us: int, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    row = detail.row
    yield "state", _state(row, masked)
    yield "progress", masked.text(words.progress(row)) or ""
    yield "queue", row.queue + (f", priority {row.priority}" if row.priority else "")
    yield "created", _when(row.created_us, now_us, zone) + (f" by {row.created_by}" if row.created_by else "")
    if row.state is State.SCHEDULED or (row.state is State.QUEUED and row.due_us > row.created_us):
        yield "due", _when(row.due_us, now_us, zone)
    yield "started", _when(row.started_us, now_us, zone)
    yield "finished", _when(row.finished_us, now_us, zone)
    yield "took", words.took(row, now_us)
    yield "expires", _when(row.expires_us, now_us, zone) if not row.state.is_final else ""
    yield (
        "tries",
        f"{row.tries} failed of {row.retries + 1} allowed"
        + (f", {words.count(row.crashes, 'crash')}" if row.crashes else ""),
    )
    waits = (*(str(parent) for parent in detail.parents), *words.awaited(detail.batches))
    yield "waits for", ", ".join(waits) if row.state is State.WAITING else ""
    yield "runs on", row.condition.replace("_", " ") if row.condition is not None else ""
    yield "callback of", f"job {row.callback_of}" if row.callback_of is not None else ""
    yield (
        "cancel",
        f"asked for by {row.cancel_by or 'somebody'} {words.age(row.cancel_us, now_us)}"
        if row.cancel_us is not None
        else "",
    )
    yield "node", str(row.node_id) if row.state is State.RUNNING and row.node_id is not None else ""
    yield "parents", ", ".join(str(parent) for parent in detail.parents) if row.state is not State.WAITING else ""
    yield "children", ", ".join(str(child) for child in detail.children)
    yield "worker", row.lane or ""
    yield "concurrency key", f"{row.key} ({_terms(row)})" if row.key is not None else ""
    yield "tags", ", ".join(row.tags)
    yield "batch", row.batch_id or ""
    yield "user", row.user_id or ""
    yield "tenant", row.tenant or ""
    yield "came from", str(row.parent_id) if row.parent_id is not None else ""
    yield "run of", _run(detail)
    yield "repeats", f"job {row.replay_of}" if row.replay_of is not None else ""
    yield "unique key", row.unique_key or ""
    yield "replies to", row.reply_to or ""
    yield "app", row.app if row.app != "default" else ""
    yield "ref", row.ref_id
    yield "archived", _KEPT[detail.kept] if row.archived else ""
    yield "log", f"{words.count(detail.lines_dropped, 'line')} not kept" if detail.lines_dropped else ""


def _run(detail: JobDetail) -> str:
    """The schedule and the instant that it is the run of; nothing for any other job."""
    schedule, at = records.run(detail)
    return f"schedule {schedule}, for {at}" if schedule else ""


def _terms(row: JobRow) -> str:
    """What its concurrency key lets run, and start."""
    rate = row.key_rate
    starts = "" if rate is None else f", {words.count(rate.starts, 'start')} per {words.duration(rate.span_us)}"
    return f"at most {row.key_limit} at once{starts}"


def _state(row: JobRow, masked: Masked) -> str:
    why = ": ".join(part for part in (row.code, masked.text(row.reason)) if part)
    if row.state is State.QUEUED and row.blocked:
        why = words.held(row)
    return f"{row.state.value} ({why})" if why else row.state.value


def _when(at_us: int | None, now_us: int, zone: tzinfo | None) -> str:
    return "" if at_us is None else f"{words.moment(at_us, zone)} ({words.age(at_us, now_us)})"


def _sections(detail: JobDetail, masked: Masked, masking: Masking) -> Iterator[tuple[str, str]]:
    how = "" if masking.declared else " (masked by name only: the application's code was not asked)"
    if detail.payload is None:
        gone = (
            "removed by retention (keep_bodies)"
            if detail.kept is Kept.SUMMARY
            else "the archive that holds them is not there"
        )
        yield "arguments", gone
    else:
        yield (
            "arguments" + how,
            pretty(masked.arguments) if masked.readable else "not shown: they are no readable JSON",
        )
    if detail.result is not None:
        yield "result", pretty(masked.value(records.parsed(detail.result)))
    elif detail.result_size is not None:
        yield "result", f"not stored: it took {words.grouped(detail.result_size)} bytes"
    if detail.stats is not None:
        yield "statistics", pretty(masked.value(records.parsed(detail.stats)))
    if detail.checkpoint is not None:
        yield "checkpoint", pretty(masked.value(records.parsed(detail.checkpoint)))
    yield from _errors(detail.attempts, masked)


def _errors(attempts: tuple[AttemptRow, ...], masked: Masked) -> Iterator[tuple[str, str]]:
    """The latest error whole; those before it are lines of the history."""
    for attempt in reversed(attempts):
        if attempt.error is not None:
            text = attempt.error.traceback or f"{attempt.error.type}: {attempt.error.message}"
            yield f"error of epoch {attempt.epoch}", masked.text(text) or ""
            return


def _moment(step: Step, masked: Masked, zone: tzinfo | None) -> Moment:
    parts = [step.state.value if step.state is not step.was else "", step.kind if step.kind != step.state.value else ""]
    epoch = f"epoch {step.epoch}" if step.epoch is not None else ""
    by = f"by {step.by}" if step.by else ""
    told = ", ".join(words.visible(part) for part in (*parts, epoch, by) if part)
    note = words.cut(masked.text(step.note) or "", NOTE_WIDTH)
    when = words.moment(step.at_us, zone) if step.exact else f"by {words.moment(step.at_us, zone)}"
    return Moment(at=when, state=step.state, text=f"{told}: {note}" if note else told)


def pretty(value: Any) -> str:
    """A JSON value over several lines."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (RecursionError, msgspec.EncodeError, ValueError, OverflowError):
        return "not shown: too deep or too large"


def shown(text: str) -> str:
    """A text of several lines without control characters, and not too long."""
    safe = words.safe_lines(text.rstrip("\n"))
    return (
        safe
        if len(safe) <= TEXT_MAX
        else f"{safe[:TEXT_MAX]}\n{words.ELLIPSIS} {words.grouped(len(safe) - TEXT_MAX)} characters more"
    )
