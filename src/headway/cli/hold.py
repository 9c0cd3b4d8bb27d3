"""`headway hold`: let no job start until somebody says `headway resume`."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, always, do


@click.command("hold", short_help="Let no job start until `headway resume`; what runs goes on.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Let no worker, in any process, start a job of this store until `headway resume`. What runs goes on to its end.

    Jobs can still be enqueued and cancelled. The hold outlives restarts. It is for the whole store, whatever --app is.
    """
    with target.open() as opened:
        do(opened.store, opened.store.hold_claims(), act("hold", "store"), did=always)
        place = opened.store.place
    if out.as_json:
        out.document({"store": place, "held": True})
        return Exit.OK
    out.text(f"{place} is held: no job starts until headway resume; what runs goes on to its end")
    return Exit.OK
