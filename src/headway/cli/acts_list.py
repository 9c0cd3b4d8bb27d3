"""`headway acts list`: what people did, newest first."""

from __future__ import annotations

from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.view import acts

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 1_000


@click.command("list", short_help="List what people did, newest first.")
@click.option("--subject", metavar="KIND[:ID]", help="Only to this: job:4711, queue:mail, schedule, node, user, ...")
@click.option("--by", metavar="WHO", help="Only by this person.")
@click.option("--app-name", "app", metavar="NAME", help="Only to this app, or to the store.  [default: that of --app]")
@click.option(
    "--limit", type=click.IntRange(1, LIMIT_MAX), default=LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Go on below this id.")
@options.store
@options.output
def command(
    *, subject: str | None, by: str | None, app: str | None, limit: int, before: int | None, target: Target, out: Output
) -> int:
    """List what people did to this store, newest first: who, when, what. Exit code 1 if there is nothing.

    It is written down in the transaction of the change itself, and nothing takes it back: a pause stays here after it
    was resumed, a deletion after its job is gone. Of several jobs at once each step is one line.
    """
    kind, _, name = (subject or "").partition(":")
    with target.open() as opened:
        reader = opened.reader
        found = reader.call(
            reader.acts(
                app=app or opened.app,
                subject=kind or None,
                subject_id=name or None,
                by=by,
                limit=limit,
                before_id=before,
            )
        )
    more = len(found) == limit
    if out.as_json:
        out.document({"acts": [acts.record(row) for row in found], "next_before": found[-1].id if more else None})
    else:
        out.table(acts.table(found, now_us=SystemClock().now_us(), more=more))
    return Exit.OK if found else Exit.FAILED
