"""`headway queues list`: how each queue stands."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.client.admitting import see_committed
from headway.model.clock import SystemClock
from headway.view import records, tables


@click.command("list", short_help="Show how each queue stands.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Show how each queue stands: what is ready, later, held and running, how long the oldest has been ready, and its gates."""
    with target.open() as opened:
        see_committed(opened.store)
        found = opened.reader.call(opened.reader.queues(app=opened.app))
    if out.as_json:
        out.document({"queues": [records.queue(each) for each in found]})
    else:
        out.table(tables.queues(found, now_us=SystemClock().now_us()))
    return Exit.OK
