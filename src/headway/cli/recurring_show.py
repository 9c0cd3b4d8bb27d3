"""`headway recurring show`: everything about one schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.schedules import app_name, find, why_idle
from headway.cli.target import Target
from headway.client.schedule import next_instants
from headway.model.clock import SystemClock
from headway.model.errors import HeadwayError
from headway.model.zone import zone_of
from headway.view import schedule_page
from headway.view.schedule_page import Shown
from headway.view.secrets import Masking

if TYPE_CHECKING:
    from headway.store.scheduling import ScheduleRow

RUNS_DEFAULT: Final = 10
RUNS_MAX: Final = 1_000
NEXT_SHOWN: Final = 5


@click.command("show", short_help="Show everything about one schedule.")
@click.argument("name", metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, RUNS_MAX),
    default=RUNS_DEFAULT,
    show_default=True,
    help="So many of its latest runs, and ranges that were missed.",
)
@app_name
@options.store
@options.output
def command(*, name: str, runs: int, app: str | None, target: Target, out: Output) -> int:
    """Show everything about one schedule: how it stands, what it runs, its next and its latest instants, what was missed.

    Arguments that the handler declares secret are masked when the application is given with --app; without it, those
    whose name sounds like a secret. Its jobs: `headway jobs list --schedule NAME`.
    """
    now_us = SystemClock().now_us()
    with target.open() as opened:
        row, reader = find(opened, name, app), opened.reader
        next_us, fault = _next(row, now_us)
        shown = Shown(
            row=row,
            scheduler=reader.call(reader.scheduler(row.app)),
            next_us=next_us,
            ticks=reader.call(reader.ticks(row.id, limit=runs)),
            missed=reader.call(reader.missed(row.id, limit=runs)),
            idle=why_idle(opened, [row.app]).get(row.app, ""),
            fault=fault,
        )
        masking = Masking() if row.definition is None else opened.masking(row.definition.job.name)
    if out.as_json:
        out.document(schedule_page.record(shown, masking, now_us=now_us))
    else:
        out.page(schedule_page.page(shown, masking, now_us=now_us))
    return Exit.OK


def _next(row: ScheduleRow, now_us: int) -> tuple[tuple[int, ...], str | None]:
    """Its next instants; where they cannot be told, none, and why: what else is known of it is shown all the same."""
    try:
        if row.definition is not None:
            zone_of(row.definition.timetable.zone)
        return next_instants(row, now_us, NEXT_SHOWN), None
    except (HeadwayError, ArithmeticError) as error:
        return (), str(error)
