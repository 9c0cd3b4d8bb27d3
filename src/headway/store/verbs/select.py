"""Lists: the one place where SQL is composed, from a fixed set of conditions over the job table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from headway.model.job import State
from headway.model.sort import Sort, SortKey
from headway.store.protocol import JobFilter
from headway.store.verbs.dialect import Dialect
from headway.store.verbs.find import COLUMNS
from headway.store.verbs.tick import SCHEDULE_FACT
from headway.store.verbs.transaction import as_json

_BAD: Final = frozenset({State.FAILED, State.CANCELLED, State.SKIPPED})
_EQUAL: Final = (
    "app",
    "batch_id",
    "created_by",
    "user_id",
    "tenant",
    "ref_id",
    "parent_id",
    "reply_to",
    "lane",
    "code",
)
_INDEXED: Final = ("batch_id", "created_by", "ref_id", "parent_id", "reply_to", "lane")
"""Each leads to few jobs by an index of its own, so a tag or fact is then only looked up for those."""

KEYS: Final[Mapping[SortKey, str]] = MappingProxyType({
    SortKey.CREATED: "j.id",
    SortKey.DUE: "j.due_at",
    SortKey.STARTED: "j.started_at",
    SortKey.ENDED: "j.finished_at",
    SortKey.PRIORITY: "j.priority",
    SortKey.DURATION: "CASE WHEN j.finished_at >= j.started_at THEN j.finished_at - j.started_at END",
    SortKey.ATTEMPTS: "j.epoch",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A filter as SQL: tables, conditions that must all hold, their parameters. Free text is not among them."""

    tables: str
    parts: tuple[str, ...]
    values: dict[str, Any]
    id: str
    """The column to page by: of the table that leads to the jobs."""
    span: tuple[str, ...]
    """The conditions of one slice."""

    def where(self, *more: str) -> str:
        """The WHERE clause, with more conditions."""
        every = (*self.parts, *more)
        return "WHERE " + " AND ".join(every) if every else ""


def choose(where: JobFilter, dialect: Dialect, *, among: bool = False) -> Chosen:
    """The filter as SQL. A tag or a fact leads to its jobs, newest first, unless something else leads to fewer.

    `among`: some ids are given (as JSON), and they lead.
    """
    parts: list[str] = []
    values: dict[str, Any] = {}
    for column in _EQUAL:
        value = getattr(where, column)
        if value is not None:
            # The plus keeps the app from choosing the index of references: it would lead to every job of the app, to be sorted.
            plus = dialect.held_back if column == "app" and where.ref_id is None else ""
            parts.append(f"{plus}j.{column} = :{column}")
            values[column] = value
    parts += _states(where.states)
    if where.names:
        parts.append(f"j.name IN ({dialect.texts.format(':names')})")
        values["names"] = _listed(where.names)
    if where.queues:
        parts.append(f"j.queue IN ({dialect.texts.format(':queues')})")
        values["queues"] = _listed(where.queues)
    if where.created_from_us is not None:
        parts.append("j.created_at >= :created_from")
        values["created_from"] = where.created_from_us
    if where.created_until_us is not None:
        parts.append("j.created_at < :created_until")
        values["created_until"] = where.created_until_us
    marks = _marks(where, values)
    indexed = any(getattr(where, column) is not None for column in _INDEXED)
    if among:
        parts += [mark.exists for mark in marks]
        return Chosen(tables=_by_ids(dialect, "a", ":among"), parts=tuple(parts), values=values, id="j.id", span=())
    if not marks or indexed or _is_bad(where.states):
        parts += [mark.exists for mark in marks]
        # Left to itself the planner goes through all jobs in the order that is asked for, and finds a failed one here and there.
        bad = _is_bad(where.states) and not indexed
        tables = "headway_job AS j" + (dialect.indexed.format("headway_job_bad") if bad else "")
        return Chosen(tables=tables, parts=tuple(parts), values=values, id="j.id", span=_span("j.id"))
    first, *others = marks
    parts = [first.condition, *parts, *(mark.exists for mark in others)]
    tables = f"{first.table} AS {first.alias} {dialect.joined} headway_job AS j ON j.id = {first.alias}.job_id"
    column = f"{first.alias}.job_id"
    # Of the jobs too: a planner that puts them first would go through all of them.
    return Chosen(tables=tables, parts=tuple(parts), values=values, id=column, span=(*_span(column), *_span("j.id")))


def _listed(texts: Sequence[str]) -> str:
    """Without those that no job has, as no database reads them as they are."""
    return as_json([text for text in texts if "\0" not in text])


def _by_ids(dialect: Dialect, alias: str, parameter: str) -> str:
    """The jobs of a list of ids."""
    listed = dialect.ids_first.format(alias=alias, parameter=parameter)
    return f"{listed} {dialect.joined} headway_job AS j ON j.id = {alias}.value"


def _span(column: str) -> tuple[str, ...]:
    return f"{column} > :low", f"{column} <= :high"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A condition on a table that stands beside the job table."""

    table: str
    alias: str
    condition: str

    @property
    def exists(self) -> str:
        """The condition on a job."""
        return (
            f"EXISTS (SELECT 1 FROM {self.table} AS {self.alias} WHERE {self.condition} AND {self.alias}.job_id = j.id)"  # noqa: S608
        )


def _marks(where: JobFilter, values: dict[str, Any]) -> list[_Mark]:
    found: list[_Mark] = []
    facts = list(where.facts)
    if where.schedule is not None:
        facts.append((SCHEDULE_FACT, where.schedule))
    for number, (name, text) in enumerate(facts):
        values |= {f"name_{number}": name, f"text_{number}": text}
        alias = f"f{number}"
        condition = f"{alias}.name = :name_{number} AND {alias}.value = :text_{number}"
        found.append(_Mark(table="headway_fact", alias=alias, condition=condition))
    if where.tag is not None:
        values["tag"] = where.tag
        found.append(_Mark(table="headway_tag", alias="t", condition="t.tag = :tag"))
    return found


def _is_bad(states: Sequence[State]) -> bool:
    return bool(states) and _BAD.issuperset(states)


_ENDED_BADLY: Final = (
    "j.finished_at IS NOT NULL",
    "(j.state = 'failed' OR j.state = 'cancelled' OR j.state = 'skipped')",
)
"""What the index of those that ended badly asks for, word for word: the planner concludes nothing."""


def _states(states: Sequence[State]) -> list[str]:
    """Written out, so that the partial indexes serve."""
    if not states:
        return []
    written = ", ".join(f"'{state.value}'" for state in states)
    parts = [f"j.state IN ({written})" if len(states) > 1 else f"j.state = {written}"]
    if _is_bad(states):
        parts += _ENDED_BADLY
    return parts


_PROGRESS: Final = "LEFT JOIN headway_progress AS p ON p.job_id = j.id"


def found_sql(chosen: Chosen, *, descending: bool = True) -> str:
    """The first ids of one slice, in their order."""
    order = f"ORDER BY {chosen.id} {'DESC' if descending else 'ASC'} LIMIT :limit"
    return f"SELECT j.id FROM {chosen.tables} {chosen.where(*chosen.span)} {order}"  # noqa: S608


def count_sql(chosen: Chosen) -> str:
    """How many of one slice, up to a limit."""
    return f"SELECT count(*) FROM (SELECT 1 FROM {chosen.tables} {chosen.where(*chosen.span)} LIMIT :limit) AS found"  # noqa: S608


def still_sql(chosen: Chosen) -> str:
    """Which of some ids the filter names."""
    return f"SELECT j.id FROM {chosen.tables} {chosen.where()}"  # noqa: S608


def text_sql(chosen: Chosen, dialect: Dialect) -> str:
    """The newest rows of one slice, with the texts that free text is looked for in."""
    return (
        f"SELECT {COLUMNS}, b.payload, "  # noqa: S608
        f"(SELECT {dialect.errors} FROM headway_attempt AS a WHERE a.job_id = j.id) "
        f"FROM {chosen.tables} {_PROGRESS} LEFT JOIN headway_body AS b ON b.job_id = j.id "
        f"{chosen.where(*chosen.span)} ORDER BY {chosen.id} DESC LIMIT :limit"
    )


def best_sql(chosen: Chosen, sort: Sort, *, cursor: bool, full: bool) -> str:
    """The first by an order among the numbers of one slice: the key and the id. Without a key comes last, either way.

    With a cursor only what comes after it; when as many as wanted were found already, only what comes before their last.
    """
    key, (way, beyond) = KEYS[sort.by], ("DESC", "<") if sort.descending else ("ASC", ">")
    more = list(chosen.span)
    if cursor:
        more.append(_comes_after("at", key, beyond))
    if full:
        more.append(f"NOT {_comes_after('last', key, beyond)}")
    return (
        f"SELECT {key}, j.id FROM {chosen.tables} {chosen.where(*more)} "  # noqa: S608
        f"ORDER BY {key} IS NULL, {key} {way}, j.id {way} LIMIT :limit"
    )


def _comes_after(place: str, key: str, beyond: str) -> str:
    tie = f"j.id {beyond} :{place}_id"
    other = f"{key} IS NULL OR {key} {beyond} :{place}_key OR ({key} = :{place}_key AND {tie})"
    return f"CASE WHEN :{place}_key IS NULL THEN {key} IS NULL AND {tie} ELSE {other} END"


def rows_sql(dialect: Dialect) -> str:
    """Whole rows by their ids."""
    return f"SELECT {COLUMNS} FROM {_by_ids(dialect, 'i', ':ids')} {_PROGRESS}"  # noqa: S608
