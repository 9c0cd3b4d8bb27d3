"""`headway recurring run`: run a schedule's job now."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.schedules import app_name, by, find
from headway.cli.target import Target
from headway.cli.written import act, always, do, user
from headway.client.checks import name as checked


@click.command("run", short_help="Run a schedule's job now.")
@click.argument("name", metavar="NAME")
@click.option("--force", is_flag=True, help="Also where an earlier run has not ended and its overlap is skip.")
@by
@app_name
@options.store
@options.output
def command(*, name: str, force: bool, by: str | None, app: str | None, target: Target, out: Output) -> int:
    """Enqueue the job of a schedule now, whether it is paused or not. Its next instant and its counts stay as they are.

    Where an earlier run has not ended, the schedule's overlap rule applies; exit code 1 if it is refused.
    """
    who = checked("by", by or user())
    with target.open() as opened:
        row = find(opened, name, app)
        answer = do(
            opened.store,
            opened.store.trigger(row.app, row.name, by=who, force=force),
            lambda run: act("run", "schedule", row.name, app=row.app, by=who, job=run.id, force=force),
            did=always,
        )
    if out.as_json:
        out.document({"schedule": row.name, "job": answer.id, "ref_id": answer.ref_id, "state": answer.state.value})
    else:
        out.text(f"{row.name} enqueued as job {answer.id} ({answer.state.value})")
    return Exit.OK
