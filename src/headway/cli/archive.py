"""`headway archive`: move ended jobs to their months' archives now, instead of when a worker comes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import MICROSECOND, SystemClock
from headway.view import words
from headway.worker.settings import ARCHIVE_AFTER_DEFAULT

STEP: Final = 500
STEPS_MAX: Final = 100_000


@click.command("archive", short_help="Move ended jobs to their months' archives now.")
@click.option(
    "--older-than",
    type=options.duration,
    metavar="DURATION",
    help=f"Jobs that ended longer ago than this.  [default: {words.duration(ARCHIVE_AFTER_DEFAULT // MICROSECOND)}, as a worker]",
)
@options.store
@options.output
def command(*, older_than: timedelta | None, target: Target, out: Output) -> int:
    """Move ended jobs to their months' archives now. Lists and pages go on showing them; workers do the same by themselves."""
    age = ARCHIVE_AFTER_DEFAULT if older_than is None else older_than
    before_us = SystemClock().now_us() - age // MICROSECOND
    moved = 0
    with target.open() as opened:
        for _ in range(STEPS_MAX):
            step = opened.store.call(opened.store.archive(before_us=before_us, limit=STEP))
            moved += step
            if step == 0:
                break
    if out.as_json:
        out.document({"archived": moved})
    else:
        out.text(f"{words.count(moved, 'job')} archived")
    return Exit.OK
