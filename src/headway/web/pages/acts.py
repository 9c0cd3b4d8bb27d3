"""Who did what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from headway.store.acting import Act, ActRow
from headway.view import records, schedule_page
from headway.web.desk import acts as desk
from headway.web.desk.acts import Known
from headway.web.live import live
from headway.web.pages.frame import address, show
from headway.web.pages.links import with_query
from headway.web.problems import RequestInvalid
from headway.web.route import page
from headway.web.visit import Visit

SUBJECTS: Final = ("job", "jobs", "batch", "queue", "schedule", "scheduler", "node", "user", "token", "session")
DONE: Final[Mapping[str, str]] = MappingProxyType({
    "cancel": "cancelled", "retry": "retried", "replay": "replayed", "revise": "changed", "delete": "deleted",
    "pause": "paused", "resume": "resumed", "limit": "limited", "run": "ran", "remove": "removed",
    "drain": "drained", "undrain": "let work again", "enqueue": "enqueued", "sign_in": "signed in",
    "sign_out": "signed out", "sign_in_failed": "could not sign in", "add": "added", "password": "set the password of",
    "permissions": "changed what is allowed to", "disable": "disabled", "enable": "enabled", "revoke": "revoked",
    "hold": "held", "accept": "accepted", "backup": "copied", "purge": "purged", "prune": "pruned", "restart": "restarted",
})  # fmt: skip
"""What was done, as it is told of who did it."""
NUMBERED: Final[Mapping[str, str]] = MappingProxyType(
    {"batch": "/batches/", "schedule": "/recurring/", "node": "/workers#node-"}
)
"""Before the number of what an act was done to."""
PAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ActLine:
    """One act."""

    row: ActRow
    done: str
    path: str
    """The page of what it was done to; nothing where there is none."""
    note: str


def act_line(row: ActRow, known: Known) -> ActLine:
    """An act in words, with the way to what is known to be there."""
    return ActLine(
        row=row,
        done=DONE.get(row.act.kind, row.act.kind.replace("_", " ")),
        path=_path(row.act, known),
        note=note(row.act.note),
    )


def note(text: str | None) -> str:
    """What was written down beside it: names and values."""
    found: Any = records.parsed(text)
    if not isinstance(found, dict):
        return "" if found is None else str(found)
    return ", ".join(
        f"{str(name).replace('_', ' ')} {_told(value)}" for name, value in found.items() if value is not None
    )


def _told(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " and ".join(value) or "none"
    return value if isinstance(value, str) else schedule_page.compact(value)


def _path(act: Act, known: Known) -> str:
    """The page of the very thing as long as it is there; nothing where it has none, or is gone."""
    name = act.subject_id or ""
    numbers = {"batch": known.batches, "schedule": known.schedules, "node": known.nodes}.get(act.subject, {})
    if act.subject == "job" and name in known.jobs:
        return f"/jobs/{name}"
    if act.subject == "queue":
        return f"/queues#queue-{quote(name, safe='')}"
    if act.subject == "scheduler":
        return "/recurring"
    return f"{NUMBERED[act.subject]}{numbers[name]}" if name in numbers else ""


async def look(visit: Visit) -> Response:
    """All of them, newest first, or those of a person or a subject."""
    query, size = visit.request.query_params, min(visit.console.look.page_size, PAGE_MAX)
    given = {name: query.get(name, "").strip() or None for name in ("subject", "subject_id", "by")}
    before = query.get("before")
    rows = await desk.listed(visit, **given, before_id=_number(before), limit=size + 1)
    known = await desk.known(visit, rows[:size])
    return show(
        visit,
        "acts.html",
        nav="acts",
        lines=[act_line(row, known) for row in rows[:size]],
        given={name: value or "" for name, value in given.items()},
        is_filtered=any(given.values()),
        subjects=SUBJECTS,
        before=before,
        first_page=address(visit, with_query("/acts", given.items())),
        next_page=""
        if len(rows) <= size
        else address(visit, with_query("/acts", [*given.items(), ("before", rows[size - 1].id)])),
    )


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(2**62))):
        raise RequestInvalid(f"before must be the number of an act, not {text[:50]!r}")
    return int(text)


ROUTES = (page("/acts", "acts", live(look)),)
