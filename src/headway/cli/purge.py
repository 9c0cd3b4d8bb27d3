"""`headway purge`: delete jobs that ended long ago, for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import MICROSECOND, SystemClock
from headway.view import words

STEP: Final = 500
STEPS_MAX: Final = 100_000


@click.command("purge", short_help="Delete jobs that ended long ago, for good.")
@click.option(
    "--completed-older-than",
    "completed",
    type=options.duration,
    metavar="DURATION",
    help="Completed and skipped jobs that ended longer ago.",
)
@click.option(
    "--failed-older-than",
    "failed",
    type=options.duration,
    metavar="DURATION",
    help="Failed and cancelled jobs that ended longer ago.",
)
@click.option("--yes", is_flag=True, help="Really delete; without it nothing is done.")
@options.store
@options.output
def command(*, completed: timedelta | None, failed: timedelta | None, yes: bool, target: Target, out: Output) -> int:
    """Delete jobs that ended long ago, with their archives' bodies, for good. What has no option is kept."""
    if completed is None and failed is None:
        raise UsageInvalid(
            "nothing says what to delete", advice="give --completed-older-than 90d or --failed-older-than 365d, or both"
        )
    if not yes:
        raise UsageInvalid("purge deletes for good", advice="add --yes if that is what you want")
    now_us = SystemClock().now_us()
    deleted = 0
    with target.open() as opened:
        for _ in range(STEPS_MAX):
            step = opened.store.call(
                opened.store.purge(
                    completed_before_us=_before(now_us, completed), failed_before_us=_before(now_us, failed), limit=STEP
                )
            )
            deleted += step
            if step == 0:
                break
    if out.as_json:
        out.document({"deleted": deleted})
    else:
        out.text(f"{words.count(deleted, 'job')} deleted")
    return Exit.OK


def _before(now_us: int, age: timedelta | None) -> int | None:
    return None if age is None else now_us - age // MICROSECOND
