"""The form that changes a job which waits: its priority, queue, due moment and arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from starlette.responses import Response

from headway.client.revising import Changes
from headway.model.clock import from_us
from headway.model.errors import HeadwayError
from headway.model.job import PENDING
from headway.store.protocol import JobDetail
from headway.view import records, spans, words
from headway.view.pages import pretty
from headway.view.secrets import mask
from headway.web.desk import jobs as desk
from headway.web.pages.forms import Form, form
from headway.web.pages.frame import go, show
from headway.web.problems import Conflict, Forbidden
from headway.web.visit import Visit

UNFIT: Final = 422
SHORT_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the form."""

    priority: str
    queue: str
    due: str
    arguments: str
    kept: tuple[str, ...]
    """Arguments that are not shown, because they are secret or hold something that is, and stay as they are."""


async def look(visit: Visit) -> Response:
    """The form, with what the job has now."""
    detail = await _waiting(visit)
    return show(visit, "revise.html", nav="jobs", row=detail.row, draft=_draft(visit, detail), wrong=None)


async def revise(visit: Visit) -> Response:
    """Change what is another than it was; what does not fit is said in the form."""
    detail = await _waiting(visit)
    sent = await form(visit)
    draft = _draft(visit, detail)
    try:
        changes = _changes(visit, sent, draft)
        if changes:
            await desk.revise(visit, str(detail.row.id), **changes)
    except Forbidden:
        raise
    except (HeadwayError, ValueError) as error:
        again = Draft(
            priority=sent.get("priority", ""),
            queue=sent.get("queue", ""),
            due=sent.get("due", ""),
            arguments=sent.get("arguments", ""),
            kept=draft.kept,
        )
        return show(visit, "revise.html", status=UNFIT, nav="jobs", row=detail.row, draft=again, wrong=str(error))
    what = "The job is changed." if changes else "Nothing was changed."
    return go(visit, f"/jobs/{detail.row.id}", what, kind="good" if changes else "plain")


async def _waiting(visit: Visit) -> JobDetail:
    detail = await desk.detail(visit, visit.request.path_params["id"])
    if detail.row.state not in PENDING:
        raise Conflict(f"job {detail.row.id} is {detail.row.state.value}: only jobs that wait can be changed")
    return detail


def _draft(visit: Visit, detail: JobDetail) -> Draft:
    row = detail.row
    masked = mask(detail.payload, visit.console.masking(row.name))
    stored = records.parsed(detail.payload)
    shown: dict[str, Any] = {}
    kept: list[str] = []
    if isinstance(stored, dict) and isinstance(masked.arguments, dict):
        shown = {name: value for name, value in masked.arguments.items() if stored.get(name) == value}
        kept = [words.cut(name, SHORT_MAX) for name in stored if name not in shown]
    return Draft(
        priority=str(row.priority),
        queue=row.queue,
        due=words.local(row.due_us, visit.console.look.zone).strftime("%Y-%m-%dT%H:%M:%S"),
        arguments=pretty(shown),
        kept=tuple(kept),
    )


def _changes(visit: Visit, sent: Form, draft: Draft) -> Changes:
    """What the form says that is another than it was."""
    changes: Changes = {}
    priority, queue, due = (sent.get(name, "").strip() for name in ("priority", "queue", "due"))
    if priority != draft.priority:
        changes["priority"] = _whole(priority)
    if queue != draft.queue:
        changes["queue"] = queue
    if due and due != draft.due:
        changes["run_after"] = (
            spans.span(due)
            if spans.SPAN.match(due.lower())
            else timedelta()
            if due.lower() == "now"
            else spans.moment(due, now=from_us(visit.console.now_us()), zone=visit.console.look.zone)
        )
    arguments = _arguments(sent.get("arguments", ""), draft)
    if arguments:
        changes["arguments"] = arguments
    return changes


def _whole(text: str) -> int:
    try:
        return int(text[:SHORT_MAX])
    except ValueError:
        msg = f"priority must be a whole number, not {text[:SHORT_MAX]!r}"
        raise ValueError(msg) from None


def _arguments(text: str, draft: Draft) -> dict[str, Any]:
    """Those that are other than they were."""
    try:
        given = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        msg = f"the arguments are no JSON: {error}"
        raise ValueError(msg) from None
    if not isinstance(given, dict):
        msg = "the arguments must be a JSON object: a name and a value for each"
        raise ValueError(msg)  # noqa: TRY004 - it is what somebody wrote, not a mistake of a program
    before = msgspec.json.decode(draft.arguments)
    return {name: value for name, value in given.items() if name not in before or before[name] != value}
