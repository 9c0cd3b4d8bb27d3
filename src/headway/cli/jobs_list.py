"""`headway jobs list`: jobs newest first or sorted, once or live."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click
from msgspec.structs import replace

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output, plain_lines
from headway.cli.selection import read_filter
from headway.cli.target import Target
from headway.client.admitting import see_committed
from headway.model.clock import SystemClock
from headway.model.sort import NEWEST_FIRST
from headway.view import records, tables, words
from headway.view.filters import Part

if TYPE_CHECKING:
    from headway.model.sort import Sort
    from headway.store.protocol import JobPage
    from headway.view.tables import Table

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 1_000
PAUSE_S: Final = 1.0


@click.command("list", short_help="List jobs, newest first or sorted.")
@click.argument("terms", nargs=-1, metavar="[FILTER]...")
@options.filters
@click.option(
    "--limit", type=click.IntRange(1, LIMIT_MAX), default=LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@click.option(
    "--sort",
    type=options.order,
    metavar="KEY",
    help="By created, due, started, ended, priority, duration or attempts; with a minus in front downward. "
    "[default: -created, newest first]",
)
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Newest first: go on below this id.")
@click.option("--after", metavar="CURSOR", help="Go on after the page that gave this (next_after), in the same order.")
@click.option(
    "--watch", is_flag=True, help="Go on showing until Ctrl-C; with --json one line for each job that changed."
)
@options.store
@options.output
def command(
    *,
    terms: tuple[str, ...],
    conditions: tuple[Part, ...],
    limit: int,
    sort: Sort | None,
    before: int | None,
    after: str | None,
    watch: bool,
    target: Target,
    out: Output,
) -> int:
    """List jobs, newest first or sorted.

    FILTER is text such as `state:failed queue:mail since:1d timeout`; the options say the same. Jobs without the moment
    or duration that is sorted by come last. Sorting a very large store stops after half a second and says how far back
    it looked: narrow the filter then.
    """
    where = read_filter(terms, conditions)
    with target.open() as opened:

        def page() -> JobPage:
            see_committed(opened.store)
            reader, meant = opened.reader, opened.within(where)
            order = NEWEST_FIRST if sort is None else sort
            return reader.call(reader.page(meant, limit=limit, before_id=before, sort=order, after=after))

        def table(found: JobPage) -> Table:
            return tables.jobs(replace(found, rows=opened.estimated(found.rows)), now_us=SystemClock().now_us())

        if watch:
            _watch(out, page, table)
            return Exit.OK
        found = page()
        if out.as_json:
            out.document(page_record(found))
        else:
            out.table(table(found))
        return Exit.OK if found.rows else Exit.FAILED


def page_record(page: JobPage) -> records.Record:
    """A list for programs."""
    return {
        "jobs": [records.job(row) for row in page.rows],
        "total": page.total,
        "total_exact": page.total_exact,
        "next_before": page.next_cursor,
        "next_after": page.next_after,
        "searched_back_to": words.utc(page.searched_to_us),
    }


def _watch(out: Output, page: Callable[[], JobPage], table: Callable[[JobPage], Table]) -> None:
    """Until Ctrl-C, which is the usual end of it."""
    pause = threading.Event()
    try:
        if out.fancy:
            from headway.cli.screen import watch_table

            watch_table(lambda: table(page()), lambda: pause.wait(PAUSE_S))
            return
        shown: dict[int, Any] = {}
        while not pause.wait(0 if not shown else PAUSE_S):
            shown = show_changes(out, page(), shown)
    except KeyboardInterrupt:
        return


def show_changes(out: Output, page: JobPage, shown: dict[int, Any]) -> dict[int, Any]:
    """Print the jobs that are new or changed since they were shown; answers what is shown now."""
    now_us = SystemClock().now_us()
    for row in reversed(page.rows):
        if shown.get(row.id) != row:
            if out.as_json:
                out.line(records.job(row))
            else:
                cells = tables.job_cells(row, now_us)
                out.text(plain_lines(tables.Table(columns=tables.JOB_COLUMNS, rows=(cells,)))[1])
    return {row.id: row for row in page.rows} or {0: None}
