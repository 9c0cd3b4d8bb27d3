"""`headway batches list`: batches, newest first."""

from __future__ import annotations

from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.view import batches

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 1_000


@click.command("list", short_help="List batches, newest first.")
@click.option("--active", is_flag=True, help="Only those in which something has not ended, or that are not closed.")
@click.option(
    "--limit", type=click.IntRange(1, LIMIT_MAX), default=LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Go on below this id.")
@options.store
@options.output
def command(*, active: bool, limit: int, before: int | None, target: Target, out: Output) -> int:
    """List batches with their counts, newest first. Exit code 1 if there is none."""
    with target.open() as opened:
        reader = opened.reader
        found = reader.call(reader.batches(app=opened.app, active=active, limit=limit, before_id=before))
    more = len(found) == limit
    if out.as_json:
        out.document({"batches": [batches.record(row) for row in found], "next_before": found[-1].id if more else None})
    else:
        out.table(batches.table(found, now_us=SystemClock().now_us(), more=more))
    return Exit.OK if found else Exit.FAILED
