"""Tables for people: what the store answers, as titles and cells of text, ready to be laid out by a terminal or page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType
from typing import Final

from headway.model.job import JobRow, State
from headway.store.protocol import JobPage, NodeRow, QueueCount
from headway.view import words
from headway.view.alive import ACTIVE

NAME_WIDTH: Final = 48
NOTE_WIDTH: Final = 60
NAMES_SHOWN: Final = 3
NONE: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    right: bool = False
    """Numbers stand at the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells; every cell is one line without control characters."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    states: tuple[State | None, ...] = ()
    """The state that colours each row, where a row is a job."""
    fractions: tuple[float | None, ...] = ()
    """The progress of each row, for a bar in the column "progress"."""
    foot: str = ""
    """A sentence below: how many there are, how to go on."""


JOB_COLUMNS: Final = (
    Column(title="id", right=True),
    Column(title="state"),
    Column(title="name"),
    Column(title="queue"),
    Column(title="tries", right=True),
    Column(title="created"),
    Column(title="took", right=True),
    Column(title="progress"),
    Column(title="note"),
)


def jobs(page: JobPage, *, now_us: int, zone: tzinfo | None = None) -> Table:
    """A list of jobs, in the order of the page."""
    return Table(
        columns=JOB_COLUMNS,
        rows=tuple(job_cells(row, now_us) for row in page.rows),
        states=tuple(row.state for row in page.rows),
        fractions=tuple(row.fraction if row.state is State.RUNNING else None for row in page.rows),
        foot=foot(page, zone),
    )


def job_cells(row: JobRow, now_us: int) -> tuple[str, ...]:
    """The line of one job in a list."""
    return (
        str(row.id),
        row.state.value,
        words.cut(row.name, NAME_WIDTH),
        words.cut(row.queue, NAME_WIDTH),
        f"{row.tries}/{row.retries + 1}",
        words.age(row.created_us, now_us),
        words.took(row, now_us) or NONE,
        words.cut(words.progress(row), NOTE_WIDTH) if not row.state.is_final else "",
        words.cut(note(row, now_us), NOTE_WIDTH),
    )


_BLOCKED: Final[Mapping[str, str]] = MappingProxyType(
    {"unknown_handler": "no worker knows this handler", "line": "others of its worker or key go first"}
)


def note(row: JobRow, now_us: int) -> str:
    """Why a job is where it is, in a few words; nothing where the state says it all."""
    match row.state:
        case State.SCHEDULED:
            why = f", {row.code}" if row.code else ""
            return f"due {words.age(row.due_us, now_us)}{why}"
        case State.WAITING:
            return f"for {words.count(row.parents_left, 'parent')}"
        case State.QUEUED if row.blocked:
            return words.held(row)
        case State.RUNNING if row.cancel_us is not None:
            return f"cancel asked for by {row.cancel_by or 'somebody'} {words.age(row.cancel_us, now_us)}"
        case State.COMPLETED if row.code is None:
            return ""
        case _:
            return ": ".join(part for part in (row.code, row.reason) if part)


def foot(page: JobPage, zone: tzinfo | None = None) -> str:
    """How many of how many, how far back the search came, and how to go on."""
    shown = len(page.rows)
    total = words.count(page.total, "job") if page.total_exact else f"at least {words.count(page.total, 'job')}"
    sentence = f"{words.grouped(shown)} of {total}" if shown != page.total or not page.total_exact else total
    if page.searched_to_us is not None:
        sentence += f"; searched back to {words.moment(page.searched_to_us, zone)}"
        if page.next_cursor is None:
            sentence += ", older jobs were not sorted: narrow the filter"
    if page.next_cursor is not None:
        sentence += f"; go on with --before {page.next_cursor}"
    elif page.next_after is not None:
        sentence += f"; go on with --after={page.next_after}"
    return sentence


def counts(by_state: Mapping[State, int]) -> Table:
    """How many jobs are in each state."""
    rows = tuple((state.value, words.grouped(by_state.get(state, 0))) for state in State)
    total = words.count(sum(by_state.values()), "job")
    return Table(
        columns=(Column(title="state"), Column(title="jobs", right=True)), rows=rows, states=tuple(State), foot=total
    )


def queues(found: Sequence[QueueCount], *, now_us: int) -> Table:
    """How each queue stands."""
    titles = ("queued", "scheduled", "waiting", "running")
    apart = len({each.app for each in found}) > 1
    columns = (
        Column(title="app"),
        Column(title="queue"),
        *(Column(title=title, right=True) for title in titles),
        Column(title="oldest due"),
        Column(title="gates"),
    )
    rows = tuple(
        (
            words.cut(each.app, NAME_WIDTH) if apart else "",
            words.cut(each.queue, NAME_WIDTH),
            *(words.grouped(number) for number in (each.queued, each.scheduled, each.waiting, each.running)),
            NONE if each.oldest_due_us is None else words.age(each.oldest_due_us, now_us),
            words.cut(gates(each, now_us), NOTE_WIDTH),
        )
        for each in found
    )
    return Table(columns=columns, rows=rows, foot=words.count(len(found), "queue"))


def gates(queue: QueueCount, now_us: int) -> str:
    """What was set for a queue, in a few words; nothing for most."""
    parts: list[str] = []
    if queue.paused_us is not None:
        parts.append(
            f"paused{f' by {queue.paused_by}' if queue.paused_by else ''} {words.age(queue.paused_us, now_us)}"
        )
    if queue.size is not None:
        parts.append(f"{queue.size} at once")
    if queue.rate is not None:
        parts.append(f"{queue.rate.starts} per {words.duration(queue.rate.window.span_us)}")
    return ", ".join(parts)


def nodes(found: Sequence[NodeRow], *, now_us: int) -> Table:
    """The processes that run jobs."""
    columns = (
        Column(title="id", right=True),
        Column(title="state"),
        Column(title="host"),
        Column(title="pid", right=True),
        Column(title="app"),
        Column(title="running", right=True),
        Column(title="up"),
        Column(title="last beat"),
        Column(title="queues"),
        Column(title="handlers"),
        Column(title="version"),
    )
    rows = tuple(
        (
            str(each.id),
            each.state,
            words.cut(each.host, NAME_WIDTH),
            str(each.pid),
            words.cut(each.app, NAME_WIDTH),
            f"{each.running}/{each.concurrency}",
            words.duration(max(0, now_us - each.started_us)),
            words.age(each.seen_us, now_us),
            "all" if each.queues is None else words.cut(few(each.queues), NOTE_WIDTH),
            words.cut(few(each.names), NOTE_WIDTH),
            words.cut(each.version, NAME_WIDTH),
        )
        for each in found
    )
    active = sum(each.state == ACTIVE for each in found)
    return Table(columns=columns, rows=rows, foot=f"{words.count(len(found), 'node')}, {active} active")


def few(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    given = tuple(names)
    more = len(given) - NAMES_SHOWN
    return ", ".join(given[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
