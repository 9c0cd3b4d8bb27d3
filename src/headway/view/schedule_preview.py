"""A timetable before it is used: in words, what may not have been meant, and its next instants."""

from __future__ import annotations

from dataclasses import dataclass

from headway.model.claim import NewJob
from headway.model.firing import upcoming
from headway.model.schedule import Definition
from headway.model.timetable import CronTable, Timetable, parsed
from headway.model.zone import zone_of
from headway.view import timetables, words
from headway.view.records import Record
from headway.view.tables import Column, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A timetable and its next instants."""

    table: Timetable
    name: str
    """Of the schedule; it decides what `H` is."""
    warnings: tuple[str, ...]
    instants: tuple[int, ...]


def preview(table: Timetable, *, name: str, from_us: int, count: int) -> Preview:
    """The next instants after a moment; an interval is counted from then."""
    made = Definition(name=name, timetable=table, job=NewJob(ref_id="", name="", payload="{}"))
    return Preview(
        table=table,
        name=name,
        warnings=parsed(table.text, name).warnings if isinstance(table, CronTable) else (),
        instants=upcoming(made, from_us, from_us, count),
    )


def record(found: Preview) -> Record:
    """For programs."""
    zone = zone_of(found.table.zone)
    return {
        "expression": timetables.written(found.table),
        "zone": found.table.zone,
        "when": timetables.when(found.table, found.name),
        "warnings": list(found.warnings),
        "next": [
            {
                "at": words.utc(at_us),
                "local": words.local(at_us, zone).isoformat(),
                "clocks_change_seconds": timetables.shift_us(at_us, zone) / words.SECOND_US,
            }
            for at_us in found.instants
        ],
    }


def headline(found: Preview) -> str:
    """The timetable in words."""
    words_of_it = timetables.when_and_where(found.table, found.name)
    written = timetables.written(found.table)
    return words_of_it if written == words_of_it else f"{words.visible(written)}: {words_of_it}"


def instants(found: Preview, *, now_us: int) -> Table:
    """The next instants, by the clocks there and in UTC."""
    zone = zone_of(found.table.zone)
    columns = (
        Column(title=f"in {found.table.zone}"),
        Column(title="UTC"),
        Column(title="how far"),
        Column(title="note"),
    )
    apart = found.table.zone != timetables.UTC
    rows = tuple(
        (
            timetables.moment(at_us, zone),
            words.moment(at_us, zone_of(timetables.UTC)) if apart else "",
            words.age(at_us, now_us),
            timetables.clock_change(at_us, zone),
        )
        for at_us in found.instants
    )
    return Table(columns=columns, rows=rows, foot="" if rows else "it does not come again")
