"""`headway batches show`: one batch with its counts."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Opened, Target
from headway.model.batch import BatchRow
from headway.model.clock import SystemClock
from headway.model.errors import BatchNotFound
from headway.view import batches


@click.command("show", short_help="Show one batch with its counts.")
@click.argument("name", metavar="BATCH")
@options.store
@options.output
def command(*, name: str, target: Target, out: Output) -> int:
    """Show one batch with its counts; BATCH is its name. Its jobs: `headway jobs list --batch BATCH`."""
    with target.open() as opened:
        row = find(opened, name)
    if out.as_json:
        out.document(batches.record(row))
    else:
        out.page(batches.page(row, now_us=SystemClock().now_us()))
    return Exit.OK


def find(opened: Opened, name: str) -> BatchRow:
    """The batch of that name: of the application that was given, else the newest of any in the store."""
    row = opened.reader.call(opened.reader.batch(name, app=opened.app))
    if row is None:
        raise BatchNotFound(
            f"there is no batch {name!r} in {opened.store.place}; headway batches list shows what is there"
        )
    return row
