"""`headway recurring diff`: what a deployment would change about the schedules of an application."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.schedules import every
from headway.cli.target import Target, load_jobs
from headway.model.clock import SystemClock
from headway.view import schedule_diff, schedule_diff_words
from headway.view.schedule_diff import DAYS_DEFAULT
from headway.view.secrets import Masking, masking_of

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.store.scheduling import ScheduleRow

DAYS_MAX: Final = 730


@click.command("diff", short_help="Say what a deployment would change.")
@click.argument("application", required=False, metavar="[MODULE:NAME]")
@click.option(
    "--days", type=click.IntRange(1, DAYS_MAX), default=DAYS_DEFAULT, show_default=True, help="Look so far ahead."
)
@click.option("--exit-code", is_flag=True, help="End with 1 if anything would change.")
@options.store
@options.output
def command(*, application: str | None, days: int, exit_code: bool, target: Target, out: Output) -> int:
    """Compare the schedules that an application's code declares with those in the store; change nothing.

    Shows what would be added, changed or orphaned when a worker starts with this code, which instants would be new or
    gone in the next days, and what falls on days on which the clocks are changed.
    """
    if application is not None and target.spec is not None and application != target.spec:
        raise UsageInvalid("two applications are given", advice="give one, as the argument or with --app")
    spec = application or target.spec
    if spec is None:
        raise UsageInvalid("nothing says which application", advice="give module:name, for example shop.tasks:jobs")
    jobs = load_jobs(spec)
    diff = schedule_diff.compare(
        jobs.registry.schedules,
        _stored(replace(target, spec=spec), jobs),
        now_us=SystemClock().now_us(),
        days=days,
        masking=lambda name: _masking(jobs, name),
    )
    if out.as_json:
        out.document(schedule_diff_words.record(diff, jobs.app))
    else:
        for line in schedule_diff_words.lines(diff):
            out.text(line)
    return Exit.FAILED if exit_code and diff.differs else Exit.OK


def _stored(target: Target, jobs: Jobs) -> tuple[ScheduleRow, ...]:
    """What is in the store; nothing where there is none yet, as looking makes none."""
    from headway.store.open import look

    if target.place is None and look(jobs.url) is None:
        return ()
    with target.open() as opened:
        return tuple(every(opened, jobs.app))


def _masking(jobs: Jobs, name: str) -> Masking:
    handler = jobs.registry.find(name)
    return Masking() if handler is None else masking_of(handler)
