"""`headway users link`."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import click

from headway.cli import accounts, options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target


@click.command("link", short_help="Print a link that signs a user in, once.")
@click.argument("name", metavar="NAME")
@click.option(
    "--at",
    "address",
    default="http://127.0.0.1:8000",
    show_default=True,
    metavar="ADDRESS",
    help="Where the pages are served.",
)
@click.option(
    "--lives", type=options.duration, default="1h", show_default=True, metavar="DURATION", help="It is over after this."
)
@accounts.actor
@options.store
@options.output
def command(*, name: str, address: str, lives: timedelta, by: str | None, target: Target, out: Output) -> int:
    """Print a link that signs in as the user NAME, once: whoever opens it presses a button. An earlier one opens nothing more."""
    with accounts.opened(target, by) as found:
        if found.store.reader.call(found.store.reader.user(name)) is None:
            raise accounts.missing("user", name)
        secret = found.link(name, lives=lives)
    link = f"{address.rstrip('/')}/sign-in/link?token={quote(secret)}"
    if out.as_json:
        out.document({"user": name, "link": link, "token": secret})
    else:
        out.text(link)
    return Exit.OK
