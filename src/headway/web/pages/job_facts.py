"""What is known of a job in single lines, each with the page that tells more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headway.model.job import JobRow, State
from headway.store.protocol import JobDetail, Kept
from headway.view import records, schedule_page, words
from headway.view.secrets import Masked
from headway.web.pages.links import with_query

KEPT: Final = MappingProxyType(
    {
        Kept.ALL: "in the archive",
        Kept.NO_LOG: "in the archive, its log is removed",
        Kept.SUMMARY: "in the archive, only its summary is kept",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A label with a text, a moment, or both; perhaps a link."""

    label: str
    text: str = ""
    at_us: int | None = None
    path: str = ""
    is_code: bool = False
    for_us: int | None = None
    """A moment that stands after the text, as what it is for."""


def lines(detail: JobDetail, masked: Masked, schedule_id: int | None = None) -> tuple[Line, ...]:
    """Those that say something; `schedule_id`: the number of the schedule that it is a run of, while that is there."""
    return tuple(one for one in _all(detail, masked, schedule_id) if one.text or one.at_us is not None)


def _all(detail: JobDetail, masked: Masked, schedule_id: int | None) -> Iterator[Line]:
    row = detail.row
    yield from _times(row)
    yield Line(label="Queue", text=row.queue, path=with_query("/jobs", [("queue", row.queue)]))
    yield Line(label="Priority", text=str(row.priority) if row.priority else "")
    yield Line(label="Attempts", text=_tries(row))
    yield Line(label="Worker", text=row.lane or "", path=with_query("/jobs", [("worker", row.lane)]))
    yield Line(label="Key", text="" if row.key is None else f"{row.key} ({_terms(row)})")
    yield Line(label="Unique key", text=row.unique_key or "")
    yield Line(label="Batch", text=row.batch_id or "", path=_batch(row))
    yield _run(detail, schedule_id)
    yield _job("Came from", row.parent_id)
    yield _job("Callback of", row.callback_of)
    yield _job("Repeats", row.replay_of)
    yield Line(label="Runs when", text=(row.condition or "").replace("_", " "))
    yield Line(label="Tenant", text=row.tenant or "", path=with_query("/jobs", [("tenant", row.tenant)]))
    yield Line(label="User", text=row.user_id or "", path=with_query("/jobs", [("user", row.user_id)]))
    yield Line(label="Replies to", text=row.reply_to or "")
    yield Line(label="Tags", text=", ".join(row.tags))
    yield Line(label="Statistics", text=words.cut(_statistics(masked.value(records.parsed(detail.stats))), 400))
    yield Line(label="Reference", text=row.ref_id, is_code=True)
    yield Line(label="Kept", text=KEPT[detail.kept] if row.archived else "")


def _run(detail: JobDetail, schedule_id: int | None) -> Line:
    """The schedule and the instant, which a page tells to the second: one between two seconds is told as it is."""
    schedule, at_us = records.run_us(detail)
    is_whole = at_us is not None and at_us % words.SECOND_US == 0
    return Line(
        label="Run of",
        text=f"{schedule or ''}{'' if is_whole or at_us is None else f', for {words.utc(at_us)}'}",
        path="" if schedule_id is None else f"/recurring/{schedule_id}",
        for_us=at_us if is_whole else None,
    )


def _times(row: JobRow) -> Iterator[Line]:
    yield Line(label="Created", at_us=row.created_us, text=f"by {row.created_by}" if row.created_by else "")
    if row.state is State.SCHEDULED or (not row.state.is_final and row.due_us > row.created_us):
        yield Line(label="Due", at_us=row.due_us)
    yield Line(label="Started", at_us=row.started_us)
    yield Line(label="Ended", at_us=row.finished_us)
    if not row.state.is_final:
        yield Line(label="Expires", at_us=row.expires_us)
    by = f"by {row.cancel_by}" if row.cancel_by else ""
    yield Line(label="Asked to stop", at_us=row.cancel_us, text=by if row.cancel_us is not None else "")


def _tries(row: JobRow) -> str:
    crashes = f", {words.count(row.crashes, 'crash')}" if row.crashes else ""
    return f"{row.tries} failed of {row.retries + 1} allowed{crashes}".replace("crashs", "crashes")


def _terms(row: JobRow) -> str:
    rate = row.key_rate
    starts = "" if rate is None else f", {words.count(rate.starts, 'start')} per {words.duration(rate.span_us)}"
    return f"at most {row.key_limit} at once{starts}"


def _statistics(found: object) -> str:
    """What a body counted, each by its name."""
    if not isinstance(found, dict):
        return "" if found is None else schedule_page.compact(found)
    return ", ".join(f"{name} {schedule_page.compact(value)}" for name, value in found.items())


def _job(label: str, number: int | None) -> Line:
    return Line(label=label, text="" if number is None else f"job {number}", path=f"/jobs/{number}")


def _batch(row: JobRow) -> str:
    """The page of the batch that counts it; a name that no batch has is only a word to look for."""
    return with_query("/jobs", [("batch", row.batch_id)]) if row.batch is None else f"/batches/{row.batch}"
