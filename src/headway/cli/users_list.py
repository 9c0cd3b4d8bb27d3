"""`headway users list`."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.view import accounts


@click.command("list", short_help="Show all users.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Show the users of the built-in login, and what they may do."""
    with target.open() as opened:
        found = opened.reader.call(opened.reader.users())
    if out.as_json:
        out.document({"users": [accounts.user_record(each) for each in found]})
    else:
        out.table(accounts.users(found, now_us=SystemClock().now_us()))
    return Exit.OK
