"""`headway users disable`, `enable` and `remove`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from headway.cli import accounts, options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target

if TYPE_CHECKING:
    from headway.web.login.accounts import Accounts

Deed = Callable[["Accounts", str], bool]


def _command(name: str, deed: Deed, short: str, text: str, done: str) -> click.Command:
    @click.command(name, short_help=short, help=text)
    @click.argument("user", metavar="NAME")
    @accounts.actor
    @options.store
    @options.output
    def command(*, user: str, by: str | None, target: Target, out: Output) -> int:
        with accounts.opened(target, by) as found:
            if not deed(found, user):
                raise accounts.missing("user", user)
        if out.as_json:
            out.document({"user": user, "done": True})
        else:
            out.text(f"{user} {done}")
        return Exit.OK

    return command


disable = _command(
    "disable",
    lambda found, name: found.disable(name),
    "Let nobody sign in as a user.",
    "Let nobody sign in as the user NAME, and sign them out, until `headway users enable`.",
    "is disabled and signed out",
)
enable = _command(
    "enable",
    lambda found, name: found.enable(name),
    "Let a disabled user sign in again.",
    "Let the user NAME sign in again after `headway users disable`.",
    "may sign in again",
)
remove = _command(
    "remove",
    lambda found, name: found.remove(name),
    "Forget a user.",
    "Forget the user NAME, who is signed out. What they did stays written down.",
    "is removed",
)
