"""`headway tokens list`."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target
from headway.model.clock import SystemClock
from headway.view import accounts


@click.command("list", short_help="Show all tokens and sign-in links.")
@options.store
@options.output
def command(*, target: Target, out: Output) -> int:
    """Show the tokens of programs and the sign-in links of people: what they open, and when they were used last."""
    with target.open() as opened:
        found = opened.reader.call(opened.reader.tokens())
    now_us = SystemClock().now_us()
    if out.as_json:
        out.document({"tokens": [accounts.token_record(each, now_us=now_us) for each in found]})
    else:
        out.table(accounts.tokens(found, now_us=now_us))
    return Exit.OK
