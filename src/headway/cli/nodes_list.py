"""`headway nodes list`, or `headway nodes` alone: the processes that run jobs."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.view import records, tables
from headway.view.alive import ACTIVE


@click.command("list", short_help="Show the processes that run jobs.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Show the processes that run jobs, or did within the last day. Exit code 1 if none is active.

    One that is "gone" was killed, and no worker has given its jobs back yet. One that is "draining" starts nothing more.
    """
    with target.open() as opened:
        found = opened.nodes(app=opened.app)
    if out.as_json:
        out.document({"nodes": [records.node(each) for each in found]})
    else:
        out.table(tables.nodes(found, now_us=SystemClock().now_us()))
    return Exit.OK if any(each.state == ACTIVE for each in found) else Exit.FAILED
