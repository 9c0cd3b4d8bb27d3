"""`headway jobs explain`: why a job is not running."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.selection import job_key
from headway.cli.target import Target
from headway.model.errors import JobNotFound
from headway.view import explaining


@click.command("explain", short_help="Say why a job is not running.")
@click.argument("job", metavar="JOB")
@options.store
@options.output
def command(*, job: str, target: Target, out: Output) -> int:
    """Say why a job is not running: each gate that keeps it back, the foremost first, or how many jobs are ahead of it.

    JOB is its number or its reference.
    """
    with target.open() as opened:
        found = opened.reader.call(opened.reader.explain(job_key(job), app=opened.app, gone=opened.store.gone()))
        if found is None:
            raise JobNotFound(f"there is no job {job} in {opened.store.place}; headway jobs list shows what is there")
    if out.as_json:
        out.document(explaining.record(found))
        return Exit.OK
    out.text(f"job {found.id} is {found.state}")
    for line in explaining.sentences(found):
        out.text(f"  {line}")
    return Exit.OK
