"""`headway workers restart`: let the next job of a named worker run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.acting import user
from headway.cli.exits import Exit
from headway.model.naming import check_name

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.cli.target import Target


@click.command("restart", short_help="Cancel what runs on a named worker; then the next job runs there.")
@click.argument("name")
@options.actor
@options.store
@options.output
def command(*, name: str, by: str | None, target: Target, out: Output) -> int:
    """Cancel the job that runs on the named worker NAME, so that the next one runs there.

    It ends cancelled once its body has stopped or its grace is over. Exit code 1 when nothing runs there.
    """
    check_name("worker", name)
    with target.open() as opened:
        jobs = opened.store.call(opened.store.stop_lane(name, app=opened.app, by=by or user()))
    if out.as_json:
        out.document({"worker": name, "cancelled": list(jobs)})
    elif jobs:
        out.text(f"job {', '.join(map(str, jobs))} was asked to stop; then the next one runs on the worker {name}")
    else:
        out.text(f"no job runs on the worker {name}")
    return Exit.OK if jobs else Exit.FAILED
