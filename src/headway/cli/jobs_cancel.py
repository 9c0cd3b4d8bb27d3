"""`headway jobs cancel`: cancel jobs by id or filter."""

from __future__ import annotations

from typing import Final, assert_never

import click

from headway.cli import options
from headway.cli.acting import Answer, act, user
from headway.cli.output import Output
from headway.cli.selection import chosen
from headway.cli.target import Opened, Target
from headway.model.job import PENDING, State
from headway.store.protocol import CancelAnswer
from headway.view.filters import Part

STATES: Final = tuple(state for state in State if state in PENDING or state is State.RUNNING)
"""What a filter without a state means here."""


@click.command("cancel", short_help="Cancel jobs by id or filter.")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@options.filters
@click.option("--all", "everything", is_flag=True, help="Every job that has not ended.")
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
    """Cancel jobs: what has not started never will; what runs is asked to stop.

    JOB is a number or a reference. A filter that names no state means pending and running jobs.
    """
    with target.open() as opened:
        meant = chosen(opened, jobs, conditions, everything=everything, states=STATES)
        return act(out, meant, lambda job: _cancel(opened, job, by or user()), verb_word="cancelled", dry_run=dry_run)


def _cancel(opened: Opened, job: int | str, by: str) -> Answer:
    answer = opened.store.call(opened.store.cancel(job, by=by, app=opened.app))
    match answer:
        case CancelAnswer.CANCELLED:
            told, done = "cancelled", True
        case CancelAnswer.REQUESTED:
            told, done = "asked to stop (it is running)", True
        case CancelAnswer.ALREADY_REQUESTED:
            told, done = "was asked to stop before and is still running", True
        case CancelAnswer.FINAL:
            told, done = "not cancelled: it had ended before", False
        case CancelAnswer.NOT_FOUND:
            told, done = "not found", False
        case _:
            assert_never(answer)
    return Answer(job=job, outcome=answer.value, told=told, done=done)
