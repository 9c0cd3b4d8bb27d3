"""`headway tokens add`."""

from __future__ import annotations

from datetime import timedelta

import click

from headway.cli import accounts, options
from headway.cli.exits import Exit
from headway.cli.options import NEVER
from headway.cli.output import Output
from headway.cli.target import Target


@click.command("add", short_help="Make a token, and print it this once.")
@click.argument("name", metavar="NAME")
@accounts.right(default="view")
@accounts.of_tenant
@click.option(
    "--for-app", "apps", multiple=True, metavar="NAME", help="For this app only. May be repeated.  [default: all]"
)
@click.option(
    "--lives",
    type=options.duration_or_none,
    default="90d",
    show_default=True,
    metavar="DURATION",
    help="It is over after this; none: only when it is revoked.",
)
@accounts.actor
@options.store
@options.output
def command(
    *,
    name: str,
    may: str,
    tenant: str | None,
    apps: tuple[str, ...],
    lives: timedelta,
    by: str | None,
    target: Target,
    out: Output,
) -> int:
    """Make a token for a program that uses the API, and print it: it is kept nowhere, and cannot be printed again.

    The program sends it with each request: `Authorization: Bearer hw_...`
    """
    with accounts.opened(target, by) as found:
        span = None if lives == NEVER else lives
        secret = found.token(name, accounts.permissions(may), apps=apps or None, lives=span, tenant=tenant)
    if out.as_json:
        out.document({"name": name, "token": secret})
    else:
        out.text(secret)
        out.note("keep it now: it is not shown again")
    return Exit.OK
