"""`headway workers restart`: let the next job of a named worker run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.written import act, do, user
from headway.model.clock import to_us
from headway.model.naming import check_name
from headway.view import words

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.cli.target import Target
    from headway.model.transient import TransientRun
    from headway.store.turns import Stopped


@click.command("restart", short_help="Cancel what runs on a named worker; then the next job runs there.")
@click.argument("name")
@options.actor
@options.store
@options.output
def command(*, name: str, by: str | None, target: Target, out: Output) -> int:
    """Cancel what runs on the named worker NAME, so that the next job runs there.

    A job ends cancelled once its body has stopped or its grace is over. A run that is not stored is asked to stop in the
    process that runs it; one that does not react holds the worker until it, or that process, ends. Exit code 1 when
    nothing runs there.
    """
    check_name("worker", name)
    with target.open() as opened:
        stopped = do(
            opened.store,
            opened.store.stop_lane(name, app=opened.app, by=by or user()),
            lambda found: act("restart", "worker", name, app=opened.app, by=by, jobs=list(found.jobs)),
            did=lambda found: bool(found.jobs or found.runs),
        )
    if out.as_json:
        out.document({"worker": name, "cancelled": list(stopped.jobs), "asked": [_record(run) for run in stopped.runs]})
        return _exit(stopped)
    if stopped.jobs:
        ids = ", ".join(map(str, stopped.jobs))
        out.text(f"job {ids} was asked to stop; then the next one runs on the worker {name}")
    for run in stopped.runs:
        out.text(_told(run))
    if not stopped.jobs and not stopped.runs:
        out.text(f"nothing runs on the worker {name}")
    return _exit(stopped)


def _exit(stopped: Stopped) -> int:
    return Exit.OK if stopped.jobs or stopped.runs else Exit.FAILED


def _told(run: TransientRun) -> str:
    since = words.moment(to_us(run.since))
    where = f"process {run.pid} on {words.visible(run.host)}"
    text = (
        f"a run of {words.visible(run.name)} that is not stored was asked to stop; it has held the worker "
        f"{words.visible(run.worker)} since {since}, in {where}"
    )
    if run.asked is None:
        return text
    return f"{text}; it was asked before, at {words.moment(to_us(run.asked))}: if it does not react, end that process"


def _record(run: TransientRun) -> dict[str, object]:
    return {
        "name": run.name,
        "host": run.host,
        "pid": run.pid,
        "since": words.utc(to_us(run.since)),
        "asked_before": None if run.asked is None else words.utc(to_us(run.asked)),
    }
