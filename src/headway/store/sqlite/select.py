"""Lists: the one place where SQL is composed, from a fixed set of conditions over the job table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from headway.model.job import State
from headway.store.protocol import JobFilter
from headway.store.sqlite.find import COLUMNS, FROM
from headway.store.sqlite.transaction import as_json

COUNT_MAX: Final = 10_000
"""Counting a filter stops here; the page then says that its total is a floor."""

_BAD: Final = frozenset({State.FAILED, State.CANCELLED, State.SKIPPED})
_EQUAL: Final = ("app", "batch_id", "created_by", "user_id", "ref_id", "parent_id", "code")


def conditions(where: JobFilter) -> tuple[list[str], dict[str, Any]]:
    """The filter as conditions that must all hold, with their parameters. Free text is not among them."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    for column in _EQUAL:
        value = getattr(where, column)
        if value is not None:
            parts.append(f"j.{column} = :{column}")
            values[column] = value
    parts += _states(where.states)
    if where.names:
        parts.append("j.name IN (SELECT value FROM json_each(:names))")
        values["names"] = as_json(where.names)
    if where.queues:
        parts.append("j.queue IN (SELECT value FROM json_each(:queues))")
        values["queues"] = as_json(where.queues)
    if where.tag is not None:
        parts.append("EXISTS (SELECT 1 FROM headway_tag AS t WHERE t.tag = :tag AND t.job_id = j.id)")
        values["tag"] = where.tag
    if where.created_from_us is not None:
        parts.append("j.created_at >= :created_from")
        values["created_from"] = where.created_from_us
    if where.created_until_us is not None:
        parts.append("j.created_at < :created_until")
        values["created_until"] = where.created_until_us
    return parts, values


_ENDED_BADLY: Final = (
    "j.finished_at IS NOT NULL",
    "(j.state = 'failed' OR j.state = 'cancelled' OR j.state = 'skipped')",
)
"""What the index of those that ended badly asks for, word for word."""


def _states(states: Sequence[State]) -> list[str]:
    """Written out, so that the partial indexes serve."""
    if not states:
        return []
    written = ", ".join(f"'{state.value}'" for state in states)
    parts = [f"j.state IN ({written})" if len(states) > 1 else f"j.state = {written}"]
    if _BAD.issuperset(states):
        parts += _ENDED_BADLY
    return parts


def page_sql(parts: list[str], *, cursor: bool) -> str:
    """Rows newest first."""
    every = [*parts, "j.id < :before"] if cursor else parts
    where = "WHERE " + " AND ".join(every) if every else ""
    return f"SELECT {COLUMNS} {FROM} {where} ORDER BY j.id DESC LIMIT :limit OFFSET :offset"


def count_sql(parts: list[str]) -> str:
    """How many, up to a limit."""
    where = "WHERE " + " AND ".join(parts) if parts else ""
    return f"SELECT count(*) FROM (SELECT 1 FROM headway_job AS j {where} LIMIT :count_max)"  # noqa: S608


def ids_sql(parts: list[str]) -> str:
    """Ids newest first."""
    where = "WHERE " + " AND ".join(parts) if parts else ""
    return f"SELECT j.id FROM headway_job AS j {where} ORDER BY j.id DESC LIMIT :limit"  # noqa: S608


def text_sql(parts: list[str]) -> str:
    """Rows with the texts that free text is looked for in, newest first, in slices."""
    where = " AND ".join([*parts, "j.id < :before"])
    return (
        f"SELECT {COLUMNS}, b.payload, "  # noqa: S608
        "(SELECT group_concat(a.error, ' ') FROM headway_attempt AS a WHERE a.job_id = j.id) "
        f"{FROM} LEFT JOIN headway_body AS b ON b.job_id = j.id WHERE {where} ORDER BY j.id DESC LIMIT :limit"
    )
