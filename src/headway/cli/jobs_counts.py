"""`headway jobs counts`: how many jobs are in each state."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.client.admitting import see_committed
from headway.view import tables


@click.command("counts", short_help="Count the jobs in each state.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Count the jobs in each state, archived ones too."""
    with target.open() as opened:
        see_committed(opened.store)
        found = opened.reader.call(opened.reader.counts(app=opened.app))
    if out.as_json:
        out.document({"counts": {state.value: number for state, number in found.items()}, "total": sum(found.values())})
    else:
        out.table(tables.counts(found))
    return Exit.OK
