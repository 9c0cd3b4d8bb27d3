"""`headway recurring list`: schedules, with their next and last runs."""

from __future__ import annotations

from itertools import islice
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.schedules import every, why_idle
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.model.schedule import ScheduleState
from headway.view import schedules

LIMIT_DEFAULT: Final = 1_000
LIMIT_MAX: Final = 100_000


@click.command("list", short_help="List schedules, with their next and last runs.")
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in ScheduleState]),
    multiple=True,
    help="Only those in this state. May be repeated.",
)
@click.option("--app-name", "app", metavar="NAME", help="Only those of the app that is stored under this name.")
@click.option(
    "--limit", type=click.IntRange(1, LIMIT_MAX), default=LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@options.store
@options.output
def command(*, states: tuple[str, ...], app: str | None, limit: int, target: Target, out: Output) -> int:
    """List schedules by app and name. Moments are this computer's; `when` is by the clocks of the zone. Exit code 1 if there is none."""
    with target.open() as opened:
        rows = (row for row in every(opened, app or opened.app) if not states or row.state.value in states)
        found = tuple(islice(rows, limit + 1))
        reader = opened.reader
        apps = sorted({row.app for row in found})
        stopped = tuple(reader.call(reader.scheduler(one)) for one in apps)
        idle = why_idle(opened, apps)
    now_us = SystemClock().now_us()
    shown, more = found[:limit], len(found) > limit
    if out.as_json:
        out.document({
            "schedules": [schedules.record(row, now_us) for row in shown],
            "more": more,
            "all_paused": [one.app for one in stopped if one.paused_us is not None],
        })  # fmt: skip
    else:
        out.table(schedules.table(shown, now_us=now_us, paused=stopped, idle=idle, more=more))
    return Exit.OK if shown else Exit.FAILED
