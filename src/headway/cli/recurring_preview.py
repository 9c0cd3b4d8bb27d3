"""`headway recurring preview`: when a cron expression or an interval comes."""

from __future__ import annotations

from datetime import UTC
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.schedules import timetable
from headway.model.clock import SystemClock, from_us, to_us
from headway.model.zone import zone_of
from headway.view import schedule_preview

COUNT_DEFAULT: Final = 5
COUNT_MAX: Final = 1_000


@click.command("preview", short_help="Say when a cron expression or an interval comes.")
@click.argument("expression", metavar="EXPR")
@click.option(
    "--zone", default="UTC", show_default=True, metavar="ZONE", help="By whose clocks, such as Europe/Berlin."
)
@click.option(
    "-n", "count", type=click.IntRange(1, COUNT_MAX), default=COUNT_DEFAULT, show_default=True, help="So many instants."
)
@click.option("--from", "start", metavar="MOMENT", help="After this moment, by the clocks of the zone.  [default: now]")
@click.option("--name", default="", metavar="NAME", help="The name of the schedule: it decides what H stands for.")
@options.output
def command(*, expression: str, zone: str, count: int, start: str | None, name: str, out: Output) -> int:
    """Say in words when EXPR comes, what may not have been meant by it, and its next instants.

    EXPR is a cron expression of 5 fields, of 6 with seconds first, a macro such as @daily, or an interval such as
    `every 90s`. One that is wrong is shown with a mark under what is wrong; exit code 2.
    """
    table = timetable(expression, zone)
    now_us = SystemClock().now_us()
    found = schedule_preview.preview(table, name=name, from_us=_start(start, zone, now_us), count=count)
    if out.as_json:
        out.document(schedule_preview.record(found))
        return Exit.OK
    out.text(schedule_preview.headline(found))
    for warning in found.warnings:
        out.text(f"  but note: {warning}")
    out.text("")
    out.table(schedule_preview.instants(found, now_us=now_us))
    return Exit.OK


def _start(text: str | None, zone: str, now_us: int) -> int:
    from headway.view.spans import SpanInvalid, moment

    if text is None:
        return now_us
    try:
        return to_us(moment(text, now=from_us(now_us), zone=zone_of(zone)).astimezone(UTC))
    except SpanInvalid as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
