"""`headway jobs retry`: run failed or cancelled jobs again."""

from __future__ import annotations

from typing import Final, assert_never

import click

from headway.cli import options
from headway.cli.acting import Answer, act, user
from headway.cli.output import Output
from headway.cli.selection import chosen
from headway.cli.target import Opened, Target
from headway.model.job import State
from headway.store.protocol import RequeueAnswer
from headway.view.filters import Part

STATES: Final = (State.FAILED, State.CANCELLED)
"""What a filter without a state means here, and all that can be retried."""


@click.command("retry", short_help="Run failed or cancelled jobs again.")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@options.filters
@click.option("--all", "everything", is_flag=True, help="Every failed or cancelled job.")
@click.option("--dry-run", is_flag=True, help="Only say which jobs are meant.")
@options.actor
@options.store
@options.output
def command(
    *,
    jobs: tuple[str, ...],
    conditions: tuple[Part, ...],
    everything: bool,
    dry_run: bool,
    by: str | None,
    target: Target,
    out: Output,
) -> int:
    """Run failed or cancelled jobs again, with their whole budget of tries; their history is kept.

    JOB is a number or a reference. A filter that names no state means failed and cancelled jobs.
    """
    with target.open() as opened:
        meant = chosen(opened, jobs, conditions, everything=everything, states=STATES)
        return act(out, meant, lambda job: _retry(opened, job, by or user()), verb_word="retried", dry_run=dry_run)


def _retry(opened: Opened, job: int | str, by: str) -> Answer:
    answer = opened.store.call(opened.store.requeue(job, by=by, app=opened.app))
    match answer:
        case RequeueAnswer.REQUEUED:
            told, done = "goes again", True
        case RequeueAnswer.REFUSED:
            told, done = "not retried: only failed and cancelled jobs can be", False
        case RequeueAnswer.NOT_FOUND:
            told, done = "not found", False
        case _:
            assert_never(answer)
    return Answer(job=job, outcome=answer.value, told=told, done=done)
