"""What people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from headway.store.acting import ActRow
from headway.store.operation import Operation
from headway.web.visit import Visit

LISTED_MAX: Final = 200
JOB_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What acts were done to, as far as it is there now: numbers, by what the acts call them."""

    jobs: frozenset[str] = frozenset()
    batches: Mapping[str, int] = field(default_factory=dict)
    schedules: Mapping[str, int] = field(default_factory=dict)
    nodes: Mapping[str, int] = field(default_factory=dict)


async def listed(
    visit: Visit,
    *,
    subject: str | None = None,
    subject_id: str | None = None,
    by: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> tuple[ActRow, ...]:
    """Acts of the app, and those that concern no app, newest first."""
    return await visit.read(
        visit.reader.acts(
            app=visit.app,
            subject=subject,
            subject_id=subject_id,
            by=by,
            limit=max(1, min(limit, LISTED_MAX)),
            before_id=before_id,
        )
    )


async def known(visit: Visit, rows: Iterable[ActRow]) -> Known:
    """What these acts were done to and is there still, all looked up in one read."""
    named: dict[str, set[str]] = {}
    for row in rows:
        if row.act.subject_id is not None:
            named.setdefault(row.act.subject, set()).add(row.act.subject_id)
    app, reader = visit.app, visit.reader
    numbers = [text for text in named.get("job", ()) if _is_number(text)]
    jobs = {text: reader.job(int(text), app=app) for text in numbers}
    batches = {name: reader.batch(name, app=app) for name in named.get("batch", ())}
    schedules = {name: reader.schedule(app, name) for name in named.get("schedule", ())}
    nodes = reader.nodes(app=app) if "node" in named else None

    def run(tx: Any) -> Known:
        return Known(
            jobs=frozenset(text for text, one in jobs.items() if one.run(tx) is not None),
            batches={name: found.id for name, one in batches.items() if (found := one.run(tx)) is not None},
            schedules={name: row.id for name, one in schedules.items() if (row := one.run(tx)) is not None},
            nodes={} if nodes is None else {node.uid: node.id for node in nodes.run(tx)},
        )

    return await visit.read(Operation("known", run)) if named else Known()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= JOB_DIGITS_MAX
