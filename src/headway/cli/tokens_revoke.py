"""`headway tokens revoke`."""

from __future__ import annotations

import click

from headway.cli import accounts, options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target


@click.command("revoke", short_help="Let a token open nothing any more.")
@click.argument("name", metavar="NAME")
@accounts.actor
@options.store
@options.output
def command(*, name: str, by: str | None, target: Target, out: Output) -> int:
    """Let the token NAME open nothing any more: at once for new requests, within 5 s for streams that are open."""
    with accounts.opened(target, by) as found:
        if not found.revoke(name):
            raise accounts.missing("token", name)
    if out.as_json:
        out.document({"name": name, "done": True})
    else:
        out.text(f"{name} is revoked")
    return Exit.OK
